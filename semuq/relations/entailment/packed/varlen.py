"""Attention over the whole packed batch in one kernel call, on GPUs: flash attention for sequences of any lengths.

torch has it in `torch.nn.attention.varlen` from 2.10 on, the flash-attn package for older ones. It adds no
biases, so DeBERTa and MPNet go without; ModernBERT's windows it has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semuq.relations.entailment.packed.attention import RunAttention
from semuq.relations.entailment.packed.batch import Packed
from semuq.relations.entailment.packed.biases import Window

if TYPE_CHECKING:
    import torch

__all__ = ["Kernel", "VarlenAttention", "find_kernel"]

Kernel = Callable[..., "torch.Tensor"]
"""(query, key, value, ends, longest, scale, reach): three times (tokens, heads, size), where each pair starts and ends,
the longest pair's tokens, and how far a token sees (None: all of its pair) -> (tokens, heads, size)."""


@dataclass(frozen=True, eq=False)
class VarlenAttention:
    """One call of a kernel for all pairs.

    Args:
        runs: attention of the same model over runs; it has no bias but windows.
        kernel: what computes it.
    """

    runs: RunAttention
    kernel: Kernel

    def __call__(self, joint: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(tokens, d) from (tokens, 3 d)."""
        query, key, value = self.runs.split(joint, 3, batch, layer)
        window = self.runs.bias
        reach = window.reaches[layer] if isinstance(window, Window) else None
        return self.kernel(query, key, value, batch.ends, batch.longest, self.runs.scale, reach).flatten(1)

    def first(self, query: torch.Tensor, key_value: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(pairs, d) from (pairs, d) and (tokens, 2 d): one query a pair, which runs do as well."""
        return self.runs.first(query, key_value, batch, layer)


def find_kernel() -> Kernel | None:
    """torch's own, flash-attn's, or None."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        pass
    else:
        if "window_size" in inspect.signature(varlen_attn).parameters:
            return _kernel(varlen_attn, "scale")
    try:
        from flash_attn import flash_attn_varlen_func
    except ImportError:
        return None
    return _kernel(flash_attn_varlen_func, "softmax_scale")


def _kernel(attend: Callable[..., Any], scale_is_called: str) -> Kernel:
    """A package's function as a kernel; what they differ in is the name of the scale."""

    def kernel(
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        ends: torch.Tensor,
        longest: int,
        scale: float | None,
        reach: int | None,
    ) -> torch.Tensor:
        window = (-1, -1) if reach is None else (reach, reach)
        named: dict[str, Any] = {scale_is_called: scale, "window_size": window}
        out: torch.Tensor = attend(query, key, value, ends, ends, longest, longest, **named)
        return out

    return kernel
