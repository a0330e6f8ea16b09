"""`digits train`: trains a model of the zoo and writes a run folder."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from runtime.manifest import Manifest
from runtime.plain import counted
from runtime.terminal import print_json, talk
from train.earlier import fill_in
from train.framework import load_framework
from train.options import KNOBS, parser
from train.place import check_place
from train.zoo import check_names


def main(argv: Sequence[str]) -> int:
    """Run `digits train`; the path of the run folder goes to stdout, or with --json its summary."""
    options = parser().parse_args(argv)
    if options.list:
        load_framework()
        from train.zoo_list import write_list  # noqa: PLC0415 - it loads TensorFlow, which takes seconds

        print(write_list())
        return 0
    if options.like:
        fill_in(options)
    check_names(options.model, options.preset)
    folder = options.out or Path("runs") / (options.name or Path(options.model).stem)
    written = _train(folder, options)
    if options.json:
        print_json({"run": str(folder), "parameters": written.parameters, **written.training})
    else:
        print(folder)
    return 0


def _train(folder: Path, options: argparse.Namespace) -> Manifest:
    """Train as the options say; an interruption says how to go on."""
    check_place(folder.absolute(), resume=options.resume, overwrite=options.overwrite)
    load_framework()
    from train.session import Order, train  # noqa: PLC0415 - it loads TensorFlow, which takes seconds

    changes = {name: getattr(options, name) for name in KNOBS if getattr(options, name) is not None}
    order = Order(
        options.model, options.preset, changes, options.data, options.limit, options.export, tuple(options.teacher)
    )
    try:
        written = train(folder, order, resume=options.resume, overwrite=options.overwrite)
    except KeyboardInterrupt:
        talk().print("the finished epochs are kept: the same command with --resume goes on after them")
        raise
    _report(folder, written)
    return written


def _report(folder: Path, written: Manifest) -> None:
    figures = written.training
    errors, samples = figures["test_errors"], figures["test_samples"]
    words = f"{counted(errors, 'error')} on {samples:,} test images ({figures['test_accuracy']:.2%})"
    talk().print(f"{folder}: {written.parameters:,} parameters, {words}", soft_wrap=True, markup=False)
