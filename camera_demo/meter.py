"""The frame rate that is really reached."""

from collections import deque

WINDOW = 30  # frames over which the rate is averaged


class Meter:
    """Counts frames and measures their rate over the last of them."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=WINDOW)

    def tick(self, moment: float) -> float:
        """Note a frame at `moment` (seconds on a monotonic clock) and give the frames per second, 0 for the first."""
        self._moments.append(moment)
        elapsed = moment - self._moments[0]
        return (len(self._moments) - 1) / elapsed if elapsed > 0 else 0.0
