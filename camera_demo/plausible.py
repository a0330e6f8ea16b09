"""Whether a settled text can be true: length, pattern, check digits, and counters that only go up, and not too fast."""

import re
from dataclasses import dataclass, replace

from camera_demo.checksum import CHECKSUMS
from camera_demo.follower import NOTHING, Refusal, Scene
from camera_demo.reasons import Reason
from runtime.records import Line, Reading


@dataclass(frozen=True, slots=True)
class Rules:
    """What is expected of every line; None and False: nothing."""

    length: int | None = None  # digits, blanks not counted
    pattern: re.Pattern[str] | None = None  # of the whole line, blanks left out
    checksum: str | None = None  # a name in CHECKSUMS
    counter: bool = False  # the one line is a number that never falls
    fastest: float | None = None  # of a counter: units a second
    previous: int | None = None  # of a counter: where it stood before


class Plausibility:
    """Applies rules to one scene after the other; remembers where a counter stood."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._previous = rules.previous
        self._since: float | None = (
            None  # seconds; when the counter came to stand where it stands; None: before our time
        )

    def check(self, scene: Scene, seconds: float) -> Scene:
        """The scene without the lines that cannot be true, each named with the reason; what has not settled stays."""
        if not scene.stable:
            return scene
        reasons = [objection(self._rules, _digits(line)) for line in scene.reading.lines]
        passed = [line for line, reason in zip(scene.reading.lines, reasons, strict=True) if reason is None]
        against = self._count(passed, seconds) if self._rules.counter and passed else None
        reasons = [reason or against for reason in reasons]
        refused = tuple(
            Refusal(line.text, reason)
            for line, reason in zip(scene.reading.lines, reasons, strict=True)
            if reason is not None
        )
        if not refused:
            return scene
        if against is not None or not passed:
            return Scene(NOTHING, False, scene.reason or refused[0].reason, None, scene.held, refused)
        return replace(scene, reading=Reading(tuple(passed)), refused=refused)

    def _count(self, lines: list[Line], seconds: float) -> Reason | None:
        """What speaks against the counter's new value; without an objection it is taken over."""
        if len(lines) > 1:
            return Reason.SEVERAL_LINES
        value = int(_digits(lines[0]))
        if self._previous is not None and value < self._previous:
            return Reason.BACKWARDS
        if self._too_fast(value, seconds):
            return Reason.TOO_FAST
        if value != self._previous:
            self._previous, self._since = value, seconds
        return None

    def _too_fast(self, value: int, seconds: float) -> bool:
        """Whether the counter cannot have come so far; it may be about to jump, so one unit more is allowed."""
        if self._rules.fastest is None or self._previous is None or self._since is None:
            return False
        return value - self._previous > 1 + self._rules.fastest * (seconds - self._since)


def objection(rules: Rules, digits: str) -> Reason | None:
    """What speaks against a line of these digits, whatever came before; None: nothing."""
    if rules.length is not None and len(digits) != rules.length:
        return Reason.WRONG_LENGTH
    if rules.pattern is not None and not rules.pattern.fullmatch(digits):
        return Reason.WRONG_PATTERN
    if rules.checksum is not None and not CHECKSUMS[rules.checksum](digits):
        return Reason.WRONG_CHECKSUM
    return None


def _digits(line: Line) -> str:
    return line.text.replace(" ", "")
