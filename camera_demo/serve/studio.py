"""The studio: all that the web view remembers of a run, put up by the reader's thread frame by frame."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from camera_demo.loop import Moment, Viewer
from camera_demo.newest import Counts
from camera_demo.serve.board import Board, Subject
from camera_demo.serve.journal import Journal
from camera_demo.serve.painting import small_picture
from camera_demo.serve.press import Press
from camera_demo.serve.recordings import Recordings


@dataclass(frozen=True, slots=True)
class Studio:
    """A listener of the loop; it waits for nobody."""

    board: Board
    journal: Journal
    recordings: Recordings

    def hear(self, moment: Moment) -> None:
        """Take one processed frame."""
        self.board.hear(moment)
        self.journal.hear(moment)
        self.recordings.hear(moment)

    def press(self) -> Press:
        """What makes pictures of it."""
        return Press(self.board, self.journal, self.recordings)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a visitor's recordings go."""

    folder: Path
    rate: float  # frames per second of the files
    viewers: list[Viewer]  # of the loop; a recording joins them while it runs
    say: Callable[[str], None]


def open_studio(subject: Subject, shelf: Shelf, counts: Callable[[], Counts] | None = None) -> Studio:
    """A studio for one run; `counts` of a live source."""
    recordings = Recordings(shelf.folder, shelf.rate, shelf.viewers, shelf.say)
    return Studio(Board(subject, counts), Journal(small_picture), recordings)
