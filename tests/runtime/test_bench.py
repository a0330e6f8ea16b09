"""What `digits bench` measures and reports: structure, order and completeness, never how fast a machine is."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import backends, bench, manifest
from runtime.answer_sheet import open_golden
from runtime.bench import Effort, Percentiles, Row, percentiles, relate, time_calls
from runtime.bench_command import duration, main
from runtime.bench_machine import describe_machine, processor
from runtime.bench_page import draw_bench_page
from runtime.bench_plan import make_plan, start_once
from runtime.bundle import open_bundle
from runtime.errors import MissingEngine, ModelError, UsageError
from runtime.segment import find_glyphs

TINY = Path(__file__).parents[1] / "models"
ONCE = Effort(calls=5, seconds=0.0, starts=1)
SIZES = [(640, 480), (1280, 720), (320, 240)]


@pytest.mark.parametrize(
    ("effort", "counted"),
    [(Effort(40, 60, 1), 40), (Effort(1000, 0, 1), bench.FEWEST)],
    ids=["as many as asked", "a few however long they take"],
)
def test_calls_are_counted_after_the_warm_up(effort: Effort, counted: int) -> None:
    calls: list[int] = []

    times = time_calls(lambda: calls.append(1), effort)

    assert len(times) == counted
    assert len(calls) == counted + bench.WARM_UP
    assert all(time >= 0 for time in times)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50), st.integers(1, 16))
def test_percentiles_are_ordered_and_shared(times: list[float], share: int) -> None:
    found = percentiles(times, share)

    assert min(times) / share - 0.01 <= found.p50 <= found.p95 <= found.p99 <= max(times) / share + 0.01


def row(what: str, engine: str | None, batch: int | None, p50: float) -> Row:
    return Row(what, "a.tflite" if engine else None, engine, 1, batch, Percentiles(p50, p50, p50))


def test_ratios_compare_the_same_work() -> None:
    rows = [
        row("classify", "litert", 1, 20.0),
        row("classify", "opencv", 1, 50.0),
        row("classify", "opencv", 16, 50.0),
        row("segment 640x480", None, None, 900.0),
        row("frame 640x480", "litert", 24, 1000.0),
        row("frame 640x480", "opencv", 24, 500.0),
    ]

    ratios = [related.ratio_to_engine for related in relate(rows, "a.tflite", "litert")]

    assert ratios == [1.0, 2.5, None, None, 1.0, 0.5]


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0.0, "0.00 µs"),
        (9.96, "9.96 µs"),
        (9.999, "10.0 µs"),
        (17.55, "17.6 µs"),
        (203.2, "203 µs"),
        (18_500.0, "18.5 ms"),
        (1_634_000.0, "1.63 s"),
    ],
)
def test_times_for_people(microseconds: float, text: str) -> None:
    assert duration(microseconds) == text


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_page_can_be_segmented_and_never_changes(size: tuple[int, int]) -> None:
    digits = open_golden(open_bundle(TINY))[0].images

    page = draw_bench_page(digits, size)

    assert page.shape == (size[1], size[0], 3)
    assert page.dtype == np.uint8
    assert np.array_equal(page, draw_bench_page(digits, size))
    assert len(find_glyphs(page)) >= 20


def test_a_page_takes_digits_again_when_they_run_out() -> None:
    digit = np.zeros((1, 28, 28), np.uint8)
    digit[:, 4:24, 12:16] = 255

    assert len(find_glyphs(draw_bench_page(digit, (640, 480)))) == 24


def test_the_machine_names_what_answers_for_the_speed() -> None:
    machine = describe_machine(backends.installed())

    assert set(machine) == {"processor", "cores", "system", "python", "numpy", "cv2", "engines"}
    assert machine["cores"] >= 1
    assert processor() == machine["processor"] != ""
    assert set(machine["engines"]) == set(backends.installed())


def test_the_plan_has_a_step_for_everything() -> None:
    plan = make_plan(open_bundle(TINY), None, None, 1, ONCE)
    engines, sizes = len(plan.engines), len(bench.SIZES)

    assert len(plan.steps()) == 2 * len(plan.pairs) + sizes + engines * (sizes + 1)
    assert set(plan.engines) == {
        name
        for name in backends.usual()
        if any(not backends.unsupported(name, file) for file in plan.bundle.manifest.converted())
    }
    assert plan.best[0] in plan.pairs


def test_start_measures_a_fresh_process() -> None:
    plan = make_plan(open_bundle(TINY), "opencv", None, 1, ONCE)

    start = plan.steps()[-1]()

    assert start.what == "start"
    assert start.cpu_microseconds is not None
    assert start.cpu_microseconds.p50 > 0
    assert start.peak_bytes is not None
    assert 10e6 < start.peak_bytes < 2e9


def test_a_start_that_fails_is_one_line(tmp_path: Path) -> None:
    words = (str(TINY), "opencv", "float32.onnx", "1", str(tmp_path / "absent.png"))

    with pytest.raises(ModelError, match=r"cannot read with opencv and float32.onnx \(.*absent.png") as caught:
        start_once(words)

    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_peak_memory_is_the_process_s_own() -> None:
    """A process that begins while its parent is large does not inherit the parent's peak."""
    code = "import runtime.bench_start as start; print(start.peak_bytes())"
    own = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    ballast = np.ones(250_000_000, np.uint8)
    beside = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)

    assert ballast.nbytes > own
    assert beside < own + 100e6


@pytest.mark.slow
def test_json_as_the_contract_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--quick", "--json", "--bundle", str(TINY), "--file", "float32.onnx", "--threads", "2"])
    captured = capsys.readouterr()
    document = json.loads(captured.out)

    assert code == 0
    assert set(document) == {"schema", "machine", "rows"}
    assert document["schema"] == "digits.bench/1"
    common = {"what", "file", "backend", "threads", "batch", "microseconds", "ratio_to_engine"}
    for entry in document["rows"]:
        extra = {"cpu_microseconds", "peak_bytes"} if entry["what"] == "start" else set()
        assert set(entry) == common | extra
        assert entry["threads"] == 2
        times = entry["microseconds"]
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]
        assert entry["ratio_to_engine"] is None or math.isfinite(entry["ratio_to_engine"])
    kinds = {(entry["what"], entry["batch"]) for entry in document["rows"] if entry["what"] == "classify"}
    assert kinds == {("classify", 1), ("classify", 16)}
    frames = {entry["what"] for entry in document["rows"]}
    assert {f"{what} {size}" for what in ("segment", "frame") for size in ("640x480", "1280x720")} <= frames
    assert {"classify", "start"} <= frames
    able = [name for name in backends.installed() if name in ("onnxruntime", "opencv")]
    assert {entry["backend"] for entry in document["rows"]} == {None, *able}
    assert "segment 640x480" in captured.err
    assert "first reading" in captured.err


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["--backend", "abacus"], UsageError, "abacus"),
        (["--file", "absent.tflite"], UsageError, "absent.tflite"),
        (["--bundle", "/nowhere"], ModelError, "/nowhere"),
        (["--threads", "0"], UsageError, "at least 1"),
    ],
    ids=["no such engine", "no such file", "no such bundle", "no threads"],
)
def test_what_cannot_be_measured_is_one_line(words: list[str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        main(["--quick", "--bundle", str(TINY), *words])


@pytest.mark.parametrize("engine", backends.ENGINES)
def test_an_engine_that_is_absent_is_named(engine: str) -> None:
    if engine in backends.installed():
        pytest.skip(f"{engine} is installed")

    with pytest.raises(MissingEngine, match=engine):
        main(["--quick", "--bundle", str(TINY), "--backend", engine])


def test_a_bundle_without_golden_inputs_is_refused(bundle_folder: Path) -> None:
    listed = manifest.load(bundle_folder)
    manifest.save(replace(listed, files=tuple(f for f in listed.files if f.variant != "golden")), bundle_folder)

    with pytest.raises(ModelError, match=r"lists no golden\.npz; run digits convert"):
        main(["--quick", "--bundle", str(bundle_folder)])
