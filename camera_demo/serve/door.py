"""The door: what has to be right before anything else begins - the packages, the token, the place to listen."""

import importlib.util
import os
import socket
import stat
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from camera_demo.serve.address import Address, is_loopback, listen, url_of
from camera_demo.serve.secret import REMEDY, VARIABLE, Secret, read_secret
from camera_demo.serve.visitors import own_names
from runtime.errors import MissingDependency, UsageError

PACKAGES = ("starlette", "uvicorn", "websockets")


@dataclass(frozen=True, slots=True)
class Door:
    """An open door."""

    listener: socket.socket
    names: frozenset[str]  # by which visitors may call this machine
    secret: Secret | None  # None: for this machine alone

    @property
    def url(self) -> str:
        """Where it stands."""
        return url_of(self.listener)

    @property
    def cookie(self) -> str:
        """The name of its sessions; browsers keep those of all ports together."""
        return f"digits-{self.listener.getsockname()[1]}"


def open_door(arguments: Namespace, say: Callable[[str], None]) -> Door:
    """The door that the flags ask for.

    Raises MissingDependency where a package is absent, UsageError where others than this machine could come in and no
    token is set, InputError where the token cannot be read or the place is taken.
    """
    check_packages()
    secret = read_secret(arguments.serve_token_file, os.environ)
    if arguments.serve_token_file is not None:
        warn_of_readers(arguments.serve_token_file, say)
    listener = listen(arguments.serve)
    if secret is None and not is_loopback(listener):
        listener.close()
        raise UsageError(refusal(arguments.serve))
    return Door(listener, own_names(arguments.serve_name), secret)


def check_packages() -> None:
    """Raise MissingDependency where a package is absent."""
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            remedy = "install it with: pip install '.[serve]'"
            raise MissingDependency(f"digits camera --serve needs the package {package!r}; {remedy}")


def refusal(wanted: Address) -> str:
    """What to say where everybody in the network could watch."""
    how = f"name a file with --serve-token-file FILE or set {VARIABLE}; {REMEDY}"
    return f"--serve {wanted.host}: others than this machine could watch, so a token is needed; {how}"


def warn_of_readers(file: Path, say: Callable[[str], None]) -> None:
    """Say so where anybody on this machine can read the token."""
    if file.stat().st_mode & stat.S_IROTH:
        say(f"--serve-token-file {file}: everybody on this machine can read it; chmod 600 keeps it secret")
