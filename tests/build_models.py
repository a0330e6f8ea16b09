"""Build the tiny real models of the tests: `.venv/bin/python tests/build_models.py [models] [models_eleven]`.

A network of a few thousand weights is trained on drawn digits for some seconds and converted by the project's own
converters, so that the tests run real engines on real files. Everything in the folders is drawn by our own generator.
`models` itself is a bundle whose hold-out lies beside it; `models/static` holds files with a fixed batch, `models/ort`
files in ONNX Runtime's own format, and `models/strangers` files that are no classifiers of digits. `models_eleven` is a
bundle of a network with the eleventh answer, "not a digit": its files are calibrated, its hold-out is that of `models`,
and background lies beside it.
"""

import hashlib
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from convert.quiet import prepare_environment, quiet

prepare_environment()

import keras  # noqa: E402 - the environment must be ready before Keras is imported
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from convert.confidence import Sample, calibrate_file  # noqa: E402
from convert.golden import make_golden, make_reference  # noqa: E402
from convert.keras_model import answer, count_parameters  # noqa: E402
from convert.onnx_export import convert_to_onnx  # noqa: E402
from convert.ort_format import convert_to_ort  # noqa: E402
from convert.recipe import Recipe  # noqa: E402
from convert.tflite import convert_to_tflite  # noqa: E402
from convert.variants import choose_variants, standard_recipes  # noqa: E402
from runtime import manifest  # noqa: E402
from runtime.atomic import atomic_folder, write_bytes  # noqa: E402
from runtime.bundle import open_bundle  # noqa: E402
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT, Manifest, ModelFile  # noqa: E402
from runtime.npz import Arrays, write_npz  # noqa: E402
from runtime.preprocess import normalise, to_input  # noqa: E402
from runtime.records import DIGITS  # noqa: E402
from train.background import KINDS, draw_background  # noqa: E402
from train.handwriting.dataset import draw_digit, draw_digits, sample_rng  # noqa: E402

PLACE = Path(__file__).parent
TRAINING_SAMPLES, GOLDEN_SAMPLES, HOLDOUT_SAMPLES, CALIBRATION_SAMPLES = 12_000, 100, 300, 200
BACKGROUND_SAMPLES, VALIDATION_BACKGROUND, TEST_BACKGROUND = 3_000, 500, 150
VALIDATION_SAMPLES = 1_500
ELEVEN = "int8.tflite,float32.tflite,float32.onnx"  # the files of `models_eleven`
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
            write_npz(new / "holdout.npz", draw_holdout())
            write_bundle(new, model, standard_recipes(), new / "holdout.npz")
            write_static(new / "static", model)
            write_ort(new / "ort", new)
            write_strangers(new / "strangers")


def build_eleven(folder: Path) -> None:
    """The same with an eleventh answer, and with calibrated files."""
    keras.utils.set_random_seed(SEED)
    with quiet():
        digits = draw_digits(TRAINING_SAMPLES, seed=SEED)
        model = train(add_background(digits, BACKGROUND_SAMPLES, seed=SEED))
        with atomic_folder(folder) as new:
            write_bundle(new, model, choose_variants(ELEVEN), PLACE / "models" / "holdout.npz")
            calibrate(new)
            images, kinds = draw_background(TEST_BACKGROUND, SEED + 2, draw_holdout()["images"])
            write_npz(new / "background.npz", {"images": images, "kinds": kinds, "names": np.array(KINDS)})


def add_background(digits: Labelled, count: int, seed: int) -> Labelled:
    """The digits, and `count` images of what is none."""
    images, _ = draw_background(count, seed, digits[0])
    return np.concatenate([digits[0], images]), np.append(digits[1], np.full(count, DIGITS, np.uint8))


def calibrate(folder: Path) -> None:
    """Give each file of the bundle its own calibration."""
    drawn = add_background(draw_digits(VALIDATION_SAMPLES, seed=SEED + 4), VALIDATION_BACKGROUND, seed=SEED + 4)
    bundle = open_bundle(folder)
    sample = Sample(*drawn, held_back=True)
    files = [calibrate_file(bundle, file, sample) for file in bundle.manifest.converted()]
    manifest.save(bundle.manifest.with_files(files), folder)


def train(samples: Labelled) -> keras.Model:
    """Fit three small convolutions."""
    images, labels = samples
    layers = [
        keras.layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu") for channels in (6, 10, 12)
    ]
    head = [keras.layers.Flatten(), keras.layers.Dense(int(labels.max()) + 1, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, *head])
    rate = keras.optimizers.schedules.CosineDecay(4e-3, EPOCHS * -(-len(images) // 64))
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy")
    model.fit(to_input(images), labels, epochs=EPOCHS, batch_size=64, verbose=0)
    return model


def write_bundle(folder: Path, model: keras.Model, recipes: Sequence[Recipe], holdout_path: Path) -> None:
    """The bundle: converted files, and Keras' answers, also those to the hold-out, which the manifest does not list."""
    with np.load(holdout_path) as archive:
        holdout: Arrays = dict(archive)
    ask = partial(answer, model)
    write_npz(folder / "golden.npz", make_golden(draw_golden(), ask))
    write_npz(folder / "reference.npz", make_reference(holdout, fingerprint(model), ask))
    calibration = draw_digits(CALIBRATION_SAMPLES, seed=SEED + 1)[0]
    for recipe in recipes:
        write_bytes(folder / recipe.path, convert_alone(model, recipe, calibration))
    files = [manifest.describe(folder, r.path, r.format, r.variant) for r in recipes]
    files += [manifest.describe(folder, f"{name}.npz", "npz", name) for name in ("golden", "reference")]
    errors = int((ask(holdout["images"])[:, :DIGITS].argmax(axis=1) != holdout["labels"]).sum())
    save(folder, model, files, {"test_samples": len(holdout["labels"]), "test_errors": errors})


def convert_alone(
    model: keras.Model, recipe: Recipe, images: NDArray[np.uint8] | None = None, static_batch: bool = False
) -> bytes:
    """A converted file that says nothing of itself, as older ones do."""
    if recipe.format == "tflite":
        return convert_to_tflite(model, recipe, images if recipe.calibration else None, static_batch)
    graph = convert_to_onnx(model, recipe, images if recipe.calibration else None, static_batch)
    return bytes(graph.SerializeToString(deterministic=True))


def write_static(folder: Path, model: keras.Model) -> None:
    """Files that take one image at a time, and one that takes exactly STATIC_BATCH."""
    for recipe in choose_variants("float32.tflite,float32.onnx"):
        write_bytes(folder / recipe.path, convert_alone(model, recipe, static_batch=True))
    image = keras.Input(batch_shape=(STATIC_BATCH, 28, 28, 1))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image)))
    write_bytes(folder / "batch.tflite", converter.convert())
    paths = ("float32.tflite", "batch.tflite", "float32.onnx")
    save(folder, model, [manifest.describe(folder, path, path.partition(".")[2], "float32") for path in paths], {})


def write_ort(folder: Path, source: Path) -> None:
    """Two of the bundle's files in ONNX Runtime's own format."""
    for name in ("float32", "int8"):
        data = (source / f"{name}.onnx").read_bytes()
        write_bytes(folder / f"{name}.ort", convert_to_ort(data, f"{name}.ort"))


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


def draw_holdout() -> Arrays:
    """The digits that nothing is learnt from."""
    images, labels = draw_digits(HOLDOUT_SAMPLES, seed=SEED + 2)
    return {"images": images, "labels": labels}


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
        classes=(*DIGIT_CLASSES, NOT_A_DIGIT)[: model.output_shape[-1]],
        training=training,
        thresholds={"confidence": 0.5},
        files=tuple(files),
    )
    manifest.save(described, folder)


BUILDERS = {"models": build, "models_eleven": build_eleven}


if __name__ == "__main__":
    for name in sys.argv[1:] or BUILDERS:
        BUILDERS[name](PLACE / name)
        for path in sorted((PLACE / name).rglob("*.*")):
            sys.stderr.write(f"{path.stat().st_size:8} {path.relative_to(PLACE)}\n")
