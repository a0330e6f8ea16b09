"""What is no digit: letters, signs, scribbles, pieces of lines and digits, and what the reader finds in scenes."""

from train.background.dataset import KINDS, draw_background

__all__ = ["KINDS", "draw_background"]
