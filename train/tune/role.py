"""Which part a process takes in a search: all of it, the chief that hands out trials, or a worker that runs them."""

import os
import re
import socket
from enum import Enum

from runtime.errors import UsageError
from runtime.terminal import talk

NAME, PLACE, PORT = "KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT"
"""The environment variables by which KerasTuner itself tells chief and workers apart."""
CHIEF_NAME = "chief"


class Role(Enum):
    """A process's part."""

    ALONE = "alone"
    CHIEF = "chief"
    WORKER = "worker"


def read_role() -> Role:
    """The part that the environment gives this process; UsageError where it says half of it."""
    given = {name: os.environ.get(name, "") for name in (NAME, PLACE, PORT)}
    if not given[PLACE]:
        return Role.ALONE
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise UsageError(f"{PLACE} is set and {missing[0]} is not; a search with workers needs both and {NAME}")
    if not (given[PORT].isascii() and given[PORT].isdigit() and 0 < int(given[PORT]) < 2**16):
        raise UsageError(f"{PORT}: expected a port from 1 to {2**16 - 1}, got {given[PORT]!r}")
    if not re.fullmatch(r"[\w-]{1,50}", given[NAME]):
        raise UsageError(f"{NAME}: expected letters, digits, - and _, got {given[NAME]!r}")
    return Role.CHIEF if CHIEF_NAME in given[NAME] else Role.WORKER  # as KerasTuner decides


def place() -> str:
    """Where the chief is to be found."""
    return f"{os.environ[PLACE]}:{os.environ[PORT]}"


def prepare_meeting(role: Role) -> None:
    """Say what a worker waits for; UsageError where a chief cannot listen where the environment says."""
    if role is Role.WORKER:
        talk().print(f"taking trials from the chief at {place()}; waiting for it if it is not there")
    if role is Role.CHIEF:
        try:
            with socket.create_server((os.environ[PLACE], int(os.environ[PORT]))):
                talk().print(f"handing out trials at {place()}")
        except OSError as error:
            raise UsageError(
                f"{place()}: cannot be listened at ({error.strerror}); set {PORT} to a free port"
            ) from error
