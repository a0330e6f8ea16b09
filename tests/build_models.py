"""Build the tiny real models of `tests/models`: run it with `.venv/bin/python tests/build_models.py`.

A network of a few thousand weights is trained on drawn digits for some seconds and converted by the project's own
converters, so that the tests run real engines on real files. Everything in the folder is drawn by our own generator.
`models` itself is a bundle whose hold-out lies beside it; `models/static` holds files with a fixed batch, and
`models/strangers` files that are no classifiers of digits.
"""

import hashlib
import sys
import tempfile
from functools import partial
from pathlib import Path

from convert.quiet import prepare_environment, quiet

prepare_environment()

import keras  # noqa: E402 - the environment must be ready before Keras is imported
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from convert.golden import make_golden, make_reference  # noqa: E402
from convert.keras_model import answer, count_parameters  # noqa: E402
from convert.onnx_export import convert_to_onnx  # noqa: E402
from convert.tflite import convert_to_tflite  # noqa: E402
from convert.variants import VARIANTS  # noqa: E402
from runtime import manifest  # noqa: E402
from runtime.atomic import atomic_folder, write_bytes  # noqa: E402
from runtime.manifest import Manifest, ModelFile  # noqa: E402
from runtime.npz import Arrays, write_npz  # noqa: E402
from runtime.preprocess import normalise, to_input  # noqa: E402
from train.handwriting.dataset import draw_digit, draw_digits, sample_rng  # noqa: E402

FOLDER = Path(__file__).parent / "models"
TRAINING_SAMPLES, GOLDEN_SAMPLES, HOLDOUT_SAMPLES, CALIBRATION_SAMPLES = 12_000, 100, 300, 200
CROP_HEIGHTS = (12, 20, 33, 47, 64, 90)  # pixels at which the raw ink of the golden crops is drawn
STATIC_BATCH = 4
EPOCHS = 20
SEED = 7
Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def build(folder: Path) -> None:
    """Train, convert and write everything to `folder`."""
    keras.utils.set_random_seed(SEED)
    with quiet():
        model = train(draw_digits(TRAINING_SAMPLES, seed=SEED))
        with atomic_folder(folder) as new:
            write_bundle(new, model)
            write_static(new / "static", model)
            write_strangers(new / "strangers")


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


def write_bundle(folder: Path, model: keras.Model) -> None:
    """The bundle: every kind of converted file, Keras' answers, and the hold-out that the manifest does not list."""
    images, labels = draw_digits(HOLDOUT_SAMPLES, seed=SEED + 2)
    holdout: Arrays = {"images": images, "labels": labels}
    ask = partial(answer, model)
    write_npz(folder / "golden.npz", make_golden(draw_golden(), ask))
    write_npz(folder / "reference.npz", make_reference(holdout, fingerprint(model), ask))
    write_npz(folder / "holdout.npz", holdout)
    calibration = draw_digits(CALIBRATION_SAMPLES, seed=SEED + 1)[0]
    for variant in VARIANTS:
        convert = convert_to_tflite if variant.format == "tflite" else convert_to_onnx
        write_bytes(folder / variant.path, convert(model, variant.variant, calibration))
    files = [manifest.describe(folder, v.path, v.format, v.variant) for v in VARIANTS]
    files += [manifest.describe(folder, f"{name}.npz", "npz", name) for name in ("golden", "reference")]
    errors = int((ask(images).argmax(axis=1) != labels).sum())
    save(folder, model, files, {"test_samples": len(labels), "test_errors": errors})


def write_static(folder: Path, model: keras.Model) -> None:
    """Files that take one image at a time, and one that takes exactly STATIC_BATCH."""
    nothing = np.zeros((0, 28, 28), np.uint8)
    write_bytes(folder / "float32.tflite", convert_to_tflite(model, "float32", nothing, static_batch=True))
    write_bytes(folder / "float32.onnx", convert_to_onnx(model, "float32", nothing, static_batch=True))
    image = keras.Input(batch_shape=(STATIC_BATCH, 28, 28, 1))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image)))
    write_bytes(folder / "batch.tflite", converter.convert())
    paths = ("float32.tflite", "batch.tflite", "float32.onnx")
    save(folder, model, [manifest.describe(folder, path, path.partition(".")[2], "float32") for path in paths], {})


def write_strangers(folder: Path) -> None:
    """Sound files that are no classifiers of digits: four numbers in and three out, and one without a softmax."""
    layers = keras.layers
    numbers = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    logits = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.AveragePooling2D(7), layers.Flatten(), layers.Dense(10)]
    )
    for name, model in (("numbers", numbers), ("logits", logits)):
        write_bytes(folder / f"{name}.tflite", tf.lite.TFLiteConverter.from_keras_model(model).convert())
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="image")]
        function = tf.function(model, input_signature=signature)
        graph, _ = tf2onnx.convert.from_function(function, signature, opset=13)
        write_bytes(folder / f"{name}.onnx", graph.SerializeToString(deterministic=True))


def draw_golden() -> Arrays:
    """Drawn digits, and raw ink of several sizes with the glyphs that it must give."""
    images, labels = draw_digits(GOLDEN_SAMPLES, seed=SEED + 3)
    crops = [draw_digit(digit, sample_rng(SEED, digit), height).mask for digit, height in enumerate(CROP_HEIGHTS)]
    return {
        "images": images,
        "labels": labels,
        "ink": np.concatenate([crop.ravel() for crop in crops]),
        "ink_shapes": np.array([crop.shape for crop in crops], np.int32),
        "glyphs": np.stack([normalise(crop) for crop in crops]),
    }


def fingerprint(model: keras.Model) -> str:
    """The sha256 of the model's `.keras` file, which is not kept."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.keras"
        model.save(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def save(folder: Path, model: keras.Model, files: list[ModelFile], figures: dict[str, int]) -> None:
    """Write the manifest, with the same moment of creation every time so that only real changes show."""
    training = {"model": "tiny", "data": "synthetic", "seed": SEED, "epochs": EPOCHS, **figures}
    described = Manifest(
        name="tiny",
        created="2026-01-01T00:00:00Z",
        parameters=count_parameters(model),
        training=training,
        thresholds={"confidence": 0.5},
        files=tuple(files),
    )
    manifest.save(described, folder)


if __name__ == "__main__":
    build(FOLDER)
    for path in sorted(FOLDER.rglob("*.*")):
        sys.stderr.write(f"{path.stat().st_size:8} {path.relative_to(FOLDER)}\n")
