"""`digits zoo`: writes the page of the zoo's measured and published figures from the runs' manifests."""

from collections.abc import Sequence
from pathlib import Path

from runtime import manifest
from runtime.arguments import Parser
from runtime.atomic import write_text
from runtime.errors import InputError
from runtime.terminal import talk
from train.framework import load_framework
from train.zoo import FAMILIES, find
from train.zoo_table import collect, write_page


def main(argv: Sequence[str]) -> int:
    """Run `digits zoo`; exit code 1 where a model of the zoo has no run yet."""
    parser = Parser("zoo", "Write the page of the zoo's measured and published figures.")
    parser.add_argument("runs", type=Path, metavar="RUNS", help="a folder of run folders")
    parser.add_argument("--out", type=Path, default=Path("docs/zoo.md"), help="the page (docs/zoo.md)")
    options = parser.parse_args(argv)
    folders = sorted(path.parent for path in options.runs.glob(f"*/{manifest.FILE_NAME}"))
    if not folders:
        raise InputError(f"{options.runs}: expected run folders in it, found none")
    load_framework()
    rows = collect(map(find, FAMILIES), [manifest.load(folder) for folder in folders])
    write_text(options.out, write_page(rows))
    print(options.out)
    missing = [row for row in rows if row.run is None]
    for row in missing:
        talk().print(f"not trained yet: {row.command}", soft_wrap=True)
    return int(bool(missing))
