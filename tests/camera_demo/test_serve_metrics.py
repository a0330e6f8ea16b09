"""Figures in Prometheus' text format: every name explained once, labels escaped, nothing that a scraper cannot take."""

import re
import time
from collections.abc import Callable

import pytest

from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.serve.board import Board, Subject

pytest.importorskip("starlette", reason="the page needs digits[serve]")
from camera_demo.serve.audience import Tally
from camera_demo.serve.metrics import Figure, all_figures, exposition

LINE = re.compile(r'[a-z_]+(\{[a-z0-9_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z0-9_]+="(?:[^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+')


def test_the_format() -> None:
    figures = [
        Figure("a_total", "counter", "Of a.", 3, (("kind", 'x"\\\n'),)),
        Figure("a_total", "counter", "Of a.", 4, (("kind", "y"),)),
        Figure("b", "gauge", "Of b.", 0.1 + 0.2),
    ]

    assert exposition(figures).splitlines() == [
        "# HELP a_total Of a.",
        "# TYPE a_total counter",
        'a_total{kind="x\\"\\\\\\n"} 3',
        'a_total{kind="y"} 4',
        "# HELP b Of b.",
        "# TYPE b gauge",
        "b 0.3",
    ]


@pytest.mark.parametrize("moments", [0, 3])
def test_all_figures_are_well_formed(moments: int, moment_of: Callable[..., Moment]) -> None:
    board = Board(Subject("camera 0", 'a "model"', "ab" * 32, "litert"))
    for number in range(moments):
        board.hear(moment_of("12" if number else "", None if number else Reason.BLACK))

    text = exposition(all_figures(board, Tally(present=2, sent=7), 1, time.monotonic(), recording=True))

    values = [line for line in text.splitlines() if not line.startswith("#")]
    helped = re.findall(r"^# HELP (\w+) ", text, re.MULTILINE)
    assert text.endswith("\n")
    assert [line for line in values if not LINE.fullmatch(line)] == []
    assert len(helped) == len(set(helped)) == len(set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)))
    assert {"digits_watchers 2", "digits_pictures_sent_total 7", "digits_recording 1"} <= set(values)
    assert f"digits_healthy {int(moments > 0)}" in values
    assert ('digits_readings_without_text_total{reason="black frame"} 1' in values) is (moments > 0)
    assert f"digits_readings_with_text_total {max(0, moments - 1)}" in values
