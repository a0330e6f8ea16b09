"""Where the web view listens: a host and a port, this machine alone unless somebody asks for more."""

import argparse
import ipaddress
import re
import socket
from dataclasses import dataclass

from runtime.errors import InputError

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8028
BACKLOG = 128  # connections that wait to be taken
DEAD_AFTER = 20_000  # milliseconds; a peer that takes no data for so long is hung up on
ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[0-9A-Za-z._-]*[A-Za-z._-][0-9A-Za-z._-]*))?(?::?(?P<port>\d+))?"
)


@dataclass(frozen=True, slots=True)
class Address:
    """What to listen on."""

    host: str = LOOPBACK  # a name or a number
    port: int = USUAL_PORT  # 0: any that is free


def address(text: str) -> Address:
    """HOST:PORT, HOST or PORT; an IPv6 address stands in brackets."""
    found = ADDRESS.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else USUAL_PORT
    if not text or found is None or port > 65535:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT such as 0.0.0.0:{USUAL_PORT} or [::]:80, got {text!r}")
    return Address(found["six"] or found["host"] or LOOPBACK, port)


def listen(wanted: Address) -> socket.socket:
    """A socket that listens there; InputError where that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refusal(wanted, error) from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER)
        made.bind(place)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise _refusal(wanted, error) from error
    return made


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def url_of(listener: socket.socket) -> str:
    """What to type into a browser; where it listens on every address, this machine's name."""
    host, port = listener.getsockname()[:2]
    number = ipaddress.ip_address(host)
    name = socket.gethostname() if number.is_unspecified else f"[{host}]" if number.version == 6 else host
    return f"http://{name}:{port}/"


def _refusal(wanted: Address, error: OSError) -> InputError:
    place = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    return InputError(f"--serve {place}:{wanted.port}: cannot listen there ({error.strerror}); name another HOST:PORT")
