"""Everything that a line of ink can be cut into: its upright writing, the cuts, and the pieces between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.strings.cuts import Cuts, find_cuts
from runtime.strings.pieces import Piece, find_pieces, piece_ink
from runtime.strings.settings import StringSettings
from runtime.strings.writing import SOLID, Ink, Writing, stand_upright


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Cuts are its nodes, pieces the ways between them."""

    writing: Writing
    cuts: Cuts
    pieces: tuple[Piece, ...]  # at least one of them holds ink

    @property
    def images(self) -> NDArray[np.uint8]:
        """What the network is asked: the pieces that hold ink, uint8 (N, 28, 28)."""
        return np.stack([piece.image for piece in self.pieces if not piece.empty])

    @property
    def ink(self) -> float:
        """All ink, in the unit of a piece's ink: that between every two neighbouring cuts."""
        return sum(piece.ink for piece in self.pieces if piece.last == piece.first + 1)

    def solid(self, piece: Piece) -> NDArray[np.bool_]:
        """Where the ink of a piece stands in the writing, bool (H, W)."""
        ink, start = piece_ink(self.writing, self.cuts, piece.first, piece.last)
        solid = np.zeros(self.writing.ink.shape, np.bool_)
        solid[:, start : start + ink.shape[1]] = ink > SOLID
        return solid


def build_lattice(ink: Ink, settings: StringSettings) -> Lattice | None:
    """The lattice of a line of ink, uint8 (H, W), 255 on 0; None where there is no ink of a digit's size."""
    writing = stand_upright(ink, settings)
    if writing is None:
        return None
    cuts = find_cuts(writing, settings)
    return Lattice(writing, cuts, tuple(find_pieces(writing, cuts, settings)))
