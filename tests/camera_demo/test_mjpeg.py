"""MJPEG over HTTP: the format read from bytes, however they are cut, and from real servers that misbehave."""

import http.server
import io
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, cast

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.link import Link
from camera_demo.mjpeg import LARGEST, MjpegSource, NoMjpeg, TornStream, decode, open_mjpeg, parts
from camera_demo.sources import Source
from camera_demo.stream import open_stream
from runtime.errors import MissingSource

BOUNDARY = b"frame"


def jpeg(tone: int) -> bytes:
    return cv2.imencode(".jpg", np.full((24, 32, 3), tone, np.uint8))[1].tobytes()


def part(body: bytes, *, length: bool = True, headers: bytes = b"Content-Type: image/jpeg\r\n") -> bytes:
    told = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"--frame\r\n" + headers + told + b"\r\n" + body + b"\r\n"


@settings(deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=200), max_size=5),
    length=st.booleans(),
    preamble=st.sampled_from([b"", b"\r\n", b"hello\r\n\r\n"]),
    closed=st.booleans(),
)
def test_bodies_come_out_as_they_went_in(bodies: list[bytes], length: bool, preamble: bytes, closed: bool) -> None:
    if not length:  # without a length, a body is told from its surroundings by its line breaks alone
        bodies = [body.replace(b"\n", b".").replace(b"\r", b".").replace(b"-", b".") for body in bodies]
    data = preamble + b"".join(part(body, length=length) for body in bodies) + (b"--frame--\r\n" if closed else b"")
    whole = bodies if length or closed else bodies[:-1]  # the last one may not be complete

    assert list(parts(io.BytesIO(data), BOUNDARY)) == whole


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_good_order(data: bytes) -> None:
    try:
        found = list(parts(io.BytesIO(b"--frame\r\n" + data), BOUNDARY))
    except TornStream:
        return
    assert sum(map(len, found)) <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"--frame\r\nContent-Length: many\r\n\r\n",
        b"--frame\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1),
        b"--frame\r\n" + b"a: b\r\n" * 1000,
    ],
    ids=["no number", "a runaway", "headers without end"],
)
def test_what_is_no_such_stream_is_refused(data: bytes) -> None:
    with pytest.raises(TornStream):
        list(parts(io.BytesIO(data), BOUNDARY))


def test_boundaries_with_and_without_dashes_are_the_same() -> None:
    data = part(b"x")

    assert list(parts(io.BytesIO(data), b"--frame")) == list(parts(io.BytesIO(data), b"frame")) == [b"x"]


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (jpeg(90), True),
        (jpeg(90) + b"\0\0\0", True),
        (jpeg(90)[:-20], False),
        (jpeg(90)[:200] + b"\xff\xd9", False),
        (b"\xff\xd8\xff\xd9", False),
        (b"", False),
        (b"GIF89a", False),
    ],
    ids=["whole", "padded", "cut", "headers only", "empty", "nothing", "no JPEG"],
)
def test_only_whole_pictures_are_decoded(data: bytes, good: bool) -> None:
    assert (decode(data) is not None) == good


class Camera(http.server.BaseHTTPRequestHandler):
    """Sends what it is told to, and asks for a password if there is one."""

    def do_GET(self) -> None:
        server: Any = self.server
        if server.secret and self.headers.get("Authorization") != server.secret:
            self.send_error(401)
            return
        if server.redirect:
            self.send_response(302)
            self.send_header("Location", server.redirect)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", server.kind)
        self.end_headers()
        self.wfile.write(server.data)
        self.wfile.flush()
        server.hang_up.wait(server.silent)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def camera(data: bytes, kind: str = "", secret: str = "", silent: float = 0.0, redirect: str = "") -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera) as made:
        server: Any = made
        server.data, server.secret, server.silent, server.redirect = data, secret, silent, redirect
        server.kind = kind or "multipart/x-mixed-replace; boundary=frame"
        server.hang_up = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}/video"
        server.hang_up.set()
        server.shutdown()


def tones(source: Source) -> list[int]:
    found = [round(float(shot.image.mean()) / 10) * 10 for shot in source]
    source.close()
    return found


@pytest.mark.parametrize("length", [True, False], ids=["with lengths", "without"])
def test_every_picture_arrives(length: bool) -> None:
    data = b"".join(part(jpeg(tone), length=length) for tone in (50, 90, 130)) + b"--frame--\r\n"
    with camera(data) as address:
        assert tones(open_stream(Link(f"http://{address}"))) == [50, 90, 130]


def test_damaged_pictures_are_left_out_and_counted() -> None:
    data = part(jpeg(50)) + part(jpeg(90)[:-30]) + part(b"junk") + part(jpeg(130))
    with camera(data) as address:
        said: list[str] = []
        source = open_mjpeg(Link(f"http://{address}"), said.append)
        assert tones(source) == [50, 130]

    assert source.damaged == 2
    assert said == [f"http://{address}: damaged pictures come from there; they are left out"]


def test_a_stream_that_falls_silent_is_said_so() -> None:
    with camera(part(jpeg(50)), silent=30) as address:
        source = open_mjpeg(Link(f"http://{address}", stall_seconds=0.3), print)
        with pytest.raises(MissingSource, match=r": no frame for 0\.3 seconds after 1 frame;"):
            tones(source)


def test_a_stream_that_goes_wrong_is_said_so() -> None:
    with camera(part(jpeg(50)) + b"--frame\r\nContent-Length: x\r\n\r\n") as address:
        source = open_mjpeg(Link(f"http://{address}"), print)
        with pytest.raises(MissingSource, match="/video: it broke off after 1 frame "):
            tones(source)


def test_user_and_password_are_sent_as_a_camera_wants_them() -> None:
    secret = "Basic " + b64encode("jo:sé cret".encode()).decode()
    with camera(part(jpeg(50)), secret=secret) as address:
        assert tones(open_mjpeg(Link(f"http://jo:s%C3%A9%20cret@{address}"), print)) == [50]


def test_nothing_but_damaged_pictures_is_the_end_and_counted() -> None:
    bodies = iter([jpeg(50), b"junk", jpeg(90)[:-30]])
    source = MjpegSource(cast(HTTPResponse, io.BytesIO()), bodies, "camera", -1.0, lambda _line: None)

    with pytest.raises(MissingSource, match="after 1 frame and 1 damaged"):
        list(source)


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"<html>", "text/html", "it sends a page for people, perhaps a login"),
        (b"{}", "application/json", "it sends application/json; check"),
        (b"", "", "no picture came"),
        (b"--other\r\n\r\n", "", "no picture came"),
    ],
    ids=["a page", "another kind", "nothing", "another boundary"],
)
def test_what_is_no_mjpeg_is_told(data: bytes, kind: str, message: str) -> None:
    with camera(data, kind) as address, pytest.raises(NoMjpeg, match=message):
        open_mjpeg(Link(f"http://{address}"), print)


def test_a_refusal_says_what_to_do_and_a_login_where_it_is() -> None:
    with camera(b"", secret="Basic x") as address, pytest.raises(MissingSource) as refused:  # noqa: S106
        open_stream(Link(f"http://me:secret@{address}"))
    with (
        camera(b"<html>", "text/html") as login,
        camera(b"", redirect=f"http://{login}") as address,
        pytest.raises(NoMjpeg, match=f"a page for people from http://{login}, where it leads to"),
    ):
        open_mjpeg(Link(f"http://{address}"), print)

    assert "no video came from there; it answers 401 Unauthorized: put user name and password" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_password_is_not_sent_to_where_a_camera_leads() -> None:
    with (
        camera(part(jpeg(50)), secret="Basic bWU6c2VjcmV0") as other,  # noqa: S106 - me:secret
        camera(b"", redirect=f"http://{other}") as address,
        pytest.raises(NoMjpeg, match="it answers 401"),
    ):
        open_mjpeg(Link(f"http://me:secret@{address}"), print)


def test_where_nobody_answers_there_is_none() -> None:
    with pytest.raises(NoMjpeg, match="check the address and that the sender runs"):
        open_mjpeg(Link("http://127.0.0.1:9/", open_seconds=1.0), print)
