"""The audience: everybody who watches, each at their own pace, and nobody at the expense of the reader.

A watcher asks for each picture once the one before is on the screen. So there is never more than one on the way to
anybody, a slow line gets fewer pictures and none that is old, and who does not ask for long is hung up on. All are sent
the same bytes, painted once in a thread of their own, and only while somebody waits for them; the more watch, the fewer
pictures each of them gets.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from camera_demo.serve.edition import Edition

TRY_AGAIN_LATER = 1013  # of the registry of WebSocket's close codes
NEXT = "next"  # what a watcher says
BREATH = 0.005  # seconds between two editions at least


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many may watch, and how much work they may make."""

    most: int = 100  # watchers at once
    each: float = 15.0  # pictures a second for each of them
    together: float = 300.0  # pictures a second for all of them
    patience: float = 10.0  # seconds; who takes longer for one picture is hung up on


@dataclass(slots=True)
class Tally:
    """What became of those who came to watch."""

    present: int = 0
    refused: int = 0  # there were too many already
    dropped: int = 0  # too slow
    painted: int = 0  # editions
    sent: int = 0  # messages


class Audience:
    """Serves all watchers on the running event loop; `make` runs beside it and gives the next edition, if any."""

    def __init__(self, make: Callable[[], Edition | None], crowd: Crowd) -> None:
        self._make = make
        self._crowd = crowd
        self.tally = Tally()
        self._waiting = 0
        self._edition: Edition | None = None
        self._out = 0.0  # on time.monotonic's clock: when it came out
        self._news: asyncio.Future[Edition] = asyncio.get_running_loop().create_future()
        self._painter = ThreadPoolExecutor(1, "painter")
        self._show: asyncio.Task[None] | None = None

    async def attend(self, socket: WebSocket) -> None:
        """Serve one watcher until either side has enough."""
        await socket.accept()
        if self.tally.present >= self._crowd.most:
            self.tally.refused += 1
            await socket.close(TRY_AGAIN_LATER, "too many are watching")
            return
        self.tally.present += 1
        if self._show is None or self._show.done():
            self._show = asyncio.create_task(self._perform())
        try:
            await self._serve(socket)
        except TimeoutError:
            self.tally.dropped += 1
            socket.scope["state"]["abort"]()
        except (WebSocketDisconnect, KeyError):  # it left, or did not even send text
            return
        finally:
            self.tally.present -= 1

    def close(self) -> None:
        """Paint no more."""
        self._painter.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, socket: WebSocket) -> None:
        """Answer question after question, until one is asked that is none."""
        edition: Edition | None = None
        while True:
            async with asyncio.timeout(self._crowd.patience):
                question = await socket.receive_text()
            if question != NEXT:
                return
            asked = time.monotonic()
            async with asyncio.timeout(self._crowd.patience):
                seen, edition = edition, await self._after(edition)
                await socket.send_bytes(edition.message(time.monotonic(), asked, seen.moment if seen else -1))
            self.tally.sent += 1

    async def _after(self, seen: Edition | None) -> Edition:
        """The edition that is out, if it is news for one who has `seen` another, or else the next one."""
        edition = self._edition
        if edition is not None and edition is not seen and time.monotonic() - self._out < 2 * self._period():
            return edition
        self._waiting += 1
        try:
            return await asyncio.shield(self._news)
        finally:
            self._waiting -= 1

    async def _perform(self) -> None:
        """Make editions while somebody is there, at the pace that so many can be served."""
        loop = asyncio.get_running_loop()
        while self.tally.present:
            begin = time.monotonic()
            edition = await loop.run_in_executor(self._painter, self._make) if self._waiting else None
            if edition is not None:
                self.tally.painted += 1
                self._edition, self._out = edition, time.monotonic()
                news, self._news = self._news, loop.create_future()
                news.set_result(edition)
            await asyncio.sleep(max(BREATH, begin + self._period() - time.monotonic()))

    def _period(self) -> float:
        """Seconds from one edition to the next."""
        return max(1 / self._crowd.each, self.tally.present / self._crowd.together)
