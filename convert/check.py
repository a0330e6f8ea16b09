"""Whether the converted files of a run can be made again, byte for byte, from its Keras model and its manifest."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convert.pipeline import build_from
from convert.provenance import changed_versions, record_conversion
from convert.quiet import quiet
from convert.recipe import Recipe, read_recipe
from convert.representative import find_representative
from convert.source import Source, open_source
from runtime.errors import ModelError
from runtime.manifest import Manifest, ModelFile

Announce = Callable[[str, float], None]
"""Called with what is being done now and how many of `count_steps` steps are done."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A file of a run, and what was made by its record now."""

    file: ModelFile
    expected: (
        str  # sha256 of the file, or for `.ort`, which is never the same twice, of the graph that it was made from
    )
    sha256: str | None  # of what was made; None where nothing could be
    reason: str | None = None  # what tells the two apart, or why nothing was made

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return self.sha256 == self.expected


def count_steps(described: Manifest) -> int:
    """How many steps `check_run` takes: one to begin, and one for each file."""
    return 1 + len(described.converted())


def check_run(run: Path, announce: Announce) -> list[Rebuilt]:
    """Make every converted file of the run again, in memory alone, and compare; the run stays as it is.

    Raises ModelError where the run or a record in its manifest is damaged, or there is no converted file.
    """
    announce("opening the run", 0)
    with quiet():
        source = open_source(run)
    if not source.described.converted():
        raise ModelError(f"{run}: the manifest lists no converted file; run digits convert on it first")
    return list(_rebuild_all(source, announce))


def _rebuild_all(source: Source, announce: Announce) -> Iterator[Rebuilt]:
    for done, file in enumerate(source.described.converted(), 1):
        announce(f"making {file.path} again", done)
        if file.conversion is None:
            yield Rebuilt(file, file.sha256, None, "it was made before this program recorded how; convert it anew")
            continue
        recipe, static_batch = _read_record(file, source.run)
        again = replace(source, expected=replace(source.expected, static_batch=static_batch))
        with quiet():
            sha256 = hashlib.sha256(build_from(again, recipe).constant).hexdigest()
            expected = file.conversion.get("graph_sha256", "") if recipe.format == "ort" else file.sha256
            reason = None if sha256 == expected else _explain(file.conversion, again, recipe)
        yield Rebuilt(file, expected, sha256, reason)


def _read_record(file: ModelFile, run: Path) -> tuple[Recipe, bool]:
    """The recipe and the kind of batch that the manifest records for a file."""
    record = file.conversion or {}
    recipe = read_recipe(record.get("recipe"), f"{run}: the record of {file.path}")
    if recipe.path != file.path:
        raise ModelError(f"{run}: the record of {file.path} is that of {recipe.path}; convert it anew")
    return recipe, record.get("static_batch") is True


def _explain(record: dict[str, Any], source: Source, recipe: Recipe) -> str:
    """What is another than it was when the file was made, in words."""
    images = find_representative(source, recipe)
    now = record_conversion(recipe, source.model, images, source.expected.static_batch)
    names = {"keras": "another Keras model", "calibration": "other images to calibrate with"}
    others = [words for name, words in names.items() if record.get(name) != now.get(name)]
    others += [f"{name} {then} then, {today} now" for name, (then, today) in changed_versions(record, recipe).items()]
    return "; ".join(others) or "the same model, images and versions gave other bytes"
