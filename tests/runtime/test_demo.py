"""The demo: its commands are what a person would type, it goes on where it was interrupted, and its page shows all."""

import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from runtime import demo, demo_page
from runtime.cli import COMMANDS, main
from runtime.demo import Settings, Step

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "demo", data=None, preset="quick", pictures=())


def quiet(_step: Step, _finished: bool) -> None:
    pass


def test_plan_covers_the_whole_pipeline(settings: Settings) -> None:
    commands = [step.words[0] for step in demo.plan(settings)]

    assert list(dict.fromkeys(commands)) == [
        "train", "convert", "verify", "draw", "read", "camera", "bench", "bundle",
    ]  # fmt: skip
    assert set(commands) <= set(COMMANDS)


def test_plan_reads_own_pictures_where_there_are_some(tmp_path: Path) -> None:
    own = Settings(tmp_path, "synthetic", "quick", (Path("a b.jpg"),), limit=100)
    steps = {step.name: step for step in demo.plan(own)}

    assert "'a b.jpg'" in steps["pictures"].command
    assert "--limit 100" in steps["train"].command
    assert "--data synthetic" in steps["train"].command


def test_finished_steps_are_not_run_again(tmp_path: Path) -> None:
    steps = [Step("version", "Say the version", ("--version",), tmp_path / "out"), Step("bad", "Fail", ("nothing",))]

    first = demo.run(steps, tmp_path, quiet)
    (tmp_path / "out").write_text("untouched")
    second = demo.run(steps, tmp_path, quiet)

    assert [done.exit_code for done in first] == [0, 2]
    assert [done.exit_code for done in second] == [0, 2]
    assert (tmp_path / "out").read_text() == "untouched"


def test_steps_after_one_that_runs_again_run_again(tmp_path: Path) -> None:
    """Another training must never be shown with the figures of the one before."""
    later = Step("version", "Say the version", ("--version",), tmp_path / "out")
    bad = Step("bad", "Fail", ("nothing",))
    demo.run([Step("train", "One way", ("--help",)), later, bad], tmp_path, quiet)
    (tmp_path / "out").write_text("old")

    demo.run([Step("train", "Another way", ("-h",)), later, bad], tmp_path, quiet)

    assert (tmp_path / "out").read_text().startswith("digits ")


def test_finished_demo_begins_anew(tmp_path: Path) -> None:
    steps = [Step("version", "Say the version", ("--version",), tmp_path / "out")]
    demo.run(steps, tmp_path, quiet)
    (tmp_path / "out").write_text("old")

    demo.run(steps, tmp_path, quiet)

    assert (tmp_path / "out").read_text().startswith("digits ")


def test_steps_that_need_a_failed_one_are_left_out(tmp_path: Path) -> None:
    steps = [Step("train", "Fail", ("nothing",)), Step("version", "Say the version", ("--version",))]

    assert [done.name for done in demo.run(steps, tmp_path, quiet)] == ["train"]


def test_damaged_record_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "steps.json").write_text("{")

    assert main(["demo", "--out", str(tmp_path)]) == 1
    assert "delete it to begin anew" in capsys.readouterr().err


def test_missing_picture_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--out", str(tmp_path), "--pictures", str(tmp_path / "none.jpg")]) == 1
    assert "none.jpg: no such picture or folder" in capsys.readouterr().err


def test_page_of_a_failed_demo_says_so(settings: Settings) -> None:
    record = (demo.Done("train", "Train <the> model", "digits train --data 'a&b'", 1, 0.5),)

    html = demo_page.compose(settings, record)

    assert "✗" in html
    assert "Train &lt;the&gt; model" in html
    assert "Parity" not in html


def test_page_shows_readings_and_recording(settings: Settings) -> None:
    folder = settings.folder
    (folder / "read").mkdir(parents=True)
    cv2.imwrite(str(folder / "read" / "page.png"), np.full((30, 40, 3), 200, np.uint8))
    images = [
        {"path": "pages/page.png", "error": None, "lines": [{"text": "0522"}]},
        {"path": "broken.png", "error": "broken.png: not a picture", "lines": []},
    ]
    (folder / "read.json").write_text(json.dumps({"images": images}))
    (folder / "events.jsonl").write_text('{"text": "7", "stable": true}\n{"text": "", "stable": false}\n')
    writer = cv2.VideoWriter(str(folder / "camera.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for grey in range(0, 250, 25):
        writer.write(np.full((48, 64, 3), grey, np.uint8))
    writer.release()

    html = demo_page.compose(settings, ())

    assert "0522" in html
    assert "broken.png: not a picture" in html
    assert "2 events, 1 of them stable; last stable text <code>7</code>" in re.sub(r"\s+", " ", html)
    assert html.count('src="data:image/png;base64,') == 1 + demo_page.CLIP_FRAMES


@pytest.mark.slow
def test_whole_demo_on_a_small_drawn_data_set(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="the demo trains")
    command = [sys.executable, "-m", "runtime", "demo", "--out", str(tmp_path / "demo")]
    command += ["--data", "synthetic", "--limit", "6000"]

    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == str(tmp_path / "demo" / "report.html")
    html = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    for part in ("Training", "Parity", "Sizes", "Speed", "Readings", "Camera", "parity proved"):
        assert part in html
    assert json.loads((tmp_path / "demo" / "steps.json").read_text())["finished"]
    assert (tmp_path / "demo" / "bundle" / "int8.tflite").exists()
