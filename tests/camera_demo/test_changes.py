"""One event for each change: what counts as new, and what does not."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from camera_demo.changes import Changes
from camera_demo.follower import NOTHING, Refusal
from camera_demo.loop import Moment
from camera_demo.reasons import SILENCES, Reason
from camera_demo.shot import Shot
from runtime.records import Reading

Write = Callable[..., Reading]
Make = Callable[[Write], Moment]


def moment(
    reading: Reading, *, stable: bool = False, reason: Reason | None = None, held: bool = False, refused: str = ""
) -> Moment:
    shot = Shot(np.zeros((8, 8), np.uint8), 0, 0.0, time.time(), time.monotonic())
    refusals = (Refusal(refused, Reason.WRONG_LENGTH),) if refused else ()
    return Moment(shot, reading, stable, reason, 30.0, None, held, refusals)


def settled(text: str) -> Make:
    return lambda write: moment(write(text), stable=True)


def unsettled(text: str) -> Make:
    return lambda write: moment(write(text))


def silent(reason: Reason, *, refused: str = "") -> Make:
    return lambda _write: moment(NOTHING, reason=reason, refused=refused)


def held(text: str) -> Make:
    return lambda write: moment(write(text), stable=True, reason=Reason.BLURRED, held=True)


@pytest.mark.parametrize(
    ("sequence", "new"),
    [
        ([settled("20"), settled("20"), settled("21"), settled("20")], "yn yy"),
        ([unsettled("20"), unsettled("7"), silent(Reason.NO_DIGITS), unsettled("1")], "ynnn"),
        ([settled("20"), silent(Reason.NO_DIGITS), settled("20")], "yyy"),
        ([settled("20"), held("20"), held("20"), settled("20")], "ynnn"),
        ([silent(Reason.BLACK), silent(Reason.BLACK), silent(Reason.FROZEN), silent(Reason.BLACK)], "yn yy"),
        ([silent(Reason.WRONG_LENGTH, refused="1"), silent(Reason.WRONG_LENGTH, refused="2")], "yy"),
        ([silent(reason) for reason in sorted(SILENCES)], "ynnn"),
    ],
    ids=["text", "searching", "lost and found", "held", "faults", "refusals", "silences"],
)
def test_what_is_new(written: Write, sequence: list[Make], new: str) -> None:
    changes = Changes()

    assert ["ny"[changes.is_new(make(written))] for make in sequence] == list(new.replace(" ", ""))
