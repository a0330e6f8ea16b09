"""What a model of somebody else is, told from the model alone, and what is not converted, each with its reason."""

# ruff: noqa: ANN401 - Keras has no types

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from runtime.errors import ModelError, UsageError

PLACE = Path("mine.keras")
PICTURE = (12, 12, 1)


def dense(keras: Any, outputs: int = 4, activation: str | None = None) -> Any:
    return keras.Sequential([keras.Input(PICTURE), keras.layers.Flatten(), keras.layers.Dense(outputs, activation)])


def ended(keras: Any, name: str) -> Any:
    """A model with the ending of this name."""
    layers = keras.layers
    image = keras.Input(PICTURE)
    sums = layers.Dense(4)(layers.Flatten()(image))
    made = {
        "softmax layer": lambda: keras.Model(image, layers.Softmax()(sums)),
        "activation layer": lambda: keras.Model(image, layers.Activation("sigmoid")(sums)),
        "inner model": lambda: keras.Sequential([keras.Input(PICTURE), dense(keras, 4, "sigmoid")]),
        "operation": lambda: keras.Model(image, keras.ops.softmax(sums)),
    }
    return made[name]()


ENDINGS = {
    ("softmax", 4): "probabilities",
    (None, 4): "logits",
    ("sigmoid", 4): "sigmoids",
    ("sigmoid", 1): "one sigmoid",
    (None, 1): "one logit",
}


@pytest.mark.parametrize(("activation", "outputs"), ENDINGS, ids=str)
def test_endings_are_told_and_given_probabilities(framework: ModuleType, activation: str | None, outputs: int) -> None:
    """The same class wins, and what the model says of it is kept."""
    from convert.adopt.ends import check_ends, feed, put_ends, read_answers
    from convert.adopt.kind import examine
    from convert.adopt.order import Range
    from convert.keras_model import answer

    framework.utils.set_random_seed(4)
    model = dense(framework, outputs, activation)
    images = np.random.default_rng(2).integers(0, 256, (30, 12, 12), dtype=np.uint8)
    taken = Range(-2.0, 3.0)
    kind = examine(model, PLACE, PICTURE)
    fed = feed(images, kind, taken)
    own = np.asarray(model(fed))
    model_with_ends = put_ends(model, kind, taken, PICTURE)
    given = answer(model_with_ends, images)
    said = own.argmax(axis=1) if outputs > 1 else (own[:, 0] > (0.5 if activation else 0)).astype(int)

    assert kind.ending.value == ENDINGS[activation, outputs]
    assert given.shape == (30, kind.classes) == (30, max(outputs, 2))
    np.testing.assert_array_equal(given.argmax(axis=1), said)
    np.testing.assert_allclose(given, read_answers(own, kind.ending), atol=1e-4)
    assert check_ends(own, np.asarray(model(fed)), given, kind.ending) < 1e-4
    assert check_ends(own[::-1], np.asarray(model(fed)), given, kind.ending) > 1e-3


def test_the_second_class_of_one_sigmoid_has_its_probability(framework: ModuleType) -> None:
    from convert.adopt.ends import put_ends
    from convert.adopt.kind import examine
    from convert.adopt.order import OURS

    model = dense(framework, 1, "sigmoid")
    images = np.random.default_rng(2).random((20, *PICTURE)).astype(np.float32)
    own = np.asarray(model(images))
    both = np.asarray(put_ends(model, examine(model, PLACE, PICTURE), OURS, PICTURE)(images))

    np.testing.assert_allclose(both, np.hstack([1 - own, own]), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("softmax layer", "probabilities"),
        ("activation layer", "sigmoids"),
        ("inner model", "sigmoids"),
        ("operation", "probabilities"),
    ],
)
def test_endings_are_found_wherever_they_stand(framework: ModuleType, name: str, ending: str) -> None:
    from convert.adopt.kind import examine

    assert examine(ended(framework, name), PLACE, PICTURE).ending.value == ending


@pytest.mark.parametrize("shape", [(12, 12, 1), (12, 12), (144,)], ids=str)
def test_pictures_may_be_taken_without_channels_or_in_a_row(framework: ModuleType, shape: tuple[int, ...]) -> None:
    from convert.adopt.ends import put_ends
    from convert.adopt.kind import examine
    from convert.adopt.order import OURS

    model = framework.Sequential([framework.Input(shape), framework.layers.Flatten(), framework.layers.Dense(3)])
    kind = examine(model, PLACE, PICTURE)

    assert kind.taken == shape
    assert put_ends(model, kind, OURS, PICTURE).input_shape == (None, *PICTURE)


def odd_model(keras: Any, name: str) -> Any:
    """A model that is not converted."""
    layers = keras.layers
    image, other = keras.Input(PICTURE), keras.Input(PICTURE)
    flat = layers.Flatten()(image)
    out = layers.Dense(4)
    made = {
        "two inputs": lambda: keras.Model(
            [image, other], layers.Dense(4)(layers.Flatten()(layers.Add()([image, other])))
        ),
        "two outputs": lambda: keras.Model(image, [out(flat), layers.Dense(2)(flat)]),
        "any size": lambda: keras.Sequential(
            [keras.Input((None, None, 1)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), out]
        ),
        "never built": lambda: keras.Sequential([layers.Flatten(), out]),
        "a row of answers": lambda: keras.Sequential([keras.Input(PICTURE), layers.Dense(4)]),
        "too many classes": lambda: dense(keras, 101),
        "recurrent": lambda: keras.Sequential([keras.Input((12, 12)), layers.LSTM(3), out]),
        "half precision": lambda: keras.Sequential(
            [keras.Input(PICTURE), layers.Flatten(), layers.Dense(4, dtype="mixed_float16")]
        ),
        "whole numbers": lambda: keras.Sequential([keras.Input(PICTURE, dtype="uint8"), layers.Flatten(), out]),
        "relu at the end": lambda: dense(keras, 4, "relu"),
        "softmax of one": lambda: dense(keras, 1, "softmax"),
        "other pictures": lambda: keras.Sequential([keras.Input((12, 13, 1)), layers.Flatten(), out]),
        "too large": lambda: dense(keras, 100),
    }
    return made[name]()


ODD = {
    "two inputs": "has 2 inputs and 1 outputs; expected one of each",
    "two outputs": "has 1 inputs and 2 outputs",
    "any size": "takes inputs of any size",
    "never built": "has no fixed input",
    "a row of answers": "expected one row of at most 100 answers",
    "too many classes": r"gives \(None, 101\)",
    "recurrent": "holds the recurrent layer .*LSTM",
    "half precision": "computes in float16; expected float32",
    "whole numbers": "takes uint8; expected float32",
    "relu at the end": "ends with relu; expected softmax, sigmoid or no activation",
    "softmax of one": "the softmax of one output is always 1",
    "other pictures": r"takes \(12, 13, 1\), but the pictures are \(12, 12, 1\)",
    "too large": "parameters; at most 1,000 are converted",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_converted_says_why(framework: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from convert.adopt import kind

    if name == "too large":
        monkeypatch.setattr(kind, "MOST_PARAMETERS", 1000)

    with pytest.raises(ModelError, match=rf"^mine\.keras: .*{ODD[name]}"):
        kind.examine(odd_model(framework, name), PLACE, PICTURE)


class TestInputRange:
    """Which numbers a model takes for black and white."""

    def labelled(self) -> Any:
        rng = np.random.default_rng(3)
        labels = rng.integers(0, 2, 200).astype(np.uint8)
        images = rng.integers(0, 90, (200, 12, 12)).astype(np.uint8)
        images[labels == 1] += 90
        return images, labels

    def answer(self, low: float, high: float) -> Any:
        """A model that knows the two classes by their brightness, where pixels come in its own range."""

        def told(images: Any, taken: Any) -> Any:
            seen = images.reshape(len(images), -1).mean(axis=1) / 255 * (taken.high - taken.low) + taken.low
            level = (seen - low) / (high - low) - 90 / 255
            bright = 1 / (1 + np.exp(np.clip(-25 * level, -50, 50)))
            return np.stack([1 - bright, bright], axis=1).astype(np.float32)

        return told

    @pytest.mark.parametrize("taken", ["0..1", "0..255", "-1..1"])
    def test_it_is_found_by_the_labels(self, framework: ModuleType, taken: str) -> None:
        from convert.adopt.input_range import find_range

        low, high = map(float, taken.split(".."))
        found, reason = find_range(dense(framework), self.answer(low, high), self.labelled(), PLACE)

        assert str(found) == taken
        assert reason.startswith("likelihood of a label: 0..1 ")

    def test_it_is_asked_for_where_labels_do_not_tell(self, framework: ModuleType) -> None:
        from convert.adopt.input_range import find_range

        with pytest.raises(UsageError, match=r"do not tell which numbers .* say it with --input-range=0\.\.1"):
            find_range(
                dense(framework), lambda images, _: np.full((len(images), 2), 0.5, np.float32), self.labelled(), PLACE
            )

    @pytest.mark.parametrize(("scale", "offset"), [(1 / 255, 0.0), (1 / 127.5, -1.0)])
    def test_a_layer_that_shrinks_bytes_tells_it(self, framework: ModuleType, scale: float, offset: float) -> None:
        from convert.adopt.input_range import find_range

        layers = framework.layers
        first = layers.Rescaling(scale, offset=offset)
        model = framework.Sequential([framework.Input(PICTURE), first, layers.Flatten(), layers.Dense(2)])
        found, reason = find_range(model, lambda *_: np.zeros((0, 2), np.float32), self.labelled(), PLACE)

        assert str(found) == "0..255"
        assert reason.startswith("its first layer multiplies by 0.00")
