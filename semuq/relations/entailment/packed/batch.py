"""A batch of pairs on its device: tokens in one row, and where each pair and each run of equal lengths lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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

    def of(self, states: torch.Tensor) -> torch.Tensor:
        """(pairs, length, ...) of (tokens, ...), sharing memory."""
        return states[self.own_tokens].view(self.pairs, self.length, *states.shape[1:])

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
    """What a forward pass reads, in one array, so that one copy moves it.

    Args:
        whole: ids, segments, positions and documents of all tokens, then where each pair starts, and at last where
            the last one ends.
        tokens: how many there are.
        runs: in order, covering the batch.
    """

    whole: torch.Tensor
    tokens: int
    runs: tuple[Run, ...]

    @property
    def ids(self) -> torch.Tensor:
        """(tokens,)."""
        return self.whole[: self.tokens]

    @property
    def segments(self) -> torch.Tensor:
        """(tokens,)."""
        return self.whole[self.tokens : 2 * self.tokens]

    @property
    def positions(self) -> torch.Tensor:
        """(tokens,) from the start of the pair."""
        return self.whole[2 * self.tokens : 3 * self.tokens]

    @property
    def documents(self) -> torch.Tensor:
        """(tokens,) which pair a token belongs to."""
        return self.whole[3 * self.tokens : 4 * self.tokens]

    @property
    def starts(self) -> torch.Tensor:
        """(pairs,) each pair's first token."""
        return self.whole[4 * self.tokens : -1]

    @cached_property
    def ends(self) -> torch.Tensor:
        """(pairs + 1,) int32, where each pair starts, and at last where the last one ends."""
        import torch

        return self.whole[4 * self.tokens :].to(torch.int32)

    @property
    def longest(self) -> int:
        """Tokens of the longest pair."""
        return max(run.length for run in self.runs)

    def to(self, device: torch.device) -> Packed:
        """The same elsewhere; a copy from pinned memory does not wait for the device."""
        if self.whole.device == device:
            return self
        return Packed(self.whole.to(device, non_blocking=True), self.tokens, self.runs)


def pack(tokens: Tokens, *, pinned: bool = False) -> Packed:
    """Lay a batch out on the CPU; `pinned` for a copy to a GPU that need not be waited for."""
    import torch

    lengths = tokens.lengths
    stops = np.cumsum(lengths)
    starts = stops - lengths
    n, pairs = len(tokens.ids), len(lengths)
    whole = torch.empty(4 * n + pairs + 1, dtype=torch.int64, pin_memory=pinned)
    array = whole.numpy()
    array[:n], array[n : 2 * n] = tokens.ids, tokens.segments
    array[2 * n : 3 * n] = np.arange(n) - np.repeat(starts, lengths)
    array[3 * n : 4 * n] = np.repeat(np.arange(pairs), lengths)
    array[4 * n : -1], array[-1] = starts, n
    first = np.flatnonzero(np.diff(lengths, prepend=-1))
    counts = np.diff(first, append=pairs)
    runs = tuple(
        Run(int(lengths[at]), int(count), int(at), int(starts[at])) for at, count in zip(first, counts, strict=True)
    )
    return Packed(whole, n, runs)
