"""From seeds to shipped bundles and their pages: `python docs/family.py PART`, which `make models` runs as a whole.

Parts, each of which skips what is there already:

  train    trains every model of the family with every seed, converts the runs and measures them
  publish  writes the extracts of the runs' measurements to docs/measurements
  ship     packs, for each model, the seed that the validation digits prefer into runtime/bundles
  pages    writes docs/models.md, its pictures and the model cards from the extracts and the bundles
  all      all of it, in this order
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from model_card import write_card
from model_plots import draw_figures
from model_records import FAMILY, FOLDER, by_model, choose, load_records, publish
from models_page import write_page

from convert.measure.record import FILE_NAME
from runtime import manifest
from runtime.atomic import write_text
from runtime.bundle import BUNDLES, DEFAULT
from runtime.errors import DigitsError, InputError, ModelError
from runtime.terminal import talk

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SEEDS = (1, 2, 3, 4, 5)
PRESET = "standard"
FILES = "int8.tflite,float32.tflite,float32.onnx"


def main(argv: Sequence[str]) -> int:
    """Do the parts that are asked for."""
    options = _parse(argv)
    parts = ("train", "publish", "ship", "pages") if options.part == "all" else (options.part,)
    try:
        if "train" in parts:
            train(options.runs, options.models, options.seeds, measure_words(options.sets, options.photos))
        if "publish" in parts:
            publish_runs(options.runs)
        if "ship" in parts:
            ship(options.runs, options.models)
        if "pages" in parts:
            write_pages()
    except DigitsError as error:
        talk().print(f"family: {error}", soft_wrap=True)
        return error.exit_code
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


def train(runs: Path, models: Sequence[str], seeds: Sequence[int], measuring: Sequence[str]) -> None:
    """Train, convert and measure every model with every seed; an interrupted training goes on."""
    for seed in seeds:  # so that every model has a first run early
        for model in models:
            run = runs / f"{model}-{seed}"
            if not (run / manifest.FILE_NAME).is_file():
                words = ("--model", model, "--preset", PRESET, "--seed", str(seed), "--out", str(run))
                digits("train", *words, "--resume")
            if manifest.load(run).find("tflite", "int8") is None:
                digits("convert", str(run))
            digits("measure", str(run), *measuring)


def publish_runs(runs: Path) -> list[Path]:
    """Write the extract of every measured run in a folder; InputError where there is none."""
    measured = sorted(path.parent for path in runs.glob(f"*/{FILE_NAME}"))
    if not measured:
        raise InputError(f"{runs}: expected measured runs in it, found none; run digits measure first")
    return [publish(run, FOLDER) for run in measured]


def ship(runs: Path, models: Sequence[str]) -> None:
    """Pack the chosen seed of each model, unless it is the one that ships."""
    records = by_model(load_records(FOLDER))
    for model in models:
        if model not in records:
            raise InputError(f"{FOLDER}: no record of {model}; publish its measured runs first")
        chosen = choose(records[model])
        if ships(BUNDLES / model) != chosen.document["manifest_sha256"]:
            digits(
                "bundle", str(runs / f"{model}-{chosen.seed}"), str(BUNDLES / model), "--name", model, "--files", FILES
            )


def ships(bundle: Path) -> str | None:
    """The fingerprint of the run that a bundle was packed from; None where there is no bundle or it does not say."""
    try:
        measured = manifest.load(bundle).training.get("measured", {})
    except ModelError:
        return None
    found = measured.get("manifest_sha256")
    return None if found is None else str(found)


def write_pages() -> None:
    """Write the page, the pictures and a card for each shipped model that was measured."""
    records = load_records(FOLDER)
    write_text(DOCS / "models.md", write_page(records, DEFAULT))
    draw_figures(records, DEFAULT, DOCS / "figures")
    for model, found in by_model(records).items():
        if (BUNDLES / model / manifest.FILE_NAME).is_file():
            write_text(card_path(model), write_card(BUNDLES / model, found, choose(found)))


def card_path(model: str) -> Path:
    """Where the card of a model stands."""
    path = DOCS / "models" / f"{model}.md"
    path.parent.mkdir(exist_ok=True)
    return path


def measure_words(sets: Path | None, photos: Path | None) -> list[str]:
    """The flags of `digits measure` for the data at hand."""
    folders = (("--sets", sets), ("--photos", photos))
    return [word for flag, folder in folders if folder for word in (flag, str(folder))]


def digits(*words: str) -> None:
    """Run a `digits` command; CalledProcessError where it fails."""
    talk().print("digits", *words, soft_wrap=True)
    subprocess.run([sys.executable, "-m", "runtime", *words], check=True, cwd=ROOT)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="family.py", description="Make the models that ship, and their pages.")
    parser.add_argument("part", choices=("train", "publish", "ship", "pages", "all"))
    parser.add_argument("--runs", type=Path, default=ROOT / "runs/zoo", help="the folder of the runs (runs/zoo)")
    parser.add_argument("--models", type=_names, default=FAMILY, help=f"comma-separated ({','.join(FAMILY)})")
    parser.add_argument("--seeds", type=_numbers, default=SEEDS, help="comma-separated (1 to 5)")
    parser.add_argument("--sets", type=Path, help="a folder of .npz files to measure on")
    parser.add_argument("--photos", type=Path, help="a folder of photographs to measure on")
    return parser.parse_args(argv)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
