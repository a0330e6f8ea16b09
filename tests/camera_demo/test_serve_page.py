"""The page in a real browser: what a person sees on a phone and on a desk, and what the browser complains of."""

# ruff: noqa: ANN401 - the web view of conftest.py cannot be imported from there

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.watchdog import Limits

pytest.importorskip("uvicorn", reason="the page needs digits[serve]")
sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
from browser import Page, find_browser, open_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="needs a browser: apt-get install chromium"),
]
TOKEN = "correct-horse-battery"  # noqa: S105 - nobody's
Opener = Callable[..., Any]
Maker = Callable[..., Moment]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_browser() as opened:
        yield opened


class Teller:
    """Tells a web view the same thing again and again, as a camera would that looks at a sheet."""

    def __init__(self, web: Any) -> None:
        self.moment: Callable[[], Moment] | None = None
        self._web, self._stop = web, threading.Event()
        self._thread = threading.Thread(target=self._tell)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _tell(self) -> None:
        begin = time.monotonic()
        while not self._stop.wait(0.05):
            if self.moment is not None:
                moment = self.moment()
                self._web.tell(replace(moment, shot=replace(moment.shot, seconds=time.monotonic() - begin)))


@contextmanager
def teller(web: Any) -> Iterator[Teller]:
    opened = Teller(web)
    try:
        yield opened
    finally:
        opened.close()


def text(name: str) -> str:
    return f"document.getElementById('{name}').textContent"


def is_settled(words: str) -> str:
    return f"{text('text')} === {words!r} && document.getElementById('text').dataset.kind === 'settled'"


def test_what_stands_is_seen_and_what_does_not_is_not(page: Page, open_web: Opener, moment_of: Maker) -> None:
    web = open_web(limits=Limits(stale=20.0))
    page.problems.clear()
    page.look(390, 844, phone=True)
    with teller(web) as told:
        told.moment = lambda: moment_of("0522\n174")
        page.open(web.url)
        page.wait(is_settled("0522\n174"))
        assert page.ask(text("state")) == "stable"
        assert page.ask(text("confidence")) == "95 %"
        page.wait("document.querySelectorAll('#glyphs .glyph').length === 7")
        assert page.ask("[...document.querySelectorAll('#glyphs b')].map(b => b.textContent).join('')") == "0522174"
        page.wait("document.querySelector('#journal img').naturalWidth === 320")
        assert page.ask("document.getElementById('picture').width") == 320

        told.moment = lambda: moment_of("1?2", stable=False)
        page.wait(f"{text('why')} === 'not settled yet'")
        assert page.ask(text("text")) == "1?2"
        assert page.ask("document.getElementById('text').dataset.kind") == "unsettled"

        told.moment = lambda: replace(moment_of("12", Reason.BLURRED), held=True)
        page.wait("document.getElementById('text').dataset.kind === 'held'")
        assert page.ask(text("why")) == "blurred frame; this was known before"

        told.moment = lambda: moment_of("", Reason.BLACK, stable=False)
        page.wait(f"{text('state')} === 'black frame'")
        assert page.ask(text("text")) == "–"
    assert page.problems == []


def test_what_grows_old_is_taken_away(page: Page, open_web: Opener, moment_of: Maker) -> None:
    web = open_web(limits=Limits(stale=3.0))
    with teller(web) as told:
        told.moment = lambda: moment_of("12")
        page.open(web.url)
        page.wait(is_settled("12"))
        told.moment = None  # the reader hangs
        page.wait("!document.getElementById('veil').hidden")
        assert page.ask(text("text")) == "–"
        assert page.ask(text("state")) == "stale frame"
        assert " old" in page.ask(text("veil"))
        told.moment = lambda: moment_of("34")
        page.wait(is_settled("34"))
    web.close()
    page.wait(f"{text('state')} === 'connection lost'")
    page.wait(f"{text('text')} === '–'")


def test_a_recording_is_begun_and_ended_by_a_button(
    page: Page, open_web: Opener, moment_of: Maker, tmp_path: Path
) -> None:
    web = open_web(limits=Limits(stale=20.0))
    with teller(web) as told:
        told.moment = lambda: moment_of("12")
        page.open(web.url)
        page.wait(is_settled("12"))
        page.ask("document.getElementById('record').click()")
        page.wait(f"{text('record')} === 'Stop recording'")
        page.ask("document.getElementById('record').click()")
        page.wait(f"{text('record')} === 'Record' && {text('recording')}.startsWith('recorded digits-')")
    web.studio.recordings.close()

    assert len(list((tmp_path / "recordings").glob("*.mkv"))) == 1


def test_the_token_is_asked_for_and_remembered(page: Page, open_web: Opener, moment_of: Maker) -> None:
    web = open_web(token=TOKEN, limits=Limits(stale=20.0))
    with teller(web) as told:
        told.moment = lambda: moment_of("12")
        page.open(web.url)
        page.wait("!document.getElementById('login').hidden")
        assert page.ask("document.getElementById('view').hidden")
        for token, end in (("x" * 20, f"{text('login-note')} === 'that is not the token'"), (TOKEN, is_settled("12"))):
            page.ask(f"document.getElementById('token').value = {token!r}")
            page.ask("document.querySelector('#login button').click()")
            page.wait(end)
        page.open(web.url)
        page.wait(is_settled("12"))
        assert TOKEN not in page.ask("document.cookie + document.documentElement.outerHTML")
        page.ask("document.getElementById('leave').click()")
        page.wait("!document.getElementById('login').hidden && document.getElementById('view').hidden")


@pytest.mark.parametrize(("width", "height", "phone"), [(320, 568, True), (390, 844, True), (1280, 800, False)])
def test_it_fits_the_screen(  # noqa: PLR0913, PLR0917 - a table
    width: int, height: int, phone: bool, page: Page, open_web: Opener, moment_of: Maker
) -> None:
    web = open_web(limits=Limits(stale=20.0))
    page.look(width, height, phone=phone)
    with teller(web) as told:
        told.moment = lambda: moment_of("0123456789012\n4")
        page.open(web.url)
        page.wait(is_settled("0123456789012\n4"))
        assert page.ask("document.documentElement.scrollWidth") == width
        assert page.ask("document.getElementById('text').getBoundingClientRect().bottom < innerHeight")
        assert page.ask("parseFloat(getComputedStyle(document.getElementById('text')).fontSize)") >= 24
        button = "document.getElementById('record').getBoundingClientRect()"
        assert page.ask(f"Math.min({button}.width, {button}.height)") >= 44  # a finger's width
