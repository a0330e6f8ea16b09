"""What a run folder or bundle holds: the manifest, opened first, and the hashes that its files must have."""

import hashlib
import json
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime import preprocess
from runtime.atomic import write_json
from runtime.calibration import REJECTIONS, TEMPERATURES, Calibration
from runtime.errors import ModelError
from runtime.plain import plain, shorten
from runtime.records import CHANNELS, FEWEST_CLASSES, GLYPH, MOST_CLASSES, SIDES, Shape

SCHEMA = "digits.manifest/1"
FILE_NAME = "manifest.json"
INPUT = {"dtype": "float32", "range": [0, 1]}  # of every model; conversion gives a model that wants others a first step
DIGIT_CLASSES = tuple("0123456789")
NOT_A_DIGIT = "not a digit"
SIZE_LIMIT = 4 * 2**20  # bytes; a manifest is a few kilobytes
DARK, LIGHT = "dark", "light"  # grounds
PATH_LIMIT = 200  # characters
NAME_LIMIT = 40  # characters of a class
TITLE_LIMIT = 255  # characters of a model's name; folders, after which models are called, have no longer ones
MOST_PARAMETERS = 10**12
MESSAGE_LIMIT = 500  # characters of what is said about a manifest; it may quote one
ENTRY = ("format", "variant", "path", "sha256", "size")  # what every listed file has
CONVERTED = ("tflite", "onnx", "ort")  # the formats that engines run
FORMATS = (*CONVERTED, "keras", "npz")
FILE_LIMIT = 2**30  # bytes of a listed file; the zoo's largest has 20 million


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a run or bundle."""

    format: str  # "keras", "tflite", "onnx", "ort" or "npz"
    variant: str  # "float32", "int8", …; for npz what it holds: "golden", "calibration", "holdout", "reference"
    path: str  # relative to the manifest
    sha256: str  # of the contents, hexadecimal
    size: int  # bytes
    calibration: Calibration | None = None  # of a converted file; None where it was not fitted
    conversion: dict[str, Any] | None = field(default=None, hash=False)  # how it was made, so that it can be made again


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is and which files belong to it."""

    name: str
    created: str  # RFC 3339, UTC
    parameters: int  # trainable weights as shipped, batch normalisation folded
    classes: tuple[str, ...] = DIGIT_CLASSES  # ten digits, then "not a digit" if the model has it
    training: dict[str, Any] = field(default_factory=dict)  # model, preset, seed, data, figures
    thresholds: dict[str, float] = field(default_factory=dict)  # "confidence", "sure": see the properties
    files: tuple[ModelFile, ...] = ()
    preprocess_version: int = preprocess.VERSION
    input_shape: Shape = GLYPH  # of one picture, float32 in [0, 1]
    ground: str = DARK  # what is written on; ink is lighter where this is dark

    @property
    def known(self) -> int:
        """How many classes there are; "not a digit" counts as none."""
        return len(self.classes) - (self.classes[-1] == NOT_A_DIGIT)

    @property
    def reads_digits(self) -> bool:
        """Whether it is asked about digits as the reader cuts them out of a page: 28×28, light ink on dark ground."""
        return (self.input_shape, self.ground, self.classes[: self.known]) == (GLYPH, DARK, DIGIT_CLASSES)

    @property
    def picture_shape(self) -> tuple[int, ...]:
        """Of one stored picture, uint8: (H, W), or (H, W, C) where it has colours."""
        return self.input_shape if self.input_shape[2] > 1 else self.input_shape[:2]

    @property
    def confidence_threshold(self) -> float:
        """The confidence from which a digit is published, 0–1."""
        return float(self.thresholds.get("confidence", 0.0))

    @property
    def sure_threshold(self) -> float:
        """The confidence from which a digit vouches for its neighbours, 0–1."""
        return float(self.thresholds.get("sure", 0.9))

    def calibration(self, file: ModelFile) -> Calibration:
        """How the answers of `file` are to be taken: as fitted for it, else as they come, by the model's thresholds."""
        return file.calibration or Calibration(1.0, self.confidence_threshold, self.sure_threshold)

    def find(self, format: str, variant: str) -> ModelFile | None:  # noqa: A002 - the field's own name
        """The file of this format and variant; None where there is none."""
        return next((f for f in self.files if (f.format, f.variant) == (format, variant)), None)

    def converted(self) -> tuple[ModelFile, ...]:
        """The files that an engine can run, in the manifest's order."""
        return tuple(f for f in self.files if f.format in CONVERTED)

    def with_files(self, files: Iterable[ModelFile]) -> "Manifest":
        """A copy in which `files` replace those of the same path and the others stay."""
        by_path = {f.path: f for f in self.files} | {f.path: f for f in files}
        return replace(self, files=tuple(by_path.values()))


def now() -> str:
    """The present moment as the manifest writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def title(text: str) -> str:
    """What a model may be called that is to be called `text`: without what would steer a terminal, and not too long."""
    return plain(text)[:TITLE_LIMIT]


def describe(folder: Path, path: str, format: str, variant: str) -> ModelFile:  # noqa: A002 - the field's own name
    """The manifest's entry for a file that exists at `folder / path`."""
    data = (folder / path).read_bytes()
    return ModelFile(format, variant, path, hashlib.sha256(data).hexdigest(), len(data))


def save(manifest: Manifest, folder: Path) -> None:
    """Write `folder/manifest.json`."""
    fields = asdict(manifest)
    taken = {"shape": list(fields.pop("input_shape")), **INPUT}
    ground = fields.pop("ground")
    document = {"schema": SCHEMA, "input": taken if ground == DARK else {**taken, "ground": ground}, **fields}
    document["files"] = [_drop_absent(entry) for entry in document["files"]]
    write_json(folder / FILE_NAME, document)


def load(folder: Path) -> Manifest:
    """Read `folder/manifest.json`; the files' contents are checked when they are opened, by `read_file`.

    Raises ModelError where it is missing, damaged, of another schema, or made for another preprocessing version.
    """
    path = Path(folder) / FILE_NAME
    document = _read_document(path)
    if document.get("schema") != SCHEMA:
        raise ModelError(f"{path}: expected schema {SCHEMA!r}, got {document.get('schema')!r}; convert the model anew")
    version = document.get("preprocess_version")
    if version != preprocess.VERSION:
        expected = f"this program has preprocessing version {preprocess.VERSION}, the model was made for {version}"
        raise ModelError(f"{path}: {expected}; train and convert it anew or install the matching digits")
    try:
        return _parse(document, path)
    except ModelError as error:
        raise ModelError(shorten(str(error), MESSAGE_LIMIT)) from error


def read_file(folder: Path, file: ModelFile) -> bytes:
    """The contents of a listed file, checked against the manifest's size and hash; ModelError where they differ."""
    path = Path(folder) / file.path
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size == file.size and path.is_file() else b""  # a device has size 0 and no end
    except OSError as error:
        raise ModelError(
            f"{path}: listed in the manifest but not readable ({error.strerror}); copy it again"
        ) from error
    if size != file.size:
        raise ModelError(f"{path}: the manifest says {file.size} bytes, the file has {size}; copy the bundle again")
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise ModelError(
            f"{path}: the manifest says sha256 {file.sha256}, the file has {digest}; copy the bundle again"
        )
    return data


def fingerprint(folder: Path) -> str:
    """The sha256 of the manifest's own bytes, which names a bundle as a whole because it lists every file's hash."""
    return hashlib.sha256((Path(folder) / FILE_NAME).read_bytes()).hexdigest()


def _read_document(path: Path) -> dict[str, Any]:
    """The JSON object at `path`; ModelError where there is none."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a device or a pipe may have no end
            raise ModelError(f"{path}: not a readable manifest (not a regular file)")
        if status.st_size > SIZE_LIMIT:
            raise ModelError(f"{path}: {status.st_size} bytes is too large for a manifest")
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(f"{path.parent}: no {FILE_NAME} here; expected a run folder or a bundle") from error
    except OSError as error:
        raise ModelError(f"{path}: not a readable manifest ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not a readable manifest ({error})") from error
    if not isinstance(document, dict):
        raise ModelError(f"{path}: expected a JSON object, got {type(document).__name__}")
    return document


def _parse(document: dict[str, Any], path: Path) -> Manifest:
    """The record for a manifest's document; ModelError where a field is missing or of the wrong kind."""
    try:
        files = tuple(_parse_entry(entry) for entry in document["files"])
        manifest = Manifest(
            name=_read_name(document["name"]),
            created=_read_moment(document["created"]),
            parameters=_read_count(document["parameters"]),
            classes=tuple(map(str, document["classes"])),
            training=_read_account(document["training"]),
            thresholds={key: float(value) for key, value in document["thresholds"].items()},
            files=files,
            input_shape=_read_shape(document["input"]),
            ground=str(document["input"].get("ground", DARK)),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: a field is missing or wrong ({error!r}); convert the model anew") from error
    if document["input"] | INPUT != document["input"] or manifest.ground not in (DARK, LIGHT):
        raise ModelError(f"{path}: expected input {INPUT}, got {document['input']!r}; convert the model anew")
    _check_classes(manifest.classes, path)
    if not all(0 <= value <= 1 for value in manifest.thresholds.values()):
        raise ModelError(f"{path}: expected thresholds from 0 to 1, got {manifest.thresholds}; convert the model anew")
    for file in files:
        _check_entry(file, path)
    if len({file.path for file in files}) < len(files):
        raise ModelError(f"{path}: a file is listed twice; convert the model anew")
    return manifest


def _read_name(text: str) -> str:
    """A model's name; ValueError where a terminal would not show it as it is."""
    if not isinstance(text, str) or not text or text != title(text):
        raise ValueError(f"expected a name of 1 to {TITLE_LIMIT} characters without control characters, got {text!r}")
    return text


def _read_moment(text: str) -> str:
    """A moment as `now` gives it; ValueError or TypeError where it is none."""
    datetime.fromisoformat(text)
    return text


def _read_count(number: int) -> int:
    """A number of parameters; ValueError where there cannot be as many."""
    if type(number) is not int or not 0 <= number <= MOST_PARAMETERS:
        raise ValueError(f"expected 0 to {MOST_PARAMETERS:,} parameters, got {number!r}")
    return number


def _read_account(document: dict[str, Any]) -> dict[str, Any]:
    """What is told of a training or a conversion; ValueError where a number in it is none or infinite."""
    account = dict(document)
    json.dumps(account, allow_nan=False)  # or it could not be written again
    return account


def _read_shape(taken: dict[str, Any]) -> Shape:
    """The shape of one picture; ValueError where no engine is given such pictures."""
    height, width, channels = (int(length) for length in taken["shape"])
    if height not in SIDES or width not in SIDES or channels not in CHANNELS:
        sides = f"{SIDES.start} to {SIDES.stop - 1}"
        raise ValueError(f"expected an input of {sides} pixels a side and 1 or 3 channels, got {taken['shape']}")
    return height, width, channels


def _check_classes(classes: tuple[str, ...], path: Path) -> None:
    """Refuse too few or too many classes, and names that are empty, too long or given twice."""
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES or len(set(classes)) < len(classes):
        raise ModelError(
            f"{path}: expected {FEWEST_CLASSES} to {MOST_CLASSES} classes with names of their own, got {classes}"
        )
    if NOT_A_DIGIT in classes and classes != (*DIGIT_CLASSES, NOT_A_DIGIT):
        raise ModelError(f"{path}: expected {NOT_A_DIGIT!r} after the classes 0 to 9 alone, got {classes}")
    if not all(name.isprintable() and 0 < len(name) <= NAME_LIMIT for name in classes):
        raise ModelError(f"{path}: expected names of 1 to {NAME_LIMIT} printable characters, got {classes}")


def _drop_absent(entry: dict[str, Any]) -> dict[str, Any]:
    """A file's entry without what it does not have."""
    return {key: value for key, value in entry.items() if value is not None}


def _parse_entry(entry: dict[str, Any]) -> ModelFile:
    """The record for a file's entry; one of Python's own errors where a field is missing or of the wrong kind."""
    calibration = entry.get("calibration")
    fitted = None if calibration is None else _read_calibration(calibration)
    conversion = entry.get("conversion")
    made = None if conversion is None else _read_account(conversion)
    return ModelFile(**{key: entry[key] for key in ENTRY}, calibration=fitted, conversion=made)


def _check_entry(file: ModelFile, path: Path) -> None:
    """Refuse an entry whose fields are of the wrong kind, too large or no name, or whose path leaves the folder."""
    texts = (file.format, file.variant, file.path, file.sha256)
    if not all(isinstance(text, str) for text in texts) or not isinstance(file.size, int):
        raise ModelError(f"{path}: the entry of {file.path!r} has a field of the wrong kind")
    if file.format not in FORMATS:
        raise ModelError(f"{path}: expected {file.path!r} of a format {', '.join(FORMATS)}, got {file.format!r}")
    if not file.variant.isprintable() or len(file.variant) > PATH_LIMIT:
        raise ModelError(f"{path}: expected a variant's name, got {file.variant[:PATH_LIMIT]!r}")
    if not 0 <= file.size <= FILE_LIMIT:
        raise ModelError(f"{path}: expected {file.path!r} to have at most {FILE_LIMIT} bytes, got {file.size}")
    if not file.path.isprintable() or len(file.path) > PATH_LIMIT:
        raise ModelError(f"{path}: expected a file's name, got {file.path[:PATH_LIMIT]!r}")
    if file.calibration:
        _check_calibration(file.calibration, f"{path}: {file.path}")
    relative = Path(file.path)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ModelError(f"{path}: {file.path!r} leads out of the bundle")


def _read_calibration(document: dict[str, Any]) -> Calibration:
    """A calibration from its JSON; files from before "rejection" was fitted have none."""
    needed = {name: float(document[name]) for name in ("temperature", "confidence", "sure")}
    return Calibration(**needed, rejection=float(document.get("rejection", 0)))


def _check_calibration(calibration: Calibration, place: str) -> None:
    """Refuse a calibration that no fitting gives."""
    bounds = (("temperature", calibration.temperature, TEMPERATURES), ("rejection", calibration.rejection, REJECTIONS))
    for name, value, (low, high) in bounds:
        if not low <= value <= high:
            raise ModelError(f"{place}: expected a {name} from {low:g} to {high:g}, got {value}; convert it anew")
    for name, value in (("confidence", calibration.confidence), ("sure", calibration.sure)):
        if not 0 <= value <= 1:
            raise ModelError(f"{place}: expected the threshold {name!r} from 0 to 1, got {value}; convert it anew")
