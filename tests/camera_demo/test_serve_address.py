"""Where the page listens: addresses are taken apart, loopback is known, a taken place is one line."""

import argparse
import socket

import pytest

from camera_demo.serve.address import Address, address, is_loopback, listen, url_of
from runtime.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.0.0.0:80", Address("0.0.0.0", 80)),  # noqa: S104 - it is only taken apart
        ("9000", Address("127.0.0.1", 9000)),
        (":9000", Address("127.0.0.1", 9000)),
        ("pi.local", Address("pi.local", 8028)),
        ("localhost:0", Address("localhost", 0)),
        ("[::]:81", Address("::", 81)),
        ("[::1]", Address("::1", 8028)),
        ("10.0.0.7", Address("10.0.0.7", 8028)),
    ],
)
def test_addresses(text: str, expected: Address) -> None:
    assert address(text) == expected


@pytest.mark.parametrize("text", ["", "::1", "host:port", "a b", "127.0.0.1:65536", "http://pi:80", "[::1", "1:2:3"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected HOST:PORT"):
        address(text)


def test_it_listens_on_this_machine_alone() -> None:
    with listen(Address(port=0)) as listener:
        host, port = listener.getsockname()
        assert (host, is_loopback(listener), url_of(listener)) == ("127.0.0.1", True, f"http://127.0.0.1:{port}/")
        socket.create_connection((host, port), 10).close()


def test_everybody_is_not_this_machine_alone() -> None:
    with listen(Address("0.0.0.0", 0)) as listener:  # noqa: S104 - nobody answers
        assert not is_loopback(listener)
        assert socket.gethostname() in url_of(listener)


def test_a_place_that_is_taken_is_one_line() -> None:
    with listen(Address(port=0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match=f"--serve 127.0.0.1:{port}: cannot listen there .*; name another"):
            listen(Address(port=port))


def test_a_host_that_is_nowhere_is_one_line() -> None:
    with pytest.raises(InputError, match=r"--serve no-such-host\.invalid:80: cannot listen there"):
        listen(Address("no-such-host.invalid", 80))
