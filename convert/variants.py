"""The files that a Keras model is converted to."""

from dataclasses import dataclass

from runtime.errors import UsageError


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of converted file."""

    variant: str  # how its numbers are stored
    format: str  # "tflite" or "onnx"
    help: str

    @property
    def path(self) -> str:
        """The file's name in a run or bundle."""
        return f"{self.variant}.{self.format}"


VARIANTS = (
    Variant("float32", "tflite", "as trained"),
    Variant("float16", "tflite", "weights stored in half precision"),
    Variant("dynamic", "tflite", "weights in 8 bits, activations quantised while running"),
    Variant("int8", "tflite", "whole numbers inside, float32 input and output"),
    Variant("uint8", "tflite", "whole numbers inside, uint8 input and output"),
    Variant("float32", "onnx", "as trained"),
    Variant("int8", "onnx", "whole numbers inside (QDQ), float32 input and output"),
)


def choose_variants(text: str) -> tuple[Variant, ...]:
    """The variants named in a comma-separated list, or every one for "all", in the table's order.

    Raises UsageError for a name that is not in the table.
    """
    names = {name.strip() for name in text.split(",")} - {""}
    if names == {"all"}:
        return VARIANTS
    known = {variant.path for variant in VARIANTS}
    if not names or names - known:
        wrong = ", ".join(sorted(names - known)) or "nothing"
        raise UsageError(f"variants: expected all or some of {', '.join(v.path for v in VARIANTS)}; got {wrong}")
    return tuple(variant for variant in VARIANTS if variant.path in names)
