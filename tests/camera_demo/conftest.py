"""Readings written by hand, for whoever follows, settles, judges or publishes them, and a web view that shows them."""

import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from camera_demo.loop import Moment, Viewer
from camera_demo.reasons import Reason
from camera_demo.shot import Shot
from camera_demo.watchdog import Limits
from runtime.records import Box, Frame, Glyph, Line, Prediction, ReadDigit, Reading

if TYPE_CHECKING:
    from camera_demo.serve.audience import Crowd

STEP, ROW, WIDTH = 40, 90, 26  # pixels between digits, between lines, and of a digit


def glyph_of(sign: str) -> Frame:
    image = np.zeros((28, 28), np.uint8)
    cv2.putText(image, sign, (5, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 255, 1)
    return image


def read_digit(sign: str, box: Box, confidence: float) -> ReadDigit:
    """A digit that the network is so sure of; "?" is a glyph that it is not sure of."""
    sure = 0.3 if sign == "?" else confidence
    probabilities = np.full(10, (1 - sure) / 9, np.float32)
    probabilities[0 if sign == "?" else int(sign)] = sure
    return ReadDigit(Glyph(box, glyph_of(sign)), Prediction(probabilities, 0.5))


def write(
    text: str, shift: tuple[float, float] = (0, 0), height: int = 40, confidence: float = 0.95, scale: float = 1.0
) -> Reading:
    """A reading of lines of evenly spaced digits; "_" leaves a place empty, "?" is a glyph that is not sure."""
    lines = []
    for row, line in enumerate(text.split("\n")):
        digits = []
        for place, sign in enumerate(line):
            corner = (scale * (60 + STEP * place) + shift[0], scale * (50 + ROW * row) + shift[1])
            box = Box(round(corner[0]), round(corner[1]), round(scale * WIDTH), round(scale * height))
            if sign != "_":
                digits.append(read_digit(sign, box, confidence))
        if digits:
            lines.append(Line(tuple(digits)))
    return Reading(tuple(lines))


@pytest.fixture(scope="session")
def written() -> Callable[..., Reading]:
    """`write` above."""
    return write


NUMBERS = itertools.count()


def make_moment(
    text: str = "12",
    reason: Reason | None = None,
    *,
    stable: bool = True,
    age: float = 0.0,
    seconds: float = 0.0,
) -> Moment:
    """A moment whose frame came so many seconds ago; `text` as `write` takes it."""
    reading = write(text)
    image = np.full((240, 320, 3), 200, np.uint8)
    cv2.putText(image, text.partition("\n")[0], (60, 90), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 3)
    shot = Shot(image, next(NUMBERS), seconds, time.time() - age, time.monotonic() - age)
    return Moment(shot, reading, stable, reason, 25.0, shot.arrived if stable else None)


@pytest.fixture(scope="session")
def moment_of() -> Callable[..., Moment]:
    """`make_moment` above."""
    return make_moment


class Web:
    """A web view on a free port of this machine, which the test tells what is read."""

    def __init__(
        self, folder: Path, token: str | None = None, limits: Limits | None = None, crowd: "Crowd | None" = None
    ) -> None:
        from camera_demo.serve.address import Address, listen
        from camera_demo.serve.audience import Crowd
        from camera_demo.serve.board import Subject
        from camera_demo.serve.guard import Rules
        from camera_demo.serve.secret import Secret
        from camera_demo.serve.server import Server
        from camera_demo.serve.studio import Shelf, open_studio

        self.viewers: list[Viewer] = []
        self.said: list[str] = []
        subject = Subject("synthetic", "tiny", "0" * 64, "litert", limits or Limits())
        self.studio = open_studio(subject, Shelf(folder, 25.0, self.viewers, self.said.append))
        listener = listen(Address("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/"
        rules = Rules(
            frozenset(("localhost", "pi.example")), Secret(token.encode()) if token else None, f"digits-{self.port}"
        )
        self._server = Server(listener, self.studio, rules, crowd or Crowd())
        self._server.start()

    def tell(self, moment: Moment) -> Moment:
        """Do what the loop does with a moment."""
        self.studio.hear(moment)
        for viewer in list(self.viewers):
            viewer.show(moment.shot.image, moment)
        return moment

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """The status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def document(self, path: str, **headers: str) -> dict[str, Any]:
        """The JSON of an answer that must be well."""
        status, _, body = self.ask(path, headers=headers)
        assert status == 200, body
        return dict(json.loads(body))

    def post(self, path: str, document: object, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        """Send a document as our page does."""
        own = {"Content-Type": "application/json", "Origin": self.url.rstrip("/")}
        return self.ask(path, "POST", json.dumps(document).encode(), own | headers)

    def close(self) -> None:
        self._server.close()
        self.studio.recordings.close()


@pytest.fixture
def open_web(tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """Opens web views that are closed in the end."""
    pytest.importorskip("uvicorn", reason="the page needs digits[serve]")
    opened: list[Web] = []

    def make(**more: Any) -> Web:  # noqa: ANN401
        opened.append(Web(tmp_path / "recordings", **more))
        return opened[-1]

    yield make
    for web in opened:
        web.close()
