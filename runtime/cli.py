"""The `digits` command: a table of commands, each imported only when it runs."""

import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from runtime import __version__
from runtime.errors import DigitsError, MissingDependency, UsageError
from runtime.plain import plain


class Command(NamedTuple):
    """Where a command lives, the extra that installs what it needs ("" for none), and its one-line help."""

    module: str
    extra: str
    help: str


COMMANDS = {
    "train": Command("train.command", "train", "train a model of the zoo and write a run folder"),
    "show": Command("train.show_command", "train", "show sample images of a run or a data set with their labels"),
    "zoo": Command("train.zoo_command", "train", "write the table of the zoo's measured and published figures"),
    "tune": Command("train.tune_command", "train", "search for a better network or recipe by short trainings"),
    "draw": Command("train.draw_command", "train", "draw handwritten digits, pages and clips with known truth"),
    "convert": Command("convert.command", "convert", "convert a run's Keras model to .tflite and .onnx, and verify it"),
    "bundle": Command("convert.bundle_command", "convert", "pack a run's files into a bundle for deployment"),
    "measure": Command("convert.measure_command", "convert", "measure what converted runs are worth, on any data"),
    "verify": Command("runtime.verify_command", "", "prove that converted files answer as Keras does"),
    "inspect": Command("runtime.inspect_command", "", "look into model files without any engine"),
    "models": Command("runtime.models_command", "", "list the models that come with digits"),
    "read": Command("runtime.read_command", "", "read the handwritten digits in pictures"),
    "evaluate": Command("runtime.evaluate_command", "", "measure a model file's accuracy on labelled digits"),
    "score": Command("convert.score_command", "", "measure how well pictures with known truth are read"),
    "bench": Command("runtime.bench_command", "", "measure speed, start-up and memory on this machine"),
    "camera": Command("camera_demo.command", "", "read digits from a live camera, a clip or a stream"),
    "demo": Command("runtime.demo_command", "", "run the whole pipeline and write one page about it"),
}

Run = Callable[[Sequence[str]], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 ok, 1 failed, 2 usage, 3 missing dependency, engine or camera."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    try:
        try:
            return _obey(words)
        finally:
            sys.stdout.flush()  # while what goes wrong can still be told
    except DigitsError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    except BrokenPipeError:  # the reader of our output (head, less) has left: nothing is wrong
        _drop_output()
        return 0
    except OSError as error:  # such as a full disk behind standard output, or a folder that is closed to us
        _drop_output()
        place = error.filename or "standard output"
        return _complain(f"{place}: {error.strerror or error}; check the disk and your permissions", 1)
    except MemoryError:
        return _complain("not enough memory; close other programs or give fewer and smaller files at once", 1)


def usage() -> str:
    """The text of `digits --help`."""
    rows = "".join(f"  {name:10} {command.help}\n" for name, command in COMMANDS.items())
    return f"usage: digits COMMAND [ARGUMENTS]\n\n{rows}\ndigits COMMAND --help explains one command.\n"


def _obey(words: Sequence[str]) -> int:
    """Do what the command line asks for."""
    if not words or words[0] in ("-h", "--help"):
        print(usage(), end="")
        return 0 if words else 2
    if words[0] == "--version":
        print(f"digits {__version__}")
        return 0
    if words[0] not in COMMANDS:
        raise UsageError(f"there is no command {words[0]!r}; one of {', '.join(COMMANDS)}")
    return _run(words[0], words[1:])


def _run(name: str, words: Sequence[str]) -> int:
    """Import and run a command; MissingDependency if a package is absent that it needs, at once or later."""
    command = COMMANDS[name]
    try:
        return cast(Run, importlib.import_module(command.module).main)(words)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("train", "convert", "runtime", "camera_demo"):
            raise
        extra = f"[{command.extra}]" if command.extra else ""
        remedy = f"pip install '.{extra}'"
        raise MissingDependency(f"digits {name} needs the package {error.name!r}; install it with: {remedy}") from error


def _prepare_streams() -> None:
    """Make sure that whatever is printed can be printed.

    A process that was started without standard output or error, as some services are, writes to nothing, and a name
    that the terminal's encoding cannot spell, such as that of a file from another system, is written with escapes.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Send what is still to be printed nowhere, so that Python does not fail over it at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, code: int) -> int:
    """Say on one line what went wrong, whatever is in the names of files."""
    print(f"digits: {plain(message)}", file=sys.stderr)
    return code
