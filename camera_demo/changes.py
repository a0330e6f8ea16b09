"""When there is something new to tell: one event for each change, not for each frame."""

from camera_demo.loop import Moment
from camera_demo.reasons import SILENCES

SEARCHING = "searching"  # there is a picture, and nothing has settled in it


class Changes:
    """Compares each moment with the last one that was told."""

    def __init__(self) -> None:
        self._told: tuple[str, ...] | None = None

    def is_new(self, moment: Moment) -> bool:
        """Whether `moment` says something else than the last one for which this was True."""
        if moment.held:
            return False
        state = state_of(moment)
        new = state != self._told
        self._told = state
        return new


def state_of(moment: Moment) -> tuple[str, ...]:
    """What a moment says, without what changes with every frame."""
    refused = tuple(refusal.text for refusal in moment.refused)
    if moment.stable:
        return ("stable", moment.reading.text, *refused)
    if moment.reason is None or moment.reason in SILENCES:
        return (SEARCHING,)
    return (str(moment.reason), *refused)
