"""`digits camera`: read digits from a camera, a clip, pictures or a stream."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing

from camera_demo.events import EventWriter
from camera_demo.feed import Feed
from camera_demo.loop import Desk, Listener, Loop, Summary, Viewer
from camera_demo.newest import Counts
from camera_demo.options import check_flags, imply, limits_of, parser, rules_of, wish_of
from camera_demo.overlay import compose
from camera_demo.pace import Paced, play
from camera_demo.recorder import Recorder
from camera_demo.serve.view import View, prepare_view
from camera_demo.shot import Shot, Silence
from camera_demo.silence import silence_libraries
from camera_demo.sources import Source, open_source
from camera_demo.stop import Headless, stop_on_signals
from camera_demo.unfinished import find_unfinished
from camera_demo.window import Window, check_display
from runtime.plain import counted
from runtime.reader import Reader, open_reader


def main(argv: Sequence[str]) -> int:
    """Run the camera until its source ends or a person ends it.

    Gives 0; raises MissingSource where the source is not there or stays away (after everything else is finished),
    MissingDependency where a window is wanted and there is no display.
    """
    arguments = parser().parse_args(argv)
    check_flags(arguments)
    arguments = imply(arguments)
    silence_libraries()
    if not arguments.headless:
        check_display()
    with ExitStack() as stack:
        view = None if arguments.serve is None else stack.enter_context(closing(prepare_view(arguments, _say)))
        reader = open_reader(arguments.bundle, arguments.backend, arguments.file, arguments.threads)
        source = open_source(arguments.source, wish_of(arguments), _say)
        _say(f"{source.name}: {reader.bundle.manifest.name} {reader.file.path} on {reader.engine}")
        summary, counts = _run(arguments, source, reader, stack, view)
    _say(sentence(summary, counts))
    if summary.failure:
        raise summary.failure
    return 0


def sentence(summary: Summary, counts: Counts | None = None) -> str:
    """The summary as people read it; `counts` of a live source."""
    rate = summary.frames / summary.seconds if summary.seconds else 0.0
    text = f"{counted(summary.frames, 'frame')} in {summary.seconds:.1f} s ({rate:.1f}/s)"
    text += f", {summary.with_text} with a reading"
    text += f"; {counts.skipped} of {counts.captured} overtaken by newer ones" if counts and counts.skipped else ""
    return f"{text}; last stable: {' '.join(summary.last_stable.split())}" if summary.last_stable else text


def _run(
    arguments: Namespace, source: Source, reader: Reader, stack: ExitStack, view: View | None
) -> tuple[Summary, Counts | None]:
    """Set up what listens and looks, and run the loop; `stack` closes them all."""
    stop = stack.enter_context(stop_on_signals())
    listeners: list[Listener] = []
    viewers: list[Viewer] = []
    desk: Desk = Headless(stop)
    feed = _feed(arguments, source)
    stack.callback(feed.close if feed else source.close)
    if arguments.events is not None:
        bundle = {"name": reader.bundle.manifest.name, "sha256": reader.bundle.sha256}
        how = {"every_frame": arguments.every_frame, "heartbeat": arguments.heartbeat}
        events = EventWriter(arguments.events, bundle, **how)
        stack.callback(events.close)
        listeners.append(events)
    if arguments.record is not None:
        for left in find_unfinished(arguments.record):
            _say(f"{left}: an earlier recording that was cut off; it plays up to there")
        recorder = Recorder(arguments.record, source.rate)
        stack.callback(recorder.close)
        viewers.append(recorder)
    if not arguments.headless:
        desk = window = Window(stop, arguments.save_folder, _say)
        stack.callback(window.close)
        viewers.append(window)
    if view is not None:
        listeners.append(view.begin(reader, source, feed, viewers))
        stack.callback(view.close)
    checks = (limits_of(arguments), rules_of(arguments))
    loop = Loop(reader.read, compose, desk, listeners, viewers, *checks, live=feed is not None)
    shots = feed.frames(desk.wait) if feed else _clip(arguments, source, desk)
    return loop.run(shots, arguments.frames), feed.counts if feed else None


def _feed(arguments: Namespace, source: Source) -> Feed | None:
    """The source in a thread of its own where it does not wait for us; None for clips that do."""
    limits = limits_of(arguments)
    if source.live:

        def reopen() -> Source:
            return open_source(arguments.source, wish_of(arguments), _say)

        return Feed(source, reopen, _say, limits, arguments.give_up_after)
    return Feed(Paced(source), None, _say, limits) if arguments.real_time else None


def _clip(arguments: Namespace, source: Source, desk: Desk) -> Iterable[Shot | Silence]:
    """The frames of a clip: every one of them, in a window at its own speed."""
    return source if arguments.headless or arguments.fast else play(source, desk.wait, source.rate)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
