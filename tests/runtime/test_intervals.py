"""Wilson's interval has the values of the tables and stays within 0 and 1."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from runtime.intervals import wilson_interval


@pytest.mark.parametrize(
    ("successes", "samples", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (1, 29, 0.0061, 0.1718),  # Newcombe 1998, table I
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),  # Newcombe 1998, table I
        (9962, 10_000, 0.9948, 0.9972),
    ],
)
def test_known_intervals(successes: int, samples: int, low: float, high: float) -> None:
    assert wilson_interval(successes, samples) == pytest.approx((low, high), abs=5e-5)


def test_nothing_seen_is_nothing_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(samples=st.integers(1, 10_000), share=st.floats(0, 1))
def test_interval_holds_what_was_seen_and_mirrors(samples: int, share: float) -> None:
    successes = round(share * samples)
    low, high = wilson_interval(successes, samples)
    mirrored = wilson_interval(samples - successes, samples)

    assert 0 <= low <= successes / samples <= high <= 1
    assert mirrored == pytest.approx((1 - high, 1 - low))


@given(samples=st.integers(1, 1000))
def test_more_samples_tell_more(samples: int) -> None:
    widths = [high - low for low, high in (wilson_interval(n, 2 * n) for n in (samples, 2 * samples))]

    assert widths[1] < widths[0]


@pytest.mark.parametrize(("successes", "samples"), [(-1, 10), (11, 10), (0, -1)])
def test_impossible_counts_are_refused(successes: int, samples: int) -> None:
    with pytest.raises(ValueError, match="expected 0 ≤ successes ≤ samples"):
        wilson_interval(successes, samples)
