"""Whether a text has been read often enough in a row to be relied on."""

from collections import deque

FRAMES = 3  # processed frames in a row that must agree


class Stability:
    """Remembers the texts of the last frames."""

    def __init__(self, frames: int = FRAMES) -> None:
        self._texts: deque[str] = deque(maxlen=frames)

    def judge(self, text: str) -> bool:
        """Note the text of the next frame; True where it is not empty and equals those of the frames before."""
        self._texts.append(text)
        return bool(text) and len(self._texts) == self._texts.maxlen and len(set(self._texts)) == 1
