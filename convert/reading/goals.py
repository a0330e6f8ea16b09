"""What the reader is asked to reach, figure by figure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure that is asked for."""

    name: str
    least: float  # what is asked; where less is better, the most that is allowed
    aim: float
    less: bool = False  # whether less is better

    def is_met(self, figure: float) -> bool:
        """Whether the figure is what is asked."""
        return figure <= self.least if self.less else figure >= self.least


DIGITS = Goal("F1 of digits", 0.95, 0.985)
LINES = Goal("lines exactly right", 0.82, 0.94)
FALSE = Goal("false digits in each picture without digits", 0.25, 0.05, less=True)
STRINGS = Goal("cheque amounts exactly right", 0.65, 0.90)
LOSSES = {
    name: Goal(f"loss of F1: {name}", 0.05, 0.02, less=True)
    for name in (
        "shadow band",
        "light × 0.5",
        "inverted",
        "blurred, σ 2",
        "turned left by 10°",
        "turned right by 10°",
    )
}
"""By the names of the disturbances."""


def speed_goal(size: str) -> Goal:
    """The CPU time that reading may take in a frame of a size such as "640×480"."""
    return Goal(f"CPU time at {size}, times the plain reader's", 3.0, 1.5, less=True)
