"""McNemar's exact test is the fair coin's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.paired import mcnemar_exact


@pytest.mark.parametrize(
    ("lost", "gained", "probability"),
    [(0, 0, 1.0), (1, 0, 1.0), (3, 3, 1.0), (2, 0, 0.5), (5, 0, 0.0625), (8, 2, 0.109375), (2, 8, 0.109375)],
)
def test_known_values(lost: int, gained: int, probability: float) -> None:
    assert mcnemar_exact(lost, gained) == pytest.approx(probability)


def test_counts_too_large_for_a_float_are_no_matter() -> None:
    assert 0 < mcnemar_exact(2600, 2400) < 0.01
    assert mcnemar_exact(10_000, 0) == 0


@given(lost=st.integers(0, 300), gained=st.integers(0, 300))
def test_laws(lost: int, gained: int) -> None:
    found = mcnemar_exact(lost, gained)

    assert 0 <= found <= 1
    assert found == mcnemar_exact(gained, lost)
    assert mcnemar_exact(max(lost, gained) + 1, min(lost, gained)) <= found


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="expected counts, got -1 and 2"):
        mcnemar_exact(-1, 2)
