"""What a person asks of a source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """Asked of cameras, which give what they can; None: their own choice."""

    size: tuple[int, int] | None = None  # width, height in pixels
    rate: float | None = None  # frames per second; clips, pictures and streams play at it
    pixel_format: str | None = None  # four letters, such as MJPG or YUYV
