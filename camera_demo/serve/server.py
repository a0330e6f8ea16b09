"""The server, in a thread of its own beside the reader's."""

import asyncio
import socket
import threading
import time

import uvicorn

from camera_demo.serve.application import application
from camera_demo.serve.audience import Audience, Crowd
from camera_demo.serve.connections import HttpConnection, WebSocketConnection
from camera_demo.serve.guard import HEADERS, Rules
from camera_demo.serve.studio import Studio
from runtime.errors import DigitsError

SPARE = 50  # connections beside those that watch
GRACE = 2  # seconds for answers that are on their way when all ends
FAREWELL = 5.0  # seconds for the whole thread
START = 20.0  # seconds; a small computer needs some
LONGEST_QUESTION = 64  # bytes of a watcher's message
GLANCE = 0.01  # seconds


class Server:
    """Answers on `listener` until it is closed."""

    def __init__(self, listener: socket.socket, studio: Studio, rules: Rules, crowd: Crowd) -> None:
        self._listener, self._studio, self._rules, self._crowd = listener, studio, rules, crowd
        self._uvicorn: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, name="web view", daemon=True)
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Begin; gives back when questions are answered."""
        self._thread.start()
        end = time.monotonic() + START
        while self._thread.is_alive() and not (self._uvicorn and self._uvicorn.started):
            if time.monotonic() > end:
                break
            time.sleep(GLANCE)
        if not (self._uvicorn and self._uvicorn.started):
            raise DigitsError(f"--serve: the web server did not start ({self._failure or 'it took too long'})")

    def close(self) -> None:
        """Say goodbye to everybody and end the thread."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(FAREWELL)
        self._listener.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # whatever it is, the other thread must hear of it
            self._failure = error

    async def _serve(self) -> None:
        audience = Audience(self._studio.press().make, self._crowd)
        try:
            self._uvicorn = uvicorn.Server(self._config(audience))
            await self._uvicorn.serve([self._listener])
        finally:
            audience.close()

    def _config(self, audience: Audience) -> uvicorn.Config:
        """Uvicorn, as plain and as silent as can be."""
        return uvicorn.Config(
            application(self._studio, audience, self._rules),
            http=HttpConnection,
            ws=WebSocketConnection,
            ws_max_size=LONGEST_QUESTION,
            ws_per_message_deflate=False,  # pictures do not get smaller
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=list(HEADERS),
            limit_concurrency=self._crowd.most + SPARE,
            timeout_graceful_shutdown=GRACE,
        )
