"""The press: makes an edition of what stands on the board, if there is anything new."""

import time

from camera_demo.serve.board import Board, Standing, expired
from camera_demo.serve.documents import view_document
from camera_demo.serve.edition import Edition, compact
from camera_demo.serve.journal import Journal
from camera_demo.serve.painting import glyph_sheet, live_picture
from camera_demo.serve.recordings import Recordings

HEARTBEAT = 1.0  # seconds; those who watch hear of us so often, also while no frame comes


class Press:
    """Makes editions, one after the other, in one thread."""

    def __init__(self, board: Board, journal: Journal, recordings: Recordings) -> None:
        self._board, self._journal, self._recordings = board, journal, recordings
        self._last: Edition | None = None

    def make(self) -> Edition | None:
        """The next edition; None where nothing has happened since the last one."""
        standing, now, last = self._board.standing, time.monotonic(), self._last
        if last is not None and standing.number == last.moment and now - last.made < HEARTBEAT:
            return None
        moment = standing.moment
        sheet, picture = self._pictures(standing, now)
        document = view_document(self._board, self._recordings.state, self._journal.newest, now)
        arrived = None if moment is None else moment.shot.arrived
        self._last = Edition(now, standing.number, arrived, compact(document), sheet, picture)
        return self._last

    def _pictures(self, standing: Standing, now: float) -> tuple[bytes, bytes]:
        """The glyphs' sheet and the picture of what stands; nothing where it is too old to be shown."""
        moment, last = standing.moment, self._last
        if moment is None or expired(moment, now, self._board.subject.limits):
            return b"", b""
        if last is not None and last.moment == standing.number:
            return last.sheet, last.picture
        return glyph_sheet(moment.reading), live_picture(moment)
