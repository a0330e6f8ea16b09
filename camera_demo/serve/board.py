"""The board: what stands now, put up by the reader's thread and looked at by any other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from camera_demo.loop import Moment
from camera_demo.newest import Counts
from camera_demo.reasons import Reason
from camera_demo.watchdog import Limits

FAULTS = frozenset(
    (
        Reason.BLACK,
        Reason.BLANK,
        Reason.BLOWN_OUT,
        Reason.BLURRED,
        Reason.FROZEN,
        Reason.NO_FRAME,
        Reason.STALE,
    )
)
"""Reasons that lie with the camera or with us, not with what stands before it."""

AT_ONCE = frozenset((Reason.FROZEN, Reason.NO_FRAME))
"""Faults that have lasted when they are told."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is watched, and by what it is read; the same for a whole run."""

    source: str  # never holds a password
    model: str
    sha256: str  # of the bundle
    engine: str
    limits: Limits = field(default_factory=Limits)

    @property
    def bundle(self) -> dict[str, str]:
        """The model as the events name it."""
        return {"name": self.model, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What stands on the board at a time."""

    moment: Moment | None = None
    number: int = 0  # of moments so far
    with_text: int = 0  # of them
    without: Mapping[Reason, int] = field(default_factory=dict)  # of them, by reason
    faulty_since: float | None = None  # on time.monotonic's clock; None where nothing is wrong


class Board:
    """Takes moments and never waits: each replaces the one before as a whole."""

    def __init__(self, subject: Subject, counts: Callable[[], Counts] | None = None) -> None:
        self.subject = subject
        self.begun = time.time()  # seconds since 1970
        self._counts = counts
        self._standing = Standing()

    @property
    def standing(self) -> Standing:
        """What stands now."""
        return self._standing

    @property
    def counts(self) -> Counts:
        """What became of the source's frames; of a clip that waits for us, each is processed."""
        if self._counts is not None:
            return self._counts()
        return Counts(self._standing.number, 0, self._standing.number)

    def hear(self, moment: Moment) -> None:
        """Put up one processed frame, or a silence."""
        before = self._standing
        reason, since = moment.reason, None
        if reason in FAULTS:
            since = time.monotonic() if before.faulty_since is None else before.faulty_since
        without = before.without
        if reason is not None:
            without = {**without, reason: without.get(reason, 0) + 1}
        told = reason is None and bool(moment.reading.text)
        self._standing = Standing(moment, before.number + 1, before.with_text + told, without, since)


def expired(moment: Moment, now: float, limits: Limits) -> bool:
    """Whether the frame is too old to say anything about `now`, a time on time.monotonic's clock."""
    return now - moment.shot.arrived > limits.stale


def illness(standing: Standing, now: float, limits: Limits) -> Reason | None:
    """What has been wrong for so long that somebody should look; None where all is well."""
    moment = standing.moment
    if moment is None:
        return Reason.NO_FRAME
    lasting = standing.faulty_since is not None and now - standing.faulty_since > limits.no_frame
    if moment.reason in FAULTS and (lasting or moment.reason in AT_ONCE):
        return moment.reason
    return Reason.STALE if expired(moment, now, limits) else None
