"""DeBERTa's attention over the whole packed batch in one compiled kernel: FlexAttention with both terms of distance.

The products with the places of all distances are computed beforehand, as over runs; the kernel looks up two
of them for each pair of tokens instead of reading a bias that was written out. It is compiled on first
use, for a minute or so, and only on GPUs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semuq.relations.entailment.packed.attention import RunAttention
from semuq.relations.entailment.packed.batch import Packed
from semuq.relations.entailment.packed.biases import Disentangled

if TYPE_CHECKING:
    import torch

__all__ = ["FlexAttention"]

BLOCK = 128
"""Tokens of a tile; only tiles that hold tokens of one pair are computed."""


@dataclass(frozen=True, eq=False)
class FlexAttention:
    """One call of a kernel for all pairs.

    Args:
        runs: attention of the same model over runs, with DeBERTa's bias.
        attend: `flex_attention`, compiled but for tests.
    """

    runs: RunAttention
    attend: Callable[..., Any]

    def __call__(self, joint: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(tokens, d) from (tokens, 3 d)."""
        query, key, value = (part.transpose(0, 1) for part in self.runs.split(joint, 3, batch, layer))
        bias, longest = self.runs.bias, batch.longest
        assert isinstance(bias, Disentangled)
        near, far = bias.tables(layer, longest, longest, joint.device)
        c2p = None if near is None else query @ near.transpose(1, 2)  # (heads, tokens, 2 longest - 1)
        p2c = None if far is None else key @ far.transpose(1, 2)

        def modify(score: Any, _pair: Any, head: Any, asked: Any, seen: Any) -> Any:
            # Tokens of other pairs are masked, but their place must be one that exists.
            distance = (asked - seen).clamp(1 - longest, longest - 1)
            if c2p is not None:
                score = score + c2p[head, asked, longest - 1 - distance]
            if p2c is not None:
                score = score + p2c[head, seen, longest - 1 + distance]
            return score

        mask = _mask(batch)
        mixed: torch.Tensor = self.attend(
            query[None], key[None], value[None], score_mod=modify, block_mask=mask, scale=self.runs.scale
        )
        return mixed[0].transpose(0, 1).flatten(1)

    def first(self, query: torch.Tensor, key_value: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(pairs, d) from (pairs, d) and (tokens, 2 d): one query a pair, which runs do as well."""
        return self.runs.first(query, key_value, batch, layer)


def _mask(batch: Packed) -> Any:
    """Tokens see their own pair; made from where pairs start, without asking about each two tokens."""
    import torch
    from torch.nn.attention.flex_attention import BlockMask

    documents, tokens = batch.documents, len(batch.ids)
    device, blocks = documents.device, -(-tokens // BLOCK)
    firsts = torch.arange(blocks, device=device) * BLOCK
    lasts = (firsts + BLOCK).clamp(max=tokens) - 1
    low = batch.ends[documents[firsts]] // BLOCK
    high = (batch.ends[documents[lasts] + 1] - 1) // BLOCK
    columns = torch.arange(blocks, device=device, dtype=torch.int32)
    counts = (high - low + 1).to(torch.int32)
    indices = torch.where(columns[None] < counts[:, None], low[:, None] + columns[None], 0).to(torch.int32)
    return BlockMask.from_kv_blocks(
        counts[None, None],
        indices[None, None],
        BLOCK_SIZE=BLOCK,
        mask_mod=lambda _pair, _head, asked, seen: documents[asked] == documents[seen],
        seq_lengths=(tokens, tokens),
    )
