"""What rounding excuses in one file: its network followed once, asked about many samples."""

import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelError
from runtime.ledger import NumberFormat, Rows
from runtime.preprocess import to_input
from runtime.rounding.network import Network
from runtime.rounding.reading import DAMAGE, read_network
from runtime.rounding.simulate import disturb, find_ranges

SEEN = 32  # golden samples that tell a tensor's range

Glyphs = NDArray[np.uint8]


class Excuse:
    """A file's number format as it is known from the file itself."""

    def __init__(self, data: bytes, path: str, golden: Glyphs) -> None:
        """Read the file; ModelError where it cannot be followed. `golden` are glyphs uint8 (N, 28, 28), N ≥ 1."""
        self._network: Network = read_network(data, path)
        rows = np.linspace(0, len(golden) - 1, min(SEEN, len(golden))).round().astype(np.intp)
        try:
            self._ranges = find_ranges(self._network, to_input(golden[rows]))
        except DAMAGE as error:
            raise ModelError(f"{path}: its numbers cannot be followed ({error}); convert it anew") from error
        self._known: dict[tuple[bytes, ...], NDArray[np.float64]] = {}

    def about(self, images: Glyphs, audible: bool = True) -> NumberFormat:
        """What the file's rounding may do to its answers to `images`, uint8 (N, 28, 28)."""

        def spread(rows: Rows, first: Rows, second: Rows, rounds: int) -> NDArray[np.float64]:
            return self._spread(images[rows], first, second, rounds)

        return NumberFormat(self._network.output_step or 0.0, self._network.logits_step, spread, audible)

    def _spread(self, images: Glyphs, first: Rows, second: Rows, rounds: int) -> NDArray[np.float64]:
        """The spread of log-odds, computed once: engines are asked about the same samples."""
        key = (images.tobytes(), first.tobytes(), second.tobytes(), bytes([rounds]))
        if key not in self._known:
            self._known[key] = disturb(self._network, to_input(images), self._ranges, rounds).noise(first, second)
        return self._known[key]
