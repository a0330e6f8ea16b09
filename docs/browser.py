"""A real browser, steered through its own debugging protocol: for pictures of pages, and to test them.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
)
PATIENCE = 60.0  # seconds; a busy machine takes its time
GLANCE = 0.05  # seconds
LARGEST = 64 * 2**20  # bytes of an answer: a picture of a page


def find_browser() -> str | None:
    """The program, if there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Page:
    """One tab."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self.problems: list[str] = []  # what the page complained of: errors, and what its policy forbade
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """What the browser answers; RuntimeError where it cannot do it."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = json.loads(self._connection.recv(PATIENCE))
            if answer.get("id") == number:
                break
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def look(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """Be a screen of so many CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1}
        self.call("Emulation.setDeviceMetricsOverride", **size, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        """Go there, and wait until all of it is."""
        self.call("Page.navigate", url=url)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def ask(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page has
        """What a piece of JavaScript gives, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page has
        """The first true answer to `expression`; TimeoutError where none comes."""
        end = time.monotonic() + PATIENCE
        while not (value := self._try(expression)):
            if time.monotonic() > end:
                raise TimeoutError(f"in vain: {expression}; {self.problems}")
            time.sleep(GLANCE)
        return value

    def _try(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page has
        """What it gives, or None where the page has not got as far as that."""
        try:
            return self.ask(expression)
        except RuntimeError:
            return None

    def picture(self, kind: str = "png", *, whole: bool = False) -> bytes:
        """What is on the screen, or the `whole` page, as PNG or JPEG."""
        more = {"quality": 85} if kind == "jpeg" else {}
        answer = self.call("Page.captureScreenshot", format=kind, captureBeyondViewport=whole, **more)
        return base64.b64decode(answer["data"])

    def _note(self, event: dict[str, Any]) -> None:
        """Keep what the page complains of."""
        parameters = event.get("params", {})
        if event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif event.get("method") == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"]))


@contextmanager
def open_browser() -> Iterator[Page]:
    """A tab in a browser that is gone afterwards, and all that it kept."""
    program = find_browser()
    if program is None:
        raise FileNotFoundError(f"none of {', '.join(PROGRAMS)} is installed")
    with tempfile.TemporaryDirectory(prefix="browser.", ignore_cleanup_errors=True) as folder:
        root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        command = [program, *FLAGS, *root, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            address = _address(Path(folder) / "DevToolsActivePort", process)
            with connect(address, max_size=LARGEST, compression=None, open_timeout=PATIENCE) as connection:
                yield Page(connection)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _address(file: Path, process: "subprocess.Popen[bytes]") -> str:
    """Where the browser listens, as it writes down itself."""
    end = time.monotonic() + PATIENCE
    while not file.exists() or file.read_text("utf-8").count("\n") < 1:
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError("the browser does not start")
        time.sleep(GLANCE)
    port, path = file.read_text("utf-8").split("\n")[:2]
    return f"ws://127.0.0.1:{port}{path}"
