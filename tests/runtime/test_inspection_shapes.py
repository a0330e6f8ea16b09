"""The shapes that operators give are those that NumPy gives, and what does not fit is refused."""

from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.formats.refused import Refused
from runtime.inspection import shapes
from runtime.inspection.shapes import Along, Shape

LENGTHS = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(st.lists(LENGTHS, min_size=2, max_size=3))
def test_broadcasting_is_numpys(given_shapes: list[Shape]) -> None:
    try:
        expected = np.broadcast_shapes(*given_shapes)
    except ValueError:
        with pytest.raises(Refused, match="do not go together"):
            shapes.broadcast(*given_shapes)
    else:
        assert shapes.broadcast(*given_shapes) == expected


@given(LENGTHS, st.data())
def test_reshaping_is_numpys(shape: Shape, data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.sampled_from([-1, 1, 2, 3, 4, *shape]), min_size=1, max_size=4))
    try:
        expected = np.zeros(shape).reshape(wanted).shape
    except ValueError:
        with pytest.raises(Refused):
            shapes.reshaped(shape, wanted)
    else:
        assert shapes.reshaped(shape, wanted) == expected


@given(LENGTHS, st.data())
def test_axes_are_numpys(shape: Shape, data: st.DataObject) -> None:
    rank = len(shape)
    axes = data.draw(st.lists(st.integers(-rank, rank - 1), unique_by=lambda axis: axis % rank, max_size=rank))
    order = data.draw(st.permutations(range(rank)))
    borders = data.draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=rank, max_size=rank))
    zeros = np.zeros(shape)

    for keep in (False, True):
        expected = zeros.sum(tuple(axes), keepdims=keep).shape
        assert shapes.reduced(shape, shapes.axes_of(axes, rank), keep) == expected
    assert shapes.transposed(shape, order) == zeros.transpose(order).shape
    assert shapes.padded(shape, borders) == np.pad(zeros, borders).shape
    assert shapes.expanded(shape, axes[:1]) == np.expand_dims(zeros, axes[0] if axes else ()).shape
    assert (
        shapes.joined([shape, shape], axes[0] if axes else 0)
        == np.concatenate([zeros] * 2, axes[0] if axes else 0).shape
    )
    assert shapes.stacked([shape] * 3, -1) == np.stack([zeros] * 3, -1).shape


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.tuples(*[st.integers(0, 2)] * 2))
def test_windows_stand_where_they_have_room(
    length: int, size: int, stride: int, dilation: int, borders: tuple[int, int]
) -> None:
    along = Along(size, stride, dilation, borders)
    starts = [
        start for start in range(0, length + sum(borders), stride) if start + along.reach <= length + sum(borders)
    ]
    if starts:
        assert shapes.windows(length, along) == len(starts)
    else:
        with pytest.raises(Refused, match="no room for a window"):
            shapes.windows(length, along)


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "axis": (lambda: shapes.axis_of(3, 3), "axis 3 of 3"),
    "axis twice": (lambda: shapes.axes_of([0, -2], 2), "one of them twice"),
    "order": (lambda: shapes.transposed((1, 2), (0, 0)), "the order"),
    "joined": (lambda: shapes.joined([(1, 2), (1, 3)], 0), "cannot be joined"),
    "stacked": (lambda: shapes.stacked([(1, 2), (1, 3)], 0), "cannot be stacked"),
    "borders": (lambda: shapes.padded((3,), [(-1, 0)]), "borders of"),
    "borders of other axes": (lambda: shapes.padded((3, 4), [(1, 1)]), "borders for 1 axes of 2"),
    "squeezed": (lambda: shapes.squeezed((1, 2), [1]), "not all 1"),
    "stride": (lambda: shapes.bounded((0,), 1, "strides"), "strides of"),
    "huge stride": (lambda: shapes.bounded((2**20,), 1, "strides"), "strides of"),
    "two unknown lengths": (lambda: shapes.reshaped((4,), (-1, -1)), "a new shape of"),
    "too many axes": (lambda: shapes.reshaped((4,), (1,) * 9), "a new shape of"),
}


@pytest.mark.parametrize(("compute", "words"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(compute: Callable[[], object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        compute()
