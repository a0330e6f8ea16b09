"""`digits camera`: read digits from a camera, a clip, pictures or a stream."""

import argparse
import math
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from camera_demo.events import EventWriter
from camera_demo.loop import Desk, Listener, Loop, Summary, Viewer
from camera_demo.overlay import compose
from camera_demo.pace import play
from camera_demo.recorder import Recorder
from camera_demo.silence import silence_libraries
from camera_demo.sources import Source, open_source
from camera_demo.stop import Headless, stop_on_signals
from camera_demo.window import KEYS, Window, check_display
from runtime.arguments import Parser, frame_size, positive
from runtime.reader import Reader, open_reader

DESCRIPTION = f"""Read handwritten digits from a camera, a clip, pictures or a stream. In the window: {KEYS}.
Clips play in real time there; headless they run as fast as they can. Ctrl-C ends in good order."""
FASTEST = 240.0  # frames per second


def main(argv: Sequence[str]) -> int:
    """Run the camera until its source ends or a person ends it.

    Gives 0; raises MissingSource where the source is not there or breaks off (after everything else is finished),
    MissingDependency where a window is wanted and there is no display.
    """
    arguments = _parser().parse_args(argv)
    silence_libraries()
    if not arguments.headless:
        check_display()
    reader = open_reader(arguments.bundle, arguments.backend, arguments.file, arguments.threads)
    with ExitStack() as stack:
        source = open_source(arguments.source, arguments.size, arguments.fps, _say)
        stack.callback(source.close)
        _say(f"{source.name}: {reader.bundle.manifest.name} {reader.file.path} on {reader.engine}")
        summary = _run(arguments, source, reader, stack)
    _say(sentence(summary))
    if summary.failure:
        raise summary.failure
    return 0


def sentence(summary: Summary) -> str:
    """The summary as people read it."""
    rate = summary.frames / summary.seconds if summary.seconds else 0.0
    text = f"{summary.frames} frames in {summary.seconds:.1f} s ({rate:.1f}/s), {summary.with_text} with a reading"
    return f"{text}; last stable: {' '.join(summary.last_stable.split())}" if summary.last_stable else text


def _run(arguments: Namespace, source: Source, reader: Reader, stack: ExitStack) -> Summary:
    """Set up what listens and looks, and run the loop; `stack` closes them all."""
    stop = stack.enter_context(stop_on_signals())
    listeners: list[Listener] = []
    viewers: list[Viewer] = []
    desk: Desk = Headless(stop)
    if arguments.events is not None:
        events = EventWriter(arguments.events, {"name": reader.bundle.manifest.name, "sha256": reader.bundle.sha256})
        stack.callback(events.close)
        listeners.append(events)
    if arguments.record is not None:
        recorder = Recorder(arguments.record, source.rate)
        stack.callback(recorder.close)
        viewers.append(recorder)
    if not arguments.headless:
        desk = window = Window(stop, arguments.save_folder, _say)
        stack.callback(window.close)
        viewers.append(window)
    shots = source if source.live or arguments.headless else play(source, desk.wait, source.rate)
    return Loop(reader.read, compose, desk, listeners, viewers).run(shots, arguments.frames)


def _parser() -> Parser:
    parser = Parser("camera", DESCRIPTION)
    add = parser.add_argument
    add(
        "--source",
        default="0",
        metavar="SOURCE",
        help="camera number or /dev/videoN, video file, picture, folder, pattern such as scans/%%04d.png or "
        "'scans/*.png', or an http:// or rtsp:// address (default: camera 0)",
    )
    add("--headless", action="store_true", help="open no window")
    add("--record", type=Path, metavar="OUT.mp4", help="record what the window shows (.mp4 or .avi)")
    add("--events", metavar="FILE|-", help="write one line of JSON for each frame; a file that exists is continued")
    add("--frames", type=positive, metavar="N", help="end after N frames")
    add("--size", type=frame_size, metavar="WIDTHxHEIGHT", help="ask the camera for this size")
    add("--fps", type=frame_rate, metavar="N", help="ask the camera for this rate; play clips and pictures at it")
    add("--save-folder", type=Path, default=Path("frames"), metavar="DIR", help="where s saves to (default: frames)")
    parser.add_model_options()
    return parser


def frame_rate(text: str) -> float:
    """Frames per second, more than 0 and at most 240."""
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if 0 < rate <= FASTEST:
        return rate
    raise argparse.ArgumentTypeError(f"expected frames per second, more than 0 and at most {FASTEST:g}, got {text!r}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
