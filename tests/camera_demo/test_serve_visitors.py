"""Who may ask: names that are ours, pages that are ours."""

import socket

import pytest

from camera_demo.serve.visitors import is_our_name, is_own_page, is_visit, own_names

NAMES = frozenset(("localhost", "pi", "pi.local"))
HOST = "pi.local:8028"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8028", "pi", "pi.local.", "127.0.0.1:8028", "192.168.1.7", "[::1]:8028", "[fd00::7]"],
)
def test_our_names(host: str) -> None:
    assert is_our_name(host, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "pi.evil.example",
        "localhost.evil.example:8028",
        "127.0.0.1.evil.example",
        "pi:x",
        "a b",
        "[pi]:1",
    ],
)
def test_other_names(host: str) -> None:
    assert not is_our_name(host, NAMES)


def test_this_machine_goes_by_its_name_and_by_those_it_is_given() -> None:
    machine = socket.gethostname().lower()

    assert own_names(["Reader.Example"]) == {"localhost", machine, f"{machine}.local", "reader.example"}


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"origin": f"http://{HOST}"}, True),
        ({"origin": f"https://{HOST.upper()}"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "http://pi.local"}, False),
        ({"origin": "http://pi.local:80280"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "file://"}, False),
        ({"origin": f"chrome-extension://{HOST}"}, False),
        ({"origin": "http://[broken"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"}, False),
    ],
    ids=str,
)
def test_pages(headers: dict[str, str], own: bool) -> None:
    assert is_own_page({"host": HOST, **headers}) is own


@pytest.mark.parametrize(
    ("origin", "host"), [("http://pi", "pi:80"), ("https://pi:443", "pi"), ("http://[::1]:80", "[::1]")]
)
def test_the_port_that_everybody_knows_may_be_left_out(origin: str, host: str) -> None:
    assert is_own_page({"origin": origin, "host": host})


@pytest.mark.parametrize(
    ("method", "headers", "visit"),
    [
        ("GET", {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, True),
        ("POST", {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, False),
        ("GET", {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, False),
        ("GET", {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, False),
        ("GET", {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "origin": "http://evil"}, False),
        ("GET", {}, False),
    ],
    ids=str,
)
def test_following_a_link_is_a_visit(method: str, headers: dict[str, str], visit: bool) -> None:
    assert is_visit(method, headers) is visit
