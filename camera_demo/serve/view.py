"""The web view as the camera's command sees it: prepared before anything else, begun when the source is there."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from camera_demo.feed import Feed
from camera_demo.loop import Viewer
from camera_demo.options import limits_of
from camera_demo.serve.board import Subject
from camera_demo.serve.door import Door, open_door
from camera_demo.serve.studio import Shelf, Studio, open_studio
from camera_demo.sources import Source
from camera_demo.watchdog import Limits
from runtime.reader import Reader


@dataclass(slots=True)
class View:
    """One run's web view."""

    door: Door
    watchers: int  # that may be there at once
    folder: Path  # for recordings
    limits: Limits
    say: Callable[[str], None]
    ends: list[Callable[[], None]] = field(default_factory=list)  # what to do in the end, the first thing last

    def begin(self, reader: Reader, source: Source, feed: Feed | None, viewers: list[Viewer]) -> Studio:
        """Answer from now on; gives what the loop has to tell its moments to. `viewers` are the loop's."""
        from camera_demo.serve.audience import Crowd  # noqa: PLC0415 - the server's packages, which few installations have
        from camera_demo.serve.guard import Rules  # noqa: PLC0415
        from camera_demo.serve.server import Server  # noqa: PLC0415

        model = reader.bundle
        subject = Subject(short_name(source.name), model.manifest.name, model.sha256, reader.engine, self.limits)
        shelf = Shelf(self.folder, source.rate, viewers, self.say)
        studio = open_studio(subject, shelf, (lambda: feed.counts) if feed else None)
        rules = Rules(self.door.names, self.door.secret, self.door.cookie)
        server = Server(self.door.listener, studio, rules, Crowd(most=self.watchers))
        self.ends += [studio.recordings.close, server.close]
        server.start()
        self.say(f"web view: {self.door.url}" + (" (it asks for the token)" if self.door.secret else ""))
        return studio

    def close(self) -> None:
        """End it, if it has begun."""
        while self.ends:
            self.ends.pop()()
        self.door.listener.close()


def prepare_view(arguments: Namespace, say: Callable[[str], None]) -> View:
    """A view that listens and does not answer yet; raises what `open_door` raises."""
    door = open_door(arguments, say)
    return View(door, arguments.serve_watchers, arguments.save_folder, limits_of(arguments), say)


def short_name(source: str) -> str:
    """What to call a source on the page: an address as it is, of a file only its name."""
    return source if "://" in source else Path(source).name
