"""What a reading is worth beside the truth: digits right, wrong, added and missed, lines and pictures wholly right."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from convert.reading.truth import NOTHING, Truth
from runtime.records import Box, ReadDigit, Reading

LEAST_OVERLAP = 0.3  # intersection over union from which a box is the digit's


@dataclass(frozen=True, slots=True)
class Score:
    """Counts that add up over pictures."""

    right: int = 0  # digits found and read rightly
    added: int = 0  # digits that are wrong or stand where none is
    missed: int = 0  # digits of the truth that were not read rightly
    lines_right: int = 0
    lines: int = 0  # of pictures whose lines are to be kept
    pictures_right: int = 0  # every digit right and nothing added
    pictures: int = 0  # with handwritten digits
    false: int = 0  # digits read where there are none
    false_pictures: int = 0
    empty_pictures: int = 0  # without any digit
    printed: int = 0  # printed digits read as handwriting, and their pictures: told apart, for they are digits
    printed_pictures: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def precision(self) -> float:
        """Share of the digits read that are right."""
        return _share(self.right, self.right + self.added)

    @property
    def recall(self) -> float:
        """Share of the digits written that were read rightly."""
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.right, 2 * self.right + self.added + self.missed)

    @property
    def lines_exact(self) -> float:
        """Share of the lines read exactly."""
        return _share(self.lines_right, self.lines)

    @property
    def pictures_exact(self) -> float:
        """Share of the pictures read exactly."""
        return _share(self.pictures_right, self.pictures)

    @property
    def false_each(self) -> float:
        """Digits read in each picture without any."""
        return _share(self.false, self.empty_pictures)

    @property
    def printed_each(self) -> float:
        """Printed digits read in each picture that has some."""
        return _share(self.printed, self.printed_pictures)


def total(scores: Iterable[Score]) -> Score:
    """The sum of scores."""
    return sum(scores, Score())


def score(truth: Truth, reading: Reading) -> Score:
    """The score of one picture's reading; only digits that the reader stands by count."""
    found = [digit for digit in reading.digits if digit.prediction.digit is not None]
    if truth.kind == NOTHING:
        count, some = len(found), int(bool(found))
        return (
            Score(printed=count, printed_pictures=1)
            if truth.printed
            else Score(false=count, false_pictures=some, empty_pictures=1)
        )
    lines = [[int(character) for character in line.text if character.isdigit()] for line in reading.lines]
    right, added, missed = _by_text(truth, lines) if truth.digits is None else _by_box(truth, found)
    added = 0 if truth.distracting else added
    lines_right, line_count = (0, 0) if truth.scattered or truth.distracting else _exact(truth, lines)
    exact = int(added == 0 and missed == 0)
    return Score(right, added, missed, lines_right, line_count, exact, pictures=1)


def _by_box(truth: Truth, found: Sequence[ReadDigit]) -> tuple[int, int, int]:
    """Right, added and missed digits where boxes are known: each digit is matched with one box at most."""
    matches = match(truth, [digit.glyph.box for digit in found])
    digits = truth.digits or ()
    right = sum(digits[j].digit in (None, found[i].prediction.digit) for i, j in matches.items())
    loose = [digit.glyph.box for i, digit in enumerate(found) if i not in matches]
    extra = [box for box in loose if not any(overlap(box, blind) > 0 for blind in truth.ignored)]
    return right, len(matches) - right + len(extra), len(digits) - right


def match(truth: Truth, boxes: Sequence[Box]) -> dict[int, int]:
    """Which of the `boxes` (key) is which digit of the truth (value), the best overlaps first."""
    digits = [written.box for written in truth.digits or ()]
    pairs = [(overlap(box, digit), i, j) for i, box in enumerate(boxes) for j, digit in enumerate(digits)]
    matches: dict[int, int] = {}
    for shared, i, j in sorted(pairs, reverse=True):
        near = shared >= LEAST_OVERLAP or (shared > 0 and _around(boxes[i], digits[j]) and _around(digits[j], boxes[i]))
        if near and i not in matches and j not in matches.values():
            matches[i] = j
    return matches


def overlap(first: Box, second: Box) -> float:
    """Intersection over union, 0–1."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    shared = max(width, 0) * max(height, 0)
    return shared / (first.area + second.area - shared)


def _around(outer: Box, inner: Box) -> bool:
    """Whether the middle of `inner` lies in `outer`."""
    x, y = inner.centre
    return outer.left <= x <= outer.right and outer.top <= y <= outer.bottom


def _by_text(truth: Truth, lines: Sequence[Sequence[int]]) -> tuple[int, int, int]:
    """Right, added and missed digits where no boxes are known: by common subsequences, or as a bag of digits."""
    wanted = [[digit for digit in line if digit is not None] for line in truth.lines]
    unsure = sum(digit is None for line in truth.lines for digit in line)
    if truth.scattered or len(wanted) != len(lines):
        right = (_bag(wanted) & _bag(lines)).total()
    else:
        right = sum(_common(first, second) for first, second in zip(wanted, lines, strict=True))
    read, written = sum(map(len, lines)), sum(map(len, wanted))
    return right, max(0, read - right - unsure), written - right


def _bag(lines: Sequence[Sequence[int]]) -> Counter[int]:
    """How often each digit stands in the lines."""
    return Counter(digit for line in lines for digit in line)


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(second) + 1)
    for digit in first:
        diagonal = 0
        for column, other in enumerate(second, 1):
            here = diagonal + 1 if digit == other else max(row[column], row[column - 1])
            diagonal, row[column] = row[column], here
    return row[-1]


def _exact(truth: Truth, lines: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many lines of the truth were read exactly, and how many there are; what is unsure may be any digit."""
    left, right = list(lines), 0
    for wanted in truth.lines:
        for line in left:
            fits = (want in (None, digit) for want, digit in zip(wanted, line, strict=False))
            if len(line) == len(wanted) and all(fits):
                right += 1
                left.remove(line)
                break
    return right, len(truth.lines)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
