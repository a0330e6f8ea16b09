"""Whether a settled text can be true: length, pattern, check digits, and counters that only go up, and not too fast."""

import re
from dataclasses import dataclass, replace

from camera_demo.checksum import CHECKSUMS
from camera_demo.follower import NOTHING, Refusal, Scene
from camera_demo.reasons import Reason
from runtime.records import Line, Reading

PAUSE = 5.0  # seconds; a rival that was not seen for longer begins anew


@dataclass(frozen=True, slots=True)
class Rules:
    """What is expected of every line; None and False: nothing."""

    length: int | None = None  # digits, blanks not counted
    pattern: re.Pattern[str] | None = None  # of the whole line, blanks left out
    checksum: str | None = None  # a name in CHECKSUMS
    counter: bool = False  # the one line is a number that never falls
    fastest: float | None = None  # of a counter: units a second
    previous: int | None = None  # of a counter: where it stood when its source's clock began
    doubt: float = 60.0  # seconds; a counter that says for so long what it cannot is believed after all


@dataclass(frozen=True, slots=True)
class Rival:
    """What a counter has said lately against what was published."""

    value: int
    begun: float  # seconds; since when
    seen: float  # seconds; last


class Plausibility:
    """Applies rules to one scene after the other; remembers where a counter stood.

    A settled misreading may have been published, and then every true value is impossible: so what a counter says all
    the time, for `Rules.doubt` seconds and without a word in favour of what was published, is believed in the end.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._previous = rules.previous
        self._since = 0.0  # seconds; when the counter came to stand where it stands
        self._rival: Rival | None = None

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
        against = self._impossible(value, self._previous, seconds - self._since)
        if against is not None and not self._insists(value, seconds):
            return against
        self._rival = None
        if value != self._previous:
            self._previous, self._since = value, seconds
        return None

    def _insists(self, value: int, seconds: float) -> bool:
        """Whether the counter has said `value`, or what may have led to it, for longer than anybody doubts it."""
        rival = self._rival
        if rival is None or seconds - rival.seen > PAUSE or self._impossible(value, rival.value, seconds - rival.seen):
            rival = Rival(value, seconds, seconds)
        self._rival = replace(rival, value=value, seen=seconds)
        return seconds - rival.begun >= self._rules.doubt

    def _impossible(self, value: int, before: int | None, elapsed: float) -> Reason | None:
        """Why a counter cannot stand at `value` when it stood at `before` so many seconds ago.

        It may have been about to jump then, so one unit more than its rate is allowed.
        """
        if before is not None and value < before:
            return Reason.BACKWARDS
        fastest = self._rules.fastest
        if before is not None and fastest is not None and value - before > 1 + fastest * elapsed:
            return Reason.TOO_FAST
        return None


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
