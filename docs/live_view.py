"""Write what docs/live.md shows of the web view: pictures of the page, and what a crowd of watchers costs the reader.

`python docs/live_view.py pictures` needs a browser (Debian: chromium), `python docs/live_view.py crowd` five minutes.
"""

import asyncio
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from browser import open_browser
from build import ROOT, replace_block, table
from websockets.asyncio.client import connect

from runtime.atomic import write_bytes, write_text

PAGE = ROOT / "docs" / "live.md"
FIGURES = ROOT / "docs" / "figures"
CLIP = ROOT / "runs" / "docs" / "live.mp4"
DRAW = ("draw", "clip", "--preset", "ruled", "--size", "960x720", "--seconds", "12", "--rate", "10", "--seed", "7")
TEXT = ("--lines", "2", "--text", "4021,3958")
SCREENS = {"phone": (390, 844, True), "desk": (1280, 800, False)}
CROWDS = (0, 1, 10, 100)
SECONDS = 40.0  # that each crowd watches
SETTLE = 8.0  # seconds before anything is counted
TICKS = os.sysconf("SC_CLK_TCK")  # of the kernel's clock in a second


@dataclass(frozen=True, slots=True)
class Row:
    """What a crowd cost."""

    watchers: int
    rate: float  # frames read per second
    age: float  # milliseconds: 95 of 100 events were younger when they were written
    processor: float  # seconds a second of the whole reader
    pictures: float  # per second and watcher
    memory: tuple[float, float]  # MB at the beginning and at the end


@contextmanager
def reader(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A camera with its page, and where that is."""
    command = [sys.executable, "-m", "camera_demo", "--serve", "127.0.0.1:0", *words]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr or []
        url = next(found[0] for line in said if (found := re.search(r"http://\S+", line)))
        try:
            yield process, url
        finally:
            process.terminate()
            process.communicate()


def pictures() -> None:
    """A phone and a desk that look at a drawn clip."""
    subprocess.run([sys.executable, "-m", "runtime", *DRAW, *TEXT, str(CLIP)], check=True, cwd=ROOT)
    for name, (width, height, phone) in SCREENS.items():
        with reader("--source", str(CLIP), "--fps", "10") as (_, url), open_browser() as page:
            page.look(width, height, phone=phone)
            page.open(url)
            page.wait("document.getElementById('text').textContent === '4021\\n3958'")
            page.wait("document.querySelector('#journal img')?.naturalWidth")
            write_bytes(FIGURES / f"live-{name}.jpg", page.picture("jpeg"))


def crowds() -> None:
    """The table of the page."""
    rows = [measure(watchers) for watchers in CROWDS]
    lines = [
        f"| {row.watchers} | {row.rate:.1f} | {row.age:.0f} | {100 * row.processor:.0f} % | {row.pictures:.1f} | "
        f"{row.memory[0]:.1f} → {row.memory[1]:.1f} |"
        for row in rows
    ]
    header = "| watchers | frames read/s | age p95, ms | processor | pictures/s for each | memory, MB |"
    write_text(PAGE, replace_block(PAGE.read_text("utf-8"), "crowd", table(header, lines)))


def measure(watchers: int) -> Row:
    """Let so many watch a drawn camera for a while."""
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events.jsonl"
        words = ("--source", "synthetic", "--events", str(events), "--every-frame")
        with reader(*words) as (process, url):
            address = url.replace("http", "ws") + "api/live"
            crowd = subprocess.Popen(
                [sys.executable, __file__, "watch", address, str(watchers)], stdout=subprocess.PIPE
            )
            time.sleep(SETTLE)
            begin, spent, memory, written = (
                time.monotonic(),
                processor(process.pid),
                resident(process.pid),
                len(read(events)),
            )
            time.sleep(SECONDS)
            seconds, spent = time.monotonic() - begin, processor(process.pid) - spent
            told, memories = read(events)[written:], (memory, resident(process.pid))
            out, _ = crowd.communicate()
    ages = sorted(event["age_milliseconds"] for event in told if event["reason"] != "no frame")
    each = float(out) if watchers else 0.0
    return Row(watchers, len(ages) / seconds, ages[int(0.95 * len(ages))], spent / seconds, each, memories)


def read(events: Path) -> list[dict[str, float]]:
    """The events so far."""
    whole = events.read_text("utf-8").rpartition("\n")[0] if events.exists() else ""
    return [json.loads(line) for line in whole.splitlines()]


def processor(process: int) -> float:
    """The seconds of processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(process: int) -> float:
    """The memory that a process holds, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def watch(address: str, watchers: int) -> float:
    """Watch as so many browsers would; the pictures that each of them was sent in a second."""
    end = time.monotonic() + SETTLE + SECONDS
    counts = await asyncio.gather(*(watch_alone(address, end) for _ in range(watchers)))
    return sum(counts) / max(1, watchers) / (SETTLE + SECONDS)


async def watch_alone(address: str, end: float) -> int:
    """Ask for one picture after the other until the end, and count them."""
    count = 0
    async with connect(address, compression=None, max_size=None, proxy=None, open_timeout=60) as socket:
        while time.monotonic() < end:
            await socket.send("next")
            message = await socket.recv(decode=False)
            _, _, document, sheet = struct.unpack_from(">IIII", message)
            count += len(message) > 16 + document + sheet
    return count


if __name__ == "__main__":
    if sys.argv[1:2] == ["pictures"]:
        pictures()
    elif sys.argv[1:2] == ["crowd"]:
        crowds()
    elif sys.argv[1:2] == ["watch"]:
        sys.stdout.write(str(asyncio.run(watch(sys.argv[2], int(sys.argv[3])))))
    else:
        raise SystemExit(__doc__)
