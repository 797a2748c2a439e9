"""The tokens of many pairs, gathered from the ids of their sides without a Python loop over tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semuq.numerics import BoolArray, IntArray
from semuq.relations.entailment.pairs import EncodedSide, PairEncoder

__all__ = ["PairTable", "Tokens"]


@dataclass(frozen=True, eq=False)
class Tokens:
    """Pairs one after the other, without padding.

    Args:
        ids, segments: (tokens,).
        lengths: (pairs,) tokens of each.
    """

    ids: IntArray
    segments: IntArray
    lengths: IntArray


class PairTable:
    """Where in one array of token ids the parts of each pair lie: prefix, premise, middle, hypothesis, suffix.

    Args:
        encoder: gives the layout, and cuts pairs that are too long.
        sides: encoded.
        pairs: (pairs, 2) indices into `sides`.

    Attributes:
        lengths: (pairs,) tokens of each pair.
        truncated: (pairs,) whether a side was cut.
    """

    def __init__(self, encoder: PairEncoder, sides: Sequence[EncodedSide], pairs: IntArray) -> None:
        layout = encoder.layout
        fixed = (layout.prefix, layout.middle, layout.suffix)
        blocks = [side.ids for side in sides] + list(fixed)
        sizes = np.array([len(block) for block in blocks], dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        self._ids = np.array([token for block in blocks for token in block], dtype=np.int64)
        self._segments = np.array(layout.segments, dtype=np.int64)
        n = len(sides)
        order = np.stack(
            [np.full(len(pairs), n), pairs[:, 0], np.full(len(pairs), n + 1), pairs[:, 1], np.full(len(pairs), n + 2)],
            axis=1,
        )
        self._starts, self._sizes = starts[order], sizes[order]
        overlong = self._sizes[:, 1] + self._sizes[:, 3] > encoder.room
        cut = np.array([side.cut for side in sides], dtype=bool)
        self.truncated: BoolArray = overlong | cut[pairs].any(axis=1)
        for row in np.flatnonzero(overlong):
            for column, span in zip((1, 3), encoder.cut(*(sides[side] for side in pairs[row])), strict=True):
                self._starts[row, column] += span.start
                self._sizes[row, column] = span.stop - span.start
        self.lengths: IntArray = self._sizes.sum(axis=1)

    def tokens(self, rows: IntArray) -> Tokens:
        """The tokens of these pairs, in this order."""
        starts, sizes = self._starts[rows].ravel(), self._sizes[rows].ravel()
        # Where each part begins in the result, so that position - begin + start points into the table.
        begins = np.cumsum(sizes) - sizes
        positions = np.arange(sizes.sum()) + np.repeat(starts - begins, sizes)
        segments = np.repeat(np.tile(self._segments, len(rows)), sizes)
        return Tokens(ids=self._ids[positions], segments=segments, lengths=self.lengths[rows])
