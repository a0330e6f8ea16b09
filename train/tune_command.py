"""`digits tune`: searches for a better network of the edge family, or for a better recipe."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from runtime.arguments import Parser, positive, seed_number
from runtime.terminal import print_json, talk
from train.framework import load_framework
from train.tune.order import ALGORITHMS, OVER, WINNER, Order
from train.zoo import check_names

MODEL = "edge-small"


def main(argv: Sequence[str]) -> int:
    """Run `digits tune`; the table of the trials goes to stdout, or with --json the whole result."""
    options = _parser().parse_args(argv)
    folder = options.out or Path("runs") / "tuning" / options.model
    check_names(options.model, options.preset)
    load_framework()
    from train.tune.search import search  # noqa: PLC0415 - it loads TensorFlow, which takes seconds

    try:
        tuning = search(folder, _order(options), overwrite=options.overwrite)
    except KeyboardInterrupt:
        talk().print("the finished epochs are kept: the same command goes on after them")
        raise
    if tuning is None:
        talk().print("no trials are left; the chief has the results")
        return 0
    from train.tune.outcome import write_outcome  # noqa: PLC0415 - it loads TensorFlow
    from train.tune.results import write_document  # noqa: PLC0415
    from train.tune.table import write_table  # noqa: PLC0415

    write_outcome(folder, tuning)
    if options.json:
        print_json(write_document(tuning))
    else:
        print(write_table(tuning))
    talk().print(f"train the best with: digits train --model {folder / WINNER}", soft_wrap=True, markup=False)
    return 0


def _order(options: argparse.Namespace) -> Order:
    names = ("model", "preset", "parameters", "over", "algorithm", "trials", "epochs", "seed", "data", "limit")
    return Order(**{name: getattr(options, name) for name in names})


def _parser() -> Parser:
    usual = Order(MODEL)
    parser = Parser(
        "tune",
        "Search for a better network of the edge family, or a better recipe, by short trainings that are judged on "
        "validation digits. The same command goes on with an unfinished search, and a greater --trials extends it. "
        "With KERASTUNER_TUNER_ID, KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT several processes search together.",
    )
    add = parser.add_argument
    add("--model", default=MODEL, metavar="NAME", help=f"where to begin: a model of the edge family ({MODEL})")
    add("--preset", help="whose recipe to begin with (the model's default)")
    add("--parameters", type=positive, metavar="N", help="what a network may have at most (as many as the model)")
    add("--over", choices=OVER, default=usual.over, help=f"what varies ({usual.over})")
    add("--algorithm", choices=ALGORITHMS, default=usual.algorithm, help=f"chooses what is tried ({usual.algorithm})")
    add("--trials", type=positive, default=usual.trials, metavar="N", help=f"trainings ({usual.trials})")
    add("--epochs", type=positive, default=usual.epochs, metavar="N", help=f"of each training ({usual.epochs})")
    add("--seed", type=seed_number, default=usual.seed, help=f"of the search and its trainings ({usual.seed})")
    add("--data", metavar="DATA", help="what to learn from, as digits train takes it (MNIST)")
    add("--limit", type=positive, metavar="N", help="take the first N training images alone, a part of them to judge")
    add("--out", type=Path, metavar="DIR", help="the search's folder (runs/tuning/MODEL)")
    add("--overwrite", action="store_true", help="begin anew where the folder holds a search")
    add("--json", action="store_true", help="print everything that was found as JSON")
    return parser
