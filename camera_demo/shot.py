"""A frame together with where and when it came from, and the silence where none came."""

from dataclasses import dataclass

from runtime.records import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One frame of a source."""

    image: Frame
    number: int  # of the frame in its source, from 0
    seconds: float  # on the source's own clock: 0 for the first frame, then always rising
    taken: float  # when it arrived here: seconds since 1970, UTC
    arrived: float  # the same moment on time.monotonic's clock, for ages


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """No frame came for longer than a live source may take."""

    last: Shot  # the last frame that came
    seconds: float  # now, on the source's own clock
