"""Matrices as the kernel reads them: 16-bit integers in panels, and the C structures that point at them.

Sums of products are exact over blocks of inputs, and none can overflow, since ranges are chosen so that

    (largest sum of a row's absolute weights over a block) * (largest activation) < 2^31.

A whole row in one block would leave a matrix of 3,072 inputs no more bits than bfloat16 has.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semuq.relations.entailment.packed.native import load_kernel
from semuq.relations.entailment.packed.parts import Affine

if TYPE_CHECKING:
    import torch

__all__ = ["LIMIT", "AffineStruct", "Layout", "NormStruct", "Quantised", "quantise"]

FloatArray = NDArray[np.float32]

LIMIT = 2**31 - 1
MOST = 2**15 - 1
BLOCK = 128
"""Inputs after which sums of matrices of more than 8 bits go on in float32: once in sixty-four steps."""
FINER = 2
"""Activations get so many times the steps of weights: their largest lies further from the rest."""
GROUP = 4
"""Panels that the kernel reads together, at most."""
ALIGNMENT = 64


class AffineStruct(ctypes.Structure):
    """`Linear` in encoder.c."""

    _fields_ = (
        ("panels", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("inputs", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("block", ctypes.c_int64),
        ("range", ctypes.c_float),
    )


class NormStruct(ctypes.Structure):
    """`Norm` in encoder.c."""

    _fields_ = (("gain", ctypes.c_void_p), ("shift", ctypes.c_void_p), ("epsilon", ctypes.c_float))


@dataclass(frozen=True, eq=False)
class Quantised:
    """weight ~ integers * scales[:, None].

    Args:
        integers: (out, in) int16.
        scales: (out,) float32.
        block: inputs whose products are summed in integers.
        activations: the largest integer that an activation may become.
    """

    integers: NDArray[np.int16]
    scales: FloatArray
    block: int
    activations: int


def quantise(weight: FloatArray) -> Quantised:
    """Integers for a matrix: 8 bits if it has no more than that, else about as many as the activations get."""
    inputs = weight.shape[1]
    largest = np.abs(weight).max(axis=1)
    steps = np.where(largest > 0, largest, 1.0)[:, None]
    bits8 = np.rint(weight / steps * 127)
    if np.abs(bits8 * steps / 127 - weight).max() <= 1e-6 * largest.max():
        block, most, integers = inputs, 127, bits8
    else:
        block = min(BLOCK, inputs)
        # A row's largest weights sum to `share` of the largest one; the product of both ranges is what there is.
        share = max(1.0, _largest_sum(weight / steps, block))
        most = min(math.isqrt(int(LIMIT / (share * FINER))), MOST)
        integers = np.rint(weight / steps * most)
    return Quantised(
        integers.astype(np.int16),
        (steps[:, 0] / most).astype(np.float32),
        block,
        min(int(LIMIT // max(1.0, _largest_sum(integers, block))), MOST),
    )


def _largest_sum(matrix: NDArray[Any], block: int) -> float:
    """Of absolute values, over a block of a row."""
    sums = np.add.reduceat(np.abs(matrix.astype(np.float64)), np.arange(0, matrix.shape[1], block), axis=1)
    return float(sums.max())


class Layout:
    """Copies of arrays at addresses that the kernel is given, which live as long as this object.

    Raises:
        KernelUnavailable: the kernel cannot be compiled here.
    """

    def __init__(self) -> None:
        self.kernel = load_kernel()
        self.lanes = int(self.kernel.lanes())
        self._held: list[Any] = []

    def affine(self, affine: Affine) -> AffineStruct:
        """A matrix as panels of `lanes` outputs, in each the inputs two by two; missing outputs are zero."""
        own = quantise(affine.weight.float().numpy())
        bias = affine.weight.new_zeros(len(affine.weight)) if affine.bias is None else affine.bias
        outputs, inputs = own.integers.shape
        group = self.lanes * GROUP
        padded = np.zeros((-(-outputs // group) * group, inputs), dtype=np.int16)
        padded[:outputs] = own.integers
        panels = padded.reshape(-1, self.lanes, inputs // 2, 2).transpose(0, 2, 1, 3)
        return AffineStruct(
            self.hold(panels),
            self.hold(own.scales),
            self.floats(bias),
            inputs,
            outputs,
            own.block,
            own.activations,
        )

    def norm(self, norm: Any) -> NormStruct:
        """A layer norm."""
        return NormStruct(self.floats(norm.weight), self.floats(norm.bias), norm.eps)

    def floats(self, tensor: torch.Tensor) -> int:
        """The address of a float32 copy."""
        return self.hold(tensor.detach().float().numpy())

    def hold(self, array: NDArray[Any]) -> int:
        """The address of an aligned copy."""
        room = np.empty(array.nbytes + ALIGNMENT, dtype=np.uint8)
        start = -room.ctypes.data % ALIGNMENT
        copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        copy[...] = array
        self._held.append(room)
        return int(copy.ctypes.data)
