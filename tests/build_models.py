"""Build the tiny real bundle of `tests/models`: run it with `.venv/bin/python tests/build_models.py`.

A network of a few thousand weights is trained on drawn digits for some seconds and converted by the project's own
converters, so that the tests run real engines on real files. Everything in the bundle is drawn by our own generator.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from convert.quiet import prepare_environment, quiet

prepare_environment()

import keras  # noqa: E402 - the environment must be ready before Keras is imported
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from convert.keras_model import answer  # noqa: E402
from convert.onnx_export import convert_to_onnx  # noqa: E402
from convert.tflite import convert_to_tflite  # noqa: E402
from convert.variants import VARIANTS, Variant  # noqa: E402
from runtime import manifest  # noqa: E402
from runtime.atomic import atomic_folder, write_bytes  # noqa: E402
from runtime.npz import Arrays, write_npz  # noqa: E402
from runtime.preprocess import normalise, to_input  # noqa: E402
from train.handwriting.dataset import draw_digit, draw_digits, sample_rng  # noqa: E402

FOLDER = Path(__file__).parent / "models"
TRAINING_SAMPLES, GOLDEN_SAMPLES, HOLDOUT_SAMPLES, CALIBRATION_SAMPLES = 12_000, 100, 300, 200
CROP_HEIGHTS = (12, 20, 33, 47, 64, 90)  # pixels at which the raw ink of the golden crops is drawn
EPOCHS = 20
SEED = 7
Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def build(folder: Path) -> None:
    """Train, convert and write the whole bundle to `folder`."""
    keras.utils.set_random_seed(SEED)
    holdout = draw_digits(HOLDOUT_SAMPLES, seed=SEED + 2)
    with quiet():
        model = train(draw_digits(TRAINING_SAMPLES, seed=SEED))
    with atomic_folder(folder) as new:
        files = [write_file(new, variant, model) for variant in VARIANTS]
        write_golden(new, model)
        write_reference(new, model, holdout)
        write_npz(new / "holdout.npz", {"images": holdout[0], "labels": holdout[1]})
        files += [manifest.describe(new, f"{name}.npz", "npz", name) for name in ("golden", "reference")]
        manifest.save(describe(model, holdout, files), new)


def train(samples: Labelled) -> keras.Model:
    """Fit three small convolutions."""
    images, labels = samples
    layers = [
        keras.layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu") for channels in (6, 10, 12)
    ]
    head = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, *head])
    rate = keras.optimizers.schedules.CosineDecay(4e-3, EPOCHS * -(-len(images) // 64))
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy")
    model.fit(to_input(images), labels, epochs=EPOCHS, batch_size=64, verbose=0)
    return model


def write_file(folder: Path, variant: Variant, model: keras.Model) -> manifest.ModelFile:
    """Convert to one variant."""
    convert = convert_to_tflite if variant.format == "tflite" else convert_to_onnx
    with quiet():
        data = convert(model, variant.variant, draw_digits(CALIBRATION_SAMPLES, seed=SEED + 1)[0])
    write_bytes(folder / variant.path, data)
    return manifest.describe(folder, variant.path, variant.format, variant.variant)


def write_golden(folder: Path, model: keras.Model) -> None:
    """Drawn digits with Keras' answers, and raw ink of several sizes with the glyphs that it must give."""
    images, labels = draw_digits(GOLDEN_SAMPLES, seed=SEED + 3)
    crops = [draw_digit(digit, sample_rng(SEED, digit), height).mask for digit, height in enumerate(CROP_HEIGHTS)]
    arrays = {
        "images": images,
        "labels": labels,
        "ink": np.concatenate([crop.ravel() for crop in crops]),
        "ink_shapes": np.array([crop.shape for crop in crops], np.int32),
        "glyphs": np.stack([normalise(crop) for crop in crops]),
        "probabilities": answer(model, images),
    }
    write_npz(folder / "golden.npz", arrays)


def write_reference(folder: Path, model: keras.Model, holdout: Labelled) -> None:
    """Keras' answers on the hold-out."""
    images, labels = holdout
    with tempfile.TemporaryDirectory() as scratch:
        model.save(Path(scratch) / "model.keras")
        keras_sha256 = hashlib.sha256((Path(scratch) / "model.keras").read_bytes()).hexdigest()
    arrays: Arrays = {
        "probabilities": answer(model, images),
        "labels": labels,
        "images_sha256": np.array(hashlib.sha256(images.tobytes()).hexdigest()),
        "keras_sha256": np.array(keras_sha256),
    }
    write_npz(folder / "reference.npz", arrays)


def describe(model: keras.Model, holdout: Labelled, files: list[manifest.ModelFile]) -> manifest.Manifest:
    """The manifest, with the same moment of creation every time so that only real changes show."""
    images, labels = holdout
    errors = int((answer(model, images).argmax(axis=1) != labels).sum())
    training = {"model": "tiny", "data": "synthetic", "seed": SEED, "epochs": EPOCHS, "test_samples": len(labels)}
    training |= {"test_errors": errors, "test_accuracy": 1 - errors / len(labels)}
    thresholds = {"confidence": 0.5}
    return manifest.Manifest(
        "tiny", "2026-01-01T00:00:00Z", model.count_params(), manifest.DIGIT_CLASSES, training, thresholds, tuple(files)
    )


if __name__ == "__main__":
    build(FOLDER)
    for path in sorted(FOLDER.iterdir()):
        sys.stderr.write(f"{path.stat().st_size:8} {path.name}\n")
