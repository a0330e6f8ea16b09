"""What every file is asked about, and what is known of how each rounds."""

from dataclasses import dataclass

from runtime import manifest
from runtime.answer_sheet import AnswerSheet
from runtime.bundle import Bundle
from runtime.errors import ModelError
from runtime.manifest import ModelFile
from runtime.rounding.excuse import Excuse


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """One bundle's samples with Keras' answers."""

    bundle: Bundle
    sheets: tuple[AnswerSheet, ...]  # golden first, then the hold-out where it is at hand
    excuses: dict[str, Excuse | str]  # by the file's path; why there is none; filled as files are met

    @property
    def main(self) -> AnswerSheet:
        """What accuracies are told of."""
        return self.sheets[min(1, len(self.sheets) - 1)]

    def excuse(self, file: ModelFile) -> Excuse | None:
        """How `file` rounds; None where its network cannot be followed."""
        if file.path not in self.excuses:
            try:
                data = manifest.read_file(self.bundle.folder, _followed(self.bundle, file))
                self.excuses[file.path] = Excuse(data, file.path, self.sheets[0].images)
            except ModelError as error:
                self.excuses[file.path] = str(error)
        found = self.excuses[file.path]
        return found if isinstance(found, Excuse) else None


def _followed(bundle: Bundle, file: ModelFile) -> ModelFile:
    """The file whose network tells how `file` rounds: for one in ONNX Runtime's format that which it was made from."""
    if file.format != "ort":
        return file
    source = bundle.manifest.find("onnx", file.variant)
    if source is None:
        raise ModelError(f"{file.path}: its roundings are known from {file.variant}.onnx; convert to that too")
    return source
