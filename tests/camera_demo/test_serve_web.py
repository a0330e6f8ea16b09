"""The web view over real connections: what it answers, whom it refuses, how it treats a crowd, how it ends."""

# ruff: noqa: ANN401 - the web view of conftest.py cannot be imported from there

import asyncio
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.watchdog import Limits

pytest.importorskip("uvicorn", reason="the page needs digits[serve]")
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from camera_demo.serve import connections
from camera_demo.serve.audience import TRY_AGAIN_LATER, Crowd

TOKEN = "correct-horse-battery"  # noqa: S105 - nobody's
PATIENCE = 60.0  # seconds
PATIENT = Limits(stale=100.0)  # a busy machine takes its time
Opener = Callable[..., Any]
Maker = Callable[..., Moment]


def watch(web: Any, **headers: str) -> ClientConnection:
    address = f"ws://127.0.0.1:{web.port}/api/live"
    origin = headers.pop("origin", web.url.rstrip("/"))
    return connect(address, origin=origin, additional_headers=headers, proxy=None, open_timeout=PATIENCE)  # type: ignore[arg-type]


def take(watcher: ClientConnection) -> tuple[dict[str, Any], bytes, bytes, int]:
    """The document, glyph sheet, picture and age of the next message."""
    watcher.send("next")
    data = watcher.recv(PATIENCE)
    assert isinstance(data, bytes)
    age, waited, document, sheet = struct.unpack_from(">IIII", data)
    assert waited < 1000 * PATIENCE
    parts = (data[16 : 16 + document], data[16 + document : 16 + document + sheet], data[16 + document + sheet :])
    return json.loads(parts[0]), parts[1], parts[2], age


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.01)


@contextmanager
def telling(web: Any, moment_of: Maker) -> Iterator[list[Moment]]:
    """Frames arrive all the time, as a reader tells them; gives those that did."""
    told: list[Moment] = []
    stop = threading.Event()

    def tell() -> None:
        while not stop.wait(0.02):
            told.append(web.tell(moment_of("12")))

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join()


def figure(web: Any, name: str) -> float:
    text = web.ask("/metrics")[2].decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]


def test_the_page_and_all_that_belongs_to_it(open_web: Opener) -> None:
    web = open_web()
    kinds = {"/": "text/html", "/view.js": "text/javascript", "/style.css": "text/css", "/icon.svg": "image/svg+xml"}

    for path, kind in kinds.items():
        status, headers, body = web.ask(path)
        assert (status, headers["content-type"].partition(";")[0]) == (200, kind)
        assert body
    page = web.ask("/")[2].decode()
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?://", page)
    assert not re.search(
        r"""(?:href|src)="/|["'`]/api""", page + web.ask("/view.js")[2].decode()
    )  # proxies put it lower
    named = set(re.findall(r'element\("([a-z-]+)"\)', web.ask("/view.js")[2].decode()))
    assert named <= set(re.findall(r'id="([a-z-]+)"', page))


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/reading", "/nowhere", "/api/recording"])
def test_every_answer_carries_what_keeps_browsers_careful(path: str, open_web: Opener) -> None:
    for web in (open_web(), open_web(token=TOKEN)):
        headers = web.ask(path)[1]
        assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
        assert not [name for name in headers if name.startswith("access-control")]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("question", "status"),
    [
        (("GET", "/", b"", {"Host": "evil.example"}), 421),
        (("GET", "/api/reading", b"", {"Host": "127.0.0.1.evil.example"}), 421),
        (("GET", "/api/reading", b"", {"Origin": "http://evil.example"}), 403),
        (("GET", "/api/journal", b"", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}), 403),
        (("POST", "/api/recording", b'{"running": true}', {**JSON, "Origin": "http://evil.example"}), 403),
        (("POST", "/api/recording", b'{"running": true}', {**JSON, "Origin": "null"}), 403),
        (("POST", "/api/recording", b'{"running": true}', {"Content-Type": "text/plain"}), 415),
        (("POST", "/api/recording", b"running=true", {"Content-Type": "application/x-www-form-urlencoded"}), 415),
        (("POST", "/api/recording", b"", JSON), 422),
        (("POST", "/api/recording", b"[true]", JSON), 422),
        (("POST", "/api/recording", b'{"running": 1}', JSON), 422),
        (("POST", "/api/recording", b'"' + b"x" * 5000 + b'"', JSON), 413),
        (("POST", "/api/session", b'{"token": "any"}', JSON), 409),
        (("GET", "/api/recording", b"", {}), 405),
        (("GET", "/api/session/end", b"", {}), 405),
        (("PUT", "/api/recording", b'{"running": true}', JSON), 405),
        (("DELETE", "/api/journal", b"", JSON), 405),
        (("GET", "/api/journal/1.jpg", b"", {}), 404),
        (("GET", "/../pyproject.toml", b"", {}), 404),
        (("GET", "/page/index.html", b"", {}), 404),
    ],
    ids=str,
)
def test_what_is_not_done(question: tuple[str, str, bytes, dict[str, str]], status: int, open_web: Opener) -> None:
    web = open_web()
    method, path, body, headers = question

    answer = web.ask(path, method, body, headers)

    assert answer[0] == status
    assert set(json.loads(answer[2])) == {"error"}
    assert not web.studio.recordings._wanted  # that nothing has been asked for is seen nowhere else


def test_who_follows_a_link_sees_the_page_and_nothing_else(open_web: Opener) -> None:
    web = open_web()
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert web.ask("/", headers=headers)[0] == 200
    assert web.ask("/api/reading", headers=headers)[0] == 403


def test_what_needs_the_token(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(token=TOKEN)
    web.tell(moment_of("12"))

    for path in ("/api/reading", "/api/journal", "/api/journal/1.jpg", "/metrics", "/nowhere"):
        assert web.ask(path)[0] == 401
        assert web.ask(path, headers={"Authorization": "Bearer wrong-horse-battery"})[0] == 401
        assert web.ask(path, headers={"Authorization": f"bearer {TOKEN}"})[0] in (200, 404)
    for path in ("/", "/view.js", "/healthz", "/api/session"):
        assert web.ask(path)[0] == 200
    assert b"12" not in web.ask("/healthz")[2]
    assert web.post("/api/recording", {"running": True})[0] == 401
    with pytest.raises(InvalidStatus, match="403"), watch(web):
        pass


def test_a_session_of_a_browser(open_web: Opener) -> None:
    web = open_web(token=TOKEN)
    assert web.document("/api/session") == {"schema": "digits.session/1", "token_needed": True, "open": False}
    for wrong in ("wrong", "", None, 7, TOKEN + "x"):
        assert web.post("/api/session", {"token": wrong})[0] == 401

    status, headers, _ = web.post("/api/session", {"token": TOKEN})
    cookie = headers["set-cookie"]
    session = cookie.partition(";")[0]

    assert status == 200
    assert session.startswith(f"digits-{web.port}=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "secure" not in cookie.lower()
    behind = {"Host": "pi.example", "Origin": "https://pi.example"}
    assert "secure" in web.post("/api/session", {"token": TOKEN}, **behind)[1]["set-cookie"].lower()
    assert TOKEN not in cookie
    assert web.document("/api/session", Cookie=session)["open"]
    for others in ("", 'other={"a": [1, 2]}; ', "x; =; ,=,; "):  # of other programs on this machine
        assert web.ask("/api/reading", headers={"Cookie": others + session})[0] == 200
    assert web.ask("/api/reading", headers={"Cookie": session[:-1] + "0x"})[0] == 401
    assert web.ask("/api/reading", headers={"Cookie": session, "Origin": "http://evil.example"})[0] == 403
    assert "max-age=0" in web.post("/api/session/end", {}, Cookie=session)[1]["set-cookie"].lower()
    with watch(web, Cookie=session) as watcher:
        assert take(watcher)[0]["schema"] == "digits.view/1"


def test_a_reading_is_never_stale(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(limits=PATIENT)
    assert web.document("/api/reading")["text"] is None
    assert web.ask("/healthz")[0] == 503

    web.tell(moment_of("0522\n174"))
    told = web.document("/api/reading")
    web.tell(moment_of("12", age=200.0))
    old = web.document("/api/reading")

    assert (told["schema"], told["text"], told["stable"]) == ("digits.event/1", "0522\n174", True)
    assert told["age_milliseconds"] < 1000 * PATIENT.stale
    assert (old["text"], old["lines"], old["reason"]) == (None, [], "stale frame")
    assert old["age_milliseconds"] >= 200_000
    assert json.loads(web.ask("/healthz")[2])["reason"] == "stale frame"
    web.tell(moment_of("", Reason.FROZEN, stable=False))
    assert (web.ask("/healthz")[0], web.document("/api/reading")["text"]) == (503, "")
    web.tell(moment_of("12"))
    assert json.loads(web.ask("/healthz")[2]) == {"schema": "digits.health/1", "healthy": True, "reason": None}


def test_the_journal_has_pictures(open_web: Opener, moment_of: Maker) -> None:
    web = open_web()
    web.tell(moment_of("12"))

    (entry,) = web.document("/api/journal")["entries"]
    status, headers, picture = web.ask(entry["picture"])

    assert (entry["text"], status, headers["content-type"]) == ("12", 200, "image/jpeg")
    assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (240, 320, 3)


def test_a_recording_is_begun_and_ended_over_the_web(open_web: Opener, moment_of: Maker, tmp_path: Path) -> None:
    web = open_web()
    for running, frames in ((True, 4), (False, 1)):
        assert web.post("/api/recording", {"running": running})[0] == 202
        for number in range(frames):
            web.tell(moment_of("12", seconds=number / 25))
    web.studio.recordings.close()

    (file,) = (tmp_path / "recordings").iterdir()
    assert cv2.VideoCapture(str(file)).read()[0]
    assert web.said[0] == f"recording to {file}"


def test_a_watcher_gets_picture_and_reading_in_one(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(limits=PATIENT)
    web.tell(moment_of("12?"))

    with watch(web) as watcher:
        document, sheet, picture, age = take(watcher)

    assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (240, 320, 3)
    assert cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_GRAYSCALE).shape == (28, 84)
    assert document["event"]["text"] == "12"
    assert [glyph["digit"] for glyph in document["glyphs"]] == [1, 2, None]
    assert age < 1000 * PATIENCE


def test_without_news_there_is_no_picture_and_yet_a_sign_of_life(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(limits=PATIENT)
    web.tell(moment_of("12"))

    with watch(web) as watcher:
        first, second = take(watcher), take(watcher)

    assert first[2]
    assert (second[1], second[2], second[0]["event"]["text"]) == (b"", b"", "12")
    assert second[3] >= first[3] + 500


def test_before_the_first_frame_there_is_no_age(open_web: Opener) -> None:
    with watch(open_web()) as watcher:
        document, sheet, picture, age = take(watcher)

    assert (document["event"]["reason"], sheet, picture, age) == ("no frame", b"", b"", 2**32 - 1)


def test_nothing_is_painted_that_nobody_asks_for(open_web: Opener, moment_of: Maker) -> None:
    web = open_web()
    with telling(web, moment_of) as told:
        wait_until(lambda: len(told) > 10)
        assert figure(web, "digits_pictures_painted_total") == 0
        with watch(web) as watcher:
            take(watcher)
            painted = figure(web, "digits_pictures_painted_total")
            before = len(told)
            wait_until(lambda: len(told) > before + 20)
            assert figure(web, "digits_pictures_painted_total") == painted  # it has not asked again
            assert figure(web, "digits_watchers") == 1
        wait_until(lambda: figure(web, "digits_watchers") == 0)


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_page_cannot_watch(origin: str, open_web: Opener) -> None:
    with pytest.raises(InvalidStatus, match="403"), watch(open_web(), origin=origin):
        pass


def test_a_crowd_is_served_from_one_painting(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(crowd=Crowd(each=50), limits=PATIENT)
    rounds, people = 3, 20
    with telling(web, moment_of) as told, ExitStack() as stack:
        watchers = [stack.enter_context(watch(web)) for _ in range(people)]
        for _ in range(rounds):
            for watcher in watchers:
                watcher.send("next")
            for watcher in watchers:
                assert b'"text":"12"' in bytes(watcher.recv(PATIENCE))  # type: ignore[arg-type]
        assert figure(web, "digits_pictures_sent_total") == rounds * people
        assert figure(web, "digits_pictures_painted_total") < rounds * people / 2
        assert told


def test_one_too_many_is_told_so_and_may_come_again(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(crowd=Crowd(most=2))
    web.tell(moment_of("12"))
    with watch(web) as first, watch(web) as second:
        take(first), take(second)
        with watch(web) as third, pytest.raises(ConnectionClosed) as closed:
            third.recv(PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == TRY_AGAIN_LATER
    wait_until(lambda: figure(web, "digits_watchers") == 0)
    with watch(web) as again:
        take(again)
    assert figure(web, "digits_watchers_refused_total") == 1


def test_who_is_too_slow_is_hung_up_on_and_others_are_not(open_web: Opener, moment_of: Maker) -> None:
    web = open_web(crowd=Crowd(patience=2.0))
    with telling(web, moment_of), watch(web) as slow, watch(web) as quick:
        take(slow)
        end = time.monotonic() + PATIENCE
        while figure(web, "digits_watchers_dropped_total") == 0:
            take(quick)
            assert time.monotonic() < end
        take(quick)
        with pytest.raises(ConnectionClosed):
            slow.recv(PATIENCE)


@pytest.mark.parametrize("message", [b"next", "x" * 1000, "previous"], ids=["bytes", "too long", "another word"])
def test_who_speaks_of_something_else_is_hung_up_on(message: bytes | str, open_web: Opener) -> None:
    with watch(open_web()) as watcher, pytest.raises(ConnectionClosed):
        watcher.send(message)
        while True:
            watcher.recv(PATIENCE)


@pytest.mark.parametrize("words", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "], ids=repr)
def test_who_connects_and_asks_nothing_is_hung_up_on(
    words: bytes, open_web: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "QUESTION_SECONDS", 0.2)
    web = open_web()
    with socket.create_connection(("127.0.0.1", web.port), PATIENCE) as silent:
        silent.sendall(words)
        try:
            assert silent.recv(100) == b""
        except ConnectionResetError:
            return


@pytest.mark.parametrize(
    "junk", [b"\x00\xff" * 100 + b"\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n"], ids=repr
)
def test_junk_is_refused(junk: bytes, open_web: Opener) -> None:
    web = open_web()
    with socket.create_connection(("127.0.0.1", web.port), PATIENCE) as connection:
        connection.sendall(junk)
        assert re.match(rb"HTTP/1.1 4\d\d ", connection.recv(1000))
    assert web.ask("/")[0] == 200


def test_in_the_end_watchers_are_sent_home_and_no_thread_stays(open_web: Opener, moment_of: Maker) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    web = open_web()
    web.tell(moment_of("12"))
    with watch(web) as watcher:
        take(watcher)
        web.close()
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                watcher.recv(PATIENCE)
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1012
    wait_until(lambda: {thread.ident for thread in threading.enumerate()} <= before)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", web.port), PATIENCE)


def test_the_crowd_that_is_measured_watches(
    open_web: Opener, moment_of: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "docs"))
    import live_view

    monkeypatch.setattr(live_view, "SETTLE", 0.0)
    monkeypatch.setattr(live_view, "SECONDS", 1.0)
    web = open_web(limits=PATIENT)
    with telling(web, moment_of):
        each = asyncio.run(live_view.watch(f"{web.url.replace('http', 'ws')}api/live", 5))

    assert 5 * each >= 5  # each of them got its first at least
    assert figure(web, "digits_pictures_sent_total") >= 5


def test_a_picture_that_cannot_be_painted_ends_nothing_but_the_watching(
    open_web: Opener, moment_of: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_moment: Moment) -> bytes:
        raise cv2.error("no paint")

    monkeypatch.setattr("camera_demo.serve.press.live_picture", fail)
    web = open_web(crowd=Crowd(patience=0.5), limits=PATIENT)
    web.tell(moment_of("12"))
    with watch(web) as watcher, pytest.raises(ConnectionClosed):
        take(watcher)

    monkeypatch.undo()
    web.tell(moment_of("34"))
    with watch(web) as watcher:
        assert take(watcher)[0]["event"]["text"] == "34"
