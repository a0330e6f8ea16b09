"""Why a frame reads as it does: what every stage made of it, and why each piece of ink was kept or dropped."""

from runtime.explain.explanation import Explanation, explain
from runtime.explain.sheet import draw_sheet

__all__ = ["Explanation", "draw_sheet", "explain"]
