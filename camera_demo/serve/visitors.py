"""Who may ask: by what name the visitor calls us, and from which page the question comes. Pure."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::\d{1,5})?")
OWN_PAGES = (None, "same-origin", "none")  # of Sec-Fetch-Site; "none": typed in, None: no browser, or an old one
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def own_names(more: Iterable[str]) -> frozenset[str]:
    """The names by which this machine is called, and `more`."""
    machine = socket.gethostname().lower()
    return frozenset(("localhost", machine, f"{machine}.local", *(name.lower() for name in more)))


def is_our_name(host: str, names: frozenset[str]) -> bool:
    """Whether the Host header `host` means us.

    A page elsewhere whose name has been pointed at this machine (DNS rebinding) comes under its own name; under a
    number it cannot come.
    """
    found = HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].lower().rstrip(".")
    return name in names or _is_number(name.strip("[]"))


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether the question comes from our own page, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None and not _same(origin, headers.get("host", "")):
        return False
    return headers.get("sec-fetch-site") in OWN_PAGES


def is_visit(method: str, headers: Mapping[str, str]) -> bool:
    """Whether somebody follows a link to us, which shows the page and tells the page with the link nothing."""
    modes = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
    return method == "GET" and modes == ("navigate", "document") and "origin" not in headers


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same(origin: str, host: str) -> bool:
    """Whether an origin is the one that answers under the Host header `host`."""
    try:
        parsed = urlsplit(origin)
    except ValueError:
        return False
    default = DEFAULT_PORTS.get(parsed.scheme)
    if default is None:
        return False
    return parsed.netloc.lower().removesuffix(default) == host.lower().removesuffix(default)
