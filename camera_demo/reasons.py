"""Why there is no reading: the codes that events, the window and the log use."""

from enum import StrEnum


class Reason(StrEnum):
    """One code for each way in which a frame, or the time since the last one, gives no reading."""

    BLACK = "black frame"  # nothing in it is bright: a covered lens
    BLANK = "blank frame"  # one tone all over: an empty signal
    BLOWN_OUT = "blown-out frame"  # overexposed: the sensor is full nearly everywhere
    BLURRED = "blurred frame"  # not one sharp edge
    REPEATED = "repeated frame"  # the same pixels as the one before: no news
    FROZEN = "frozen picture"  # the same pixels for longer than a camera ever gives them
    NO_FRAME = "no frame"  # the source is silent, or gone
    STALE = "stale frame"  # it took too long to read
    NO_DIGITS = "no digits"
    UNCERTAIN = "no certain digit"
    HIDDEN = "partly hidden"  # a digit of a known line is covered, or has left the picture
    MOVING = "moving"  # too fast to be relied on
    WRONG_LENGTH = "wrong length"
    WRONG_PATTERN = "wrong pattern"
    WRONG_CHECKSUM = "wrong checksum"
    SEVERAL_LINES = "several lines"  # a counter is one number
    BACKWARDS = "counter ran backwards"
    TOO_FAST = "counter ran too fast"


SILENCES = frozenset((Reason.NO_DIGITS, Reason.UNCERTAIN, Reason.HIDDEN, Reason.MOVING))
"""There is a picture, and nothing in it to publish yet; which of these it is may change with every frame."""

SOFT = frozenset((Reason.BLURRED, Reason.REPEATED))
"""Faults of a moment: they bring no news, and take nothing back either until what is known has grown too old."""
