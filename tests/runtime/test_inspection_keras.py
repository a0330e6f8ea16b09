"""`.keras` files: nothing is loaded that names a class, a module or a member beyond the lists."""

import io
import json
import zipfile
from typing import Any

import pytest

from runtime.errors import ModelError
from runtime.formats import limits
from runtime.inspection import check_bytes, inspect_bytes
from runtime.inspection.keras_check import TEXT_BYTES

LAYER = {"module": "keras.layers", "class_name": "Dense", "registered_name": None, "config": {"units": 10}}
MODEL: dict[str, Any] = {
    "module": "keras",
    "class_name": "Sequential",
    "registered_name": "Sequential",
    "config": {
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"dtype": "float32"},
                "registered_name": None,
            },
            {
                **LAYER,
                "config": {
                    "units": 10,
                    "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {}, "registered_name": None},
                    "kernel_initializer": {
                        "module": "keras.initializers",
                        "class_name": "GlorotUniform",
                        "config": {"seed": None},
                        "registered_name": None,
                    },
                },
            },
        ]
    },
    "compile_config": {"loss": {"module": "builtins", "class_name": "function", "config": "mine"}},
}


def archive(config: object = MODEL, more: dict[str, bytes] | None = None, without: str = "") -> bytes:
    """A `.keras` file with this configuration."""
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    members = {"metadata.json": b"{}", "config.json": text, "model.weights.h5": b"weights", **(more or {})}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            if name != without:
                opened.writestr(name, content)
    return file.getvalue()


def with_layer(**changes: object) -> bytes:
    """The model with one layer more, which differs from a sound one."""
    layers = [*MODEL["config"]["layers"], {**LAYER, **changes}]
    return archive({**MODEL, "config": {"layers": layers}})


def rules(data: bytes) -> set[str]:
    return {error.rule for error in inspect_bytes(data, "keras", "model.keras").errors}


def test_a_sound_file_keeps_every_rule() -> None:
    found = inspect_bytes(archive(), "keras", "model.keras")

    assert found.findings == ()
    assert found.contents.operators == {"Sequential": 1, "Dense": 1}
    assert set(found.contents.attached) == {"metadata.json", "config.json", "model.weights.h5"}


HOSTILE = {
    "Lambda": with_layer(
        class_name="Lambda", config={"function": {"class_name": "__lambda__", "config": {"code": "…"}}}
    ),
    "function of os": with_layer(config={"activation": {"module": "os", "class_name": "function", "config": "system"}}),
    "module os": with_layer(module="os", class_name="system"),
    "module builtins": with_layer(config={"x": {"module": "builtins", "class_name": "function", "config": "eval"}}),
    "module like Keras'": with_layer(module="keras_evil.layers"),
    "module without a class": with_layer(config={"x": {"module": "subprocess"}}),
    "registered class": with_layer(class_name="Dense", registered_name="evil>Dense"),
    "module that is no name": with_layer(module=["keras"]),
    "deep in a list": with_layer(config={"x": [[{"y": {"module": "os", "class_name": "Dense"}}]]}),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_code_is_refused_in_one_line(data: bytes) -> None:
    assert "keras-code" in rules(data)
    with pytest.raises(ModelError, match=r"^model\.keras: .+ \[keras-(code|layer)\]") as caught:
        check_bytes(data, "keras", "model.keras")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name", ["TFSMLayer", "TorchModuleWrapper", "JaxLayer", "StringLookup", "TextVectorization", "Mine"]
)
def test_layers_that_are_not_listed_are_refused(name: str) -> None:
    assert rules(with_layer(class_name=name)) == {"keras-layer"}


@pytest.mark.parametrize("value", [None, 3, "text", {"class_name": 7}], ids=["none", "number", "text", "no name"])
def test_what_names_no_class_at_all_is_passed_over_or_refused(value: object) -> None:
    expected = {"keras-layer"} if isinstance(value, dict) else set()

    assert rules(with_layer(config={"x": value})) == expected


DAMAGED = {
    "empty": b"",
    "text": b"not an archive",
    "stub": b"PK\x03\x04" + bytes(40),
    "truncated": archive()[:-30],
    "no weights": archive(without="model.weights.h5"),
    "no configuration": archive(without="config.json"),
    "another member": archive(more={"assets/../../evil.py": b"x"}),
    "no JSON": archive(b"{"),
    "nested": archive(b"[" * 100_000),
    "nested values": archive(json.dumps([[]]).replace("[]", "[" * 200 + "]" * 200).encode()),
    "long configuration": archive(b" " * (TEXT_BYTES + 1)),
    "long metadata": archive(more={"metadata.json": bytes(TEXT_BYTES + 1)}),
    "no text": archive(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_and_swollen_archives_are_refused(data: bytes) -> None:
    assert rules(data) == {"keras-archive"}


def test_an_archive_that_would_swell_is_refused_unread() -> None:
    """Its directory tells 4 GB of weights, as a few kilobytes of compressed zeros do."""
    data = bytearray(archive())
    entry = data.rindex(b"model.weights.h5") - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    data[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")

    assert rules(bytes(data)) == {"keras-archive"}


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KERAS_BYTES", 100)

    assert rules(archive()) == {"limits"}
