"""Figures for Prometheus, in its text format 0.0.4. Pure, but for the process's own memory.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from camera_demo.serve.audience import Tally
from camera_demo.serve.board import Board, expired, illness

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MEMORY = Path("/proc/self/statm")  # Linux


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of them."""

    name: str
    kind: str  # "counter" or "gauge"
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def exposition(figures: Iterable[Figure]) -> str:
    """The text that Prometheus fetches; figures of one name stand together."""
    lines: list[str] = []
    name = ""
    for figure in figures:
        if figure.name != name:
            name = figure.name
            lines += [f"# HELP {name} {figure.help}", f"# TYPE {name} {figure.kind}"]
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in figure.labels)
        lines.append(f"{name}{{{labels}}} {figure.value:.16g}" if labels else f"{name} {figure.value:.16g}")
    return "\n".join(lines) + "\n"


def all_figures(board: Board, tally: Tally, settled: int, now: float, *, recording: bool) -> Iterator[Figure]:
    """Everything that is counted and measured; `settled` readings so far."""
    yield from _of_the_camera(board, now)
    yield from _of_the_reading(board, settled, now)
    yield from _of_the_audience(tally)
    yield Figure("digits_recording", "gauge", "1 while a visitor's recording runs.", recording)
    yield from _of_the_process(board.begun)


def _of_the_camera(board: Board, now: float) -> Iterator[Figure]:
    counts, standing, limits = board.counts, board.standing, board.subject.limits
    moment = standing.moment
    yield Figure("digits_healthy", "gauge", "1 if /healthz says so.", illness(standing, now, limits) is None)
    yield Figure("digits_frames_captured_total", "counter", "Frames that arrived.", counts.captured)
    yield Figure("digits_frames_skipped_total", "counter", "Frames overtaken by newer ones.", counts.skipped)
    yield Figure("digits_frames_processed_total", "counter", "Frames that were taken to be read.", counts.processed)
    if moment is not None:
        yield Figure("digits_frame_rate", "gauge", "Frames processed per second lately.", moment.rate)
        age = now - moment.shot.arrived
        yield Figure("digits_frame_age_seconds", "gauge", "Seconds since the last frame arrived.", age)


def _of_the_reading(board: Board, settled: int, now: float) -> Iterator[Figure]:
    standing, subject = board.standing, board.subject
    moment = standing.moment
    fresh = moment is not None and moment.reason is None and not expired(moment, now, subject.limits)
    confidence = moment.reading.confidence if moment is not None and fresh else 0.0
    stable = moment is not None and fresh and moment.stable
    yield Figure("digits_readings_with_text_total", "counter", "Frames with a text.", standing.with_text)
    for reason, count in sorted(standing.without.items()):
        name, text = "digits_readings_without_text_total", "Frames and silences without a text, by reason."
        yield Figure(name, "counter", text, count, (("reason", reason),))
    yield Figure("digits_readings_settled_total", "counter", "Readings that became stable.", settled)
    yield Figure("digits_reading_stable", "gauge", "1 while a stable reading stands.", stable)
    yield Figure("digits_reading_confidence", "gauge", "Of its least certain digit, 0 to 1.", confidence)
    labels = (("model", subject.model), ("sha256", subject.sha256), ("engine", subject.engine))
    yield Figure("digits_model_info", "gauge", "Which model reads, on which engine.", 1, labels)


def _of_the_audience(tally: Tally) -> Iterator[Figure]:
    yield Figure("digits_watchers", "gauge", "Browsers that watch.", tally.present)
    yield Figure("digits_watchers_refused_total", "counter", "Turned away: there were too many.", tally.refused)
    yield Figure("digits_watchers_dropped_total", "counter", "Hung up on: they were too slow.", tally.dropped)
    yield Figure("digits_pictures_painted_total", "counter", "Pictures painted for the web.", tally.painted)
    yield Figure("digits_pictures_sent_total", "counter", "Pictures sent, each to one watcher.", tally.sent)


def _of_the_process(begun: float) -> Iterator[Figure]:
    yield Figure("process_start_time_seconds", "gauge", "Seconds since 1970 when it began.", begun)
    if MEMORY.exists():
        bytes_held = int(MEMORY.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        yield Figure("process_resident_memory_bytes", "gauge", "Memory in use.", bytes_held)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
