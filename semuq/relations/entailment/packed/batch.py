"""A batch of pairs on its device: tokens in one row, and where each pair and each run of equal lengths lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from semuq.relations.entailment.assembly import Tokens

if TYPE_CHECKING:
    import torch

__all__ = ["Packed", "Run", "pack"]


@dataclass(frozen=True)
class Run:
    """Consecutive pairs of one length, the first of them `pair`, its first token `token`."""

    length: int
    pairs: int
    pair: int
    token: int

    @property
    def own_tokens(self) -> slice:
        """Which tokens of the batch are theirs."""
        return slice(self.token, self.token + self.length * self.pairs)

    @property
    def own_pairs(self) -> slice:
        """Which pairs of the batch they are."""
        return slice(self.pair, self.pair + self.pairs)


@dataclass(frozen=True, eq=False)
class Packed:
    """What a forward pass reads.

    Args:
        ids, segments, positions, documents: (tokens,); `documents` says which pair a token belongs to.
        starts: (pairs,) each pair's first token.
        ends: (pairs + 1,) int32, where each pair starts, and at last where the last one ends.
        runs: in order, covering the batch.
    """

    ids: torch.Tensor
    segments: torch.Tensor
    positions: torch.Tensor
    documents: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    runs: tuple[Run, ...]

    @property
    def longest(self) -> int:
        """Tokens of the longest pair."""
        return max(run.length for run in self.runs)

    def to(self, device: torch.device) -> Packed:
        """The same elsewhere; a copy from pinned memory does not wait for the device."""
        if self.ids.device == device:
            return self
        # Five of them are views of one array, so that one copy moves them all.
        whole = self.ids._base
        assert whole is not None
        return _views(whole.to(device, non_blocking=True), len(self.ids), self.runs)


def pack(tokens: Tokens, *, pinned: bool = False) -> Packed:
    """Lay a batch out on the CPU; `pinned` for a copy to a GPU that need not be waited for."""
    import torch

    lengths = tokens.lengths
    ends = np.cumsum(lengths)
    starts = ends - lengths
    n, pairs = len(tokens.ids), len(lengths)
    whole = torch.empty(4 * n + 2 * pairs + 1, dtype=torch.int64, pin_memory=pinned)
    array = whole.numpy()
    array[:n], array[n : 2 * n] = tokens.ids, tokens.segments
    array[2 * n : 3 * n] = np.arange(n) - np.repeat(starts, lengths)
    array[3 * n : 4 * n] = np.repeat(np.arange(pairs), lengths)
    array[4 * n : 4 * n + pairs] = starts
    array[4 * n + pairs] = 0
    array[4 * n + pairs + 1 :] = ends
    first = np.flatnonzero(np.diff(lengths, prepend=-1))
    counts = np.diff(first, append=pairs)
    runs = tuple(
        Run(int(lengths[at]), int(count), int(at), int(starts[at])) for at, count in zip(first, counts, strict=True)
    )
    return _views(whole, n, runs)


def _views(whole: torch.Tensor, n: int, runs: tuple[Run, ...]) -> Packed:
    import torch

    pairs = runs[-1].pair + runs[-1].pairs
    return Packed(
        *(whole[part * n : (part + 1) * n] for part in range(4)),
        starts=whole[4 * n : 4 * n + pairs],
        ends=whole[4 * n + pairs :].to(torch.int32),
        runs=runs,
    )
