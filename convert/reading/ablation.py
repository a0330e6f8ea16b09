"""What each stage is worth: the same pictures read without it, or with another choice in its place."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from convert.reading.lot import Lot
from convert.reading.measures import digits, false_digits, lines, lone_lines
from convert.reading.summary import Row, as_told
from convert.reading.trial import Read, Trial
from runtime.reader import Reader

Settings = Mapping[str, float]
"""Other values for some of a stage's settings, by their names."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A reader with other settings."""

    name: str
    segment: Settings = field(default_factory=dict)
    strings: Settings = field(default_factory=dict)

    def of(self, reader: Reader) -> Reader:
        """The reader with this variant's settings."""
        settings = replace(reader.settings, **self.segment)  # type: ignore[arg-type]
        string_settings = replace(reader.string_settings, **self.strings)  # type: ignore[arg-type]
        return replace(reader, settings=settings, string_settings=string_settings)


COMPANY = {"minority": 0.0, "company_height": 0.0, "crumb": 0.0, "edge_height": math.inf}

VARIANTS = (
    Variant("as it is"),
    Variant("ruled lines left in the ink", {"rule_length": math.inf}),
    Variant("parts of broken digits not joined", {"part_height": 0.0}),
    Variant("no look at outlines", {"edge_loss": math.inf}),
    Variant("no look at the paper around", {"loudest": math.inf}),
    Variant("no look at the company of other pieces", COMPANY),
    Variant("no second, closer look", {"fine_height": 0}),
    Variant("the first look at 640 pixels, not 960", {"work_side": 640}),
    Variant("the first look at 1280 pixels, not 960", {"work_side": 1280}),
    Variant("touching digits on pages not taken apart", strings={"most_suspects": 0}),
    Variant("no frame read as one line", strings={"strip_aspect": math.inf}),
)
"""The reader as it is, and the others."""


def compare(reader: Reader, read_all: Callable[[Read, str], Sequence[Trial]]) -> list[Row]:
    """One row a variant; `read_all` reads the clean pictures and shows a name meanwhile."""
    return [_row(variant.name, Lot(read_all(variant.of(reader).read, variant.name))) for variant in VARIANTS]


def _row(name: str, lot: Lot) -> Row:
    return {
        "name": name,
        **as_told("f1", digits(lot.pages())),
        **as_told("lines_exact", lines(lot.pages())),
        **as_told("false_digits_each", false_digits(lot.empty())),
        **as_told("strings_exact", lone_lines(lot.strings())),
    }
