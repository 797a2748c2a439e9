"""Any encoder with its linear layers in 16-bit integers; what is not linear stays float32 in torch."""

from __future__ import annotations

import copy
import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import torch

from semuq.relations.entailment.packed.layout import Layout
from semuq.relations.entailment.packed.parts import Affine, Parts, affine

__all__ = ["Int16Affine", "Int16Linear", "with_int16_affines", "with_int16_linears"]

LEAST_OUTPUTS = 16
"""Smaller layers, such as the three outputs of a head, are left in float32: they cost nothing."""
LEAST_ROWS = 96
"""Rows that are worth a thread of their own."""


class Int16Affine:
    """x -> x weight' + bias on float32 rows, computed by the kernel.

    Args:
        affine: the weights.
        threads: how many cores share the rows.

    Raises:
        KernelUnavailable: the kernel cannot be compiled here.
    """

    def __init__(self, affine: Affine, threads: int) -> None:
        self._layout = Layout()
        self._struct = self._layout.affine(affine)
        self._outputs, self._threads = len(affine.weight), threads

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)."""
        rows = states.reshape(-1, states.shape[-1]).contiguous()
        out = torch.empty(len(rows), self._outputs)
        share = max(LEAST_ROWS, -(-len(rows) // self._threads))
        starts = range(0, len(rows), share)
        if len(starts) <= 1:
            self._multiply(rows, out)
        else:
            with ThreadPoolExecutor(len(starts)) as pool:
                list(pool.map(lambda at: self._multiply(rows[at : at + share], out[at : at + share]), starts))
        return out.view(*states.shape[:-1], self._outputs)

    def _multiply(self, rows: torch.Tensor, out: torch.Tensor) -> None:
        status = self._layout.kernel.linear(
            ctypes.byref(self._struct),
            ctypes.c_void_p(rows.data_ptr()),
            ctypes.c_int64(len(rows)),
            ctypes.c_void_p(out.data_ptr()),
        )
        if status:
            raise MemoryError(f"expected memory for {len(rows)} rows; lower token_budget")


class Int16Linear(torch.nn.Module):
    """A linear layer of torch's, computed by the kernel; its weight stays, since some models look at its type."""

    def __init__(self, dense: torch.nn.Linear, threads: int) -> None:
        super().__init__()
        self.weight = dense.weight
        self._affine = Int16Affine(affine(dense), threads)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)."""
        return self._affine(states)


def with_int16_affines(parts: Parts, threads: int) -> Parts:
    """The same encoder, the linear layers of its blocks computed by the kernel.

    Raises:
        KernelUnavailable: the kernel cannot be compiled here.
    """

    def change(affine: Affine) -> Affine | Int16Affine:
        return affine if affine.weight.shape[1] % 2 else Int16Affine(affine, threads)

    return replace(parts, layers=tuple(layer.with_linears(change) for layer in parts.layers))


def with_int16_linears(model: Any, threads: int) -> Any:
    """A copy of a float32 model whose linear layers, but for small ones, are computed by the kernel.

    Raises:
        KernelUnavailable: the kernel cannot be compiled here.
    """
    changed = copy.deepcopy(model)
    for module in list(changed.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear and child.out_features >= LEAST_OUTPUTS and child.in_features % 2 == 0:
                setattr(module, name, Int16Linear(child, threads))
    return changed
