"""The light part of digits that runs on a small computer: numpy, OpenCV and one inference engine."""

__version__ = "0.1.0"
