"""The figures of a row as people read them, the same in the terminal, in Markdown and on the page."""

from dataclasses import dataclass

from runtime.bench import Percentiles
from runtime.verifying.row import Row


@dataclass(frozen=True, slots=True)
class Words:
    """A row's figures; a dash where there is none."""

    size: str  # "110,584"
    right: str  # percent, "99.62"
    interval: str  # percent, "99.48–99.72"
    agreement: str  # percent, "99.98"
    flips: str  # "2", and "12 (3)" where three are unexplained
    times: str  # microseconds, half and 95 % of the calls: "25.1 / 27.3"


NONE = "–"


def spell(row: Row) -> Words:
    """The figures of a row in words."""
    found = row.comparison
    if not found:
        return Words(f"{row.size:,}", NONE, NONE, NONE, NONE, NONE)
    low, high = (f"{100 * share:.2f}" for share in found.interval95)
    flips = f"{found.flips} ({found.unexplained_flips})" if found.unexplained_flips else str(found.flips)
    return Words(
        f"{row.size:,}",
        f"{100 * found.accuracy:.2f}",
        f"{low}–{high}",
        f"{100 * found.agreement:.2f}",
        flips,
        spell_times(row.microseconds) if row.microseconds else NONE,
    )


def spell_times(times: Percentiles) -> str:
    """Half and 95 % of the calls, in microseconds."""
    return " / ".join(f"{time:,.0f}" if time >= 99.95 else f"{time:.1f}" for time in (times.p50, times.p95))
