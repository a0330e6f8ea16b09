"""Pictures that this program draws for people, known again by what stands behind their last byte."""

import os
from pathlib import Path

from runtime.pictures import save_picture
from runtime.records import Frame

SIGNATURE = b"\ndrawn by digits\n"
"""Behind the picture's own end, where no decoder looks, in every format alike."""


def save_own(path: Path, frame: Frame) -> None:
    """Write a frame that the program has drawn to `path`, signed; InputError as `save_picture`."""
    save_picture(path, frame, SIGNATURE)


def may_replace(path: Path) -> bool:
    """Whether nobody loses anything when a drawing is written to `path`: nothing, or an older drawing, stands there."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(SIGNATURE)))
            return size == 0 or file.read() == SIGNATURE
    except FileNotFoundError:
        return True
    except OSError:  # a folder, a pipe, or somebody else's
        return False
