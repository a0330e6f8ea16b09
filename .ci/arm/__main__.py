"""`make verify-arm`: emulated small computers give the same answers as this machine, or it says which do not."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from arm import questions
from arm.comparison import Row, compare
from arm.page import SCHEMA, keep_others, mark, merge, write_page
from arm.place import Place, here, inside
from arm.questions import Extent
from arm.root import add_digits, add_packages, check_host, make_root, show_processor
from arm.stand_ins import PROJECT, STAND_INS, Engines, StandIn
from runtime.bundle import shipped_bundles
from runtime.errors import DigitsError, UsageError
from runtime.terminal import talk


def main(argv: Sequence[str]) -> int:
    """Verify every stand-in that is asked for; 0 if all answer as this machine does, else 1."""
    options = _parse(argv)
    try:
        check_host()
        chosen = _choose(options.only)
        extent = Extent(options.samples, tuple(options.verify or shipped_bundles()))
        systems = _verify_all(chosen, options.folder.resolve(), extent)
    except DigitsError as error:
        talk().print(f"verify-arm: {error}", markup=False, soft_wrap=True)
        return error.exit_code
    if options.page:
        document = {"schema": SCHEMA, "asked": questions.count(extent), "stand_ins": systems}
        write_page(options.page, keep_others(options.page, document, [stand_in.name for stand_in in STAND_INS]))
    return 0 if all(system["passed"] for system in systems) else 1


def _verify_all(chosen: Sequence[StandIn], folder: Path, extent: Extent) -> list[dict[str, Any]]:
    """What came of each stand-in; questions are drawn and asked here first."""
    drawn = folder / "work"
    drawn.mkdir(parents=True, exist_ok=True)
    questions.draw(drawn)

    @cache
    def ask_here(twin: str, readers: tuple[str, ...]) -> dict[str, Any]:
        questions.bring(drawn, drawn)
        engines = Engines(verified=(), readers=readers)
        return questions.ask_all(here(PROJECT / twin, drawn), engines, replace(extent, verified=()))

    systems = []
    for stand_in in chosen:
        place = _enter(stand_in, folder)
        questions.bring(drawn, place.folder)
        talk().print(f"asking {stand_in.name}")
        theirs = questions.ask_all(place, stand_in.engines, extent)
        ours = ask_here(stand_in.twin, stand_in.engines.readers)
        rows = compare(theirs, ours, questions.truth(drawn), stand_in.engines.excused)
        systems.append(_describe(stand_in, theirs, rows))
        _tell(systems[-1])
    return systems


def _enter(stand_in: StandIn, folder: Path) -> Place:
    """The stand-in, made and furnished."""
    root = make_root(stand_in, folder)
    packages = add_packages(stand_in, root)
    show_processor(root, stand_in.processor, stand_in.architecture.cpuinfo)
    return inside(stand_in, root, (add_digits(root, folder), packages))


def _describe(stand_in: StandIn, theirs: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """What is reported of a stand-in."""
    unknown = {"processor": "?", "python": "?", "numpy": "?", "cv2": "?", "engines": {}}
    machine = theirs["answers"].get("machine", unknown)
    own = {"name": stand_in.name, "board": stand_in.processor.board, "emulated": stand_in.processor.emulated}
    passed = all(row.passed for row in rows)
    return {**own, **machine, "passed": passed, "rows": [asdict(row) for row in rows]}


def _tell(system: dict[str, Any]) -> None:
    """The rows, for people."""
    for row in merge(system["rows"]):
        words = (mark(row), row["what"], row["subject"], row["engine"])
        talk().print(
            *words, f"{row['differing']} of {row['samples']} differ", row["note"], markup=False, soft_wrap=True
        )


def _choose(names: Sequence[str] | None) -> Sequence[StandIn]:
    """The stand-ins of these names; UsageError where one is unknown."""
    known = {stand_in.name: stand_in for stand_in in STAND_INS}
    for name in names or ():
        if name not in known:
            raise UsageError(f"there is no stand-in {name!r}; one of {', '.join(known)}")
    return [known[name] for name in names or known]


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify-arm", description="Verify digits in emulated ARM systems.")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this stand-in; may be given again")
    parser.add_argument("--samples", type=int, metavar="N", help="images for each file and engine (all)")
    parser.add_argument("--verify", action="append", metavar="BUNDLE", help="run digits verify on this one only (all)")
    parser.add_argument("--folder", type=Path, default=PROJECT / ".arm", help="where systems are kept (.arm)")
    parser.add_argument("--page", type=Path, help="write the page about it here, and its figures beside it")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
