"""A BERT or RoBERTa classifier whose matrices are multiplied in 16-bit integers, by a kernel of our own.

Most of a forward pass is matrix products. A processor multiplies 16-bit integers at two to four times
the rate of float32, and 16 bits leave far more of a number than bfloat16 does: with a scale per token and
per output, activations keep 11 to 15 bits, and weights that came from 8-bit integers, as those of the
embedded model do, keep all of theirs. No sum can overflow: ranges are chosen so that

    inputs * (largest weight) * (largest activation) < 2^31.

Everything between the products (attention, GELU, norms, sums) is float32 in the same kernel.
"""

from __future__ import annotations

import ctypes
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.packed.native import load_kernel
from semuq.relations.entailment.packed.parts import Affine, Layer, Parts

if TYPE_CHECKING:
    import torch

__all__ = ["Int16Bert", "Quantised", "quantise"]

FloatArray = NDArray[np.float32]

MOST_TOKENS = 512
"""Tokens that go through the kernel at once: their states stay in a core's own cache."""
LIMIT = 2**31 - 1
GROUP = 4
"""Panels that the kernel reads together, at most."""
ALIGNMENT = 64


@dataclass(frozen=True, eq=False)
class Quantised:
    """weight ~ integers * scales[:, None].

    Args:
        integers: (out, in) int16.
        scales: (out,) float32.
        activations: the largest integer that an activation may become.
    """

    integers: NDArray[np.int16]
    scales: FloatArray
    activations: int


def quantise(weight: FloatArray) -> Quantised:
    """Integers for a matrix: 8 bits if it has no more than that, else as many as leave the activations as many."""
    inputs = weight.shape[1]
    largest = np.abs(weight).max(axis=1)
    steps = np.where(largest > 0, largest, 1.0)[:, None]
    bits8 = np.rint(weight / steps * 127)
    if np.abs(bits8 * steps / 127 - weight).max() <= 1e-6 * largest.max():
        most, integers = 127, bits8
    else:
        most = min(math.isqrt(LIMIT // inputs), 32_767)
        integers = np.rint(weight / steps * most)
    return Quantised(
        integers.astype(np.int16),
        (steps[:, 0] / most).astype(np.float32),
        min(LIMIT // (inputs * most), 32_767),
    )


class Int16Bert:
    """The classifier over packed tokens on the CPU.

    Args:
        parts: float32 weights; they are copied in the kernel's layout.
        threads: how many cores to use, each on tokens of its own.

    Raises:
        KernelUnavailable: the kernel cannot be compiled here.
        InvalidModel: its sizes do not suit the kernel.
    """

    pads = False

    def __init__(self, parts: Parts, threads: int) -> None:
        self._kernel = load_kernel()
        self._head = parts.head
        self._threads = threads
        self._words, self._width = parts.words.shape
        self._most = len(parts.positions) - parts.first_position
        self._lanes = int(self._kernel.lanes())
        self._held: list[Any] = []
        inner = len(parts.layers[0].up.bias)
        for name, value, multiple in (
            ("hidden size / heads", self._width / parts.heads, self._lanes),
            ("intermediate size", inner, self._lanes),
        ):
            if value % multiple:
                raise InvalidModel(f"precision 'int16': expected {name} a multiple of {multiple}, got {value}")
        layers = (_Layer * len(parts.layers))(*(self._layer(own) for own in parts.layers))
        last = parts.layers[-1]
        layers[-1].query, layers[-1].key_value = self._affine(last.query), self._affine(last.key_value)
        self._encoder = _Encoder(
            self._floats(parts.words),
            self._floats(parts.positions),
            self._floats(parts.segments),
            self._norm(parts.norm),
            layers,
            len(parts.layers),
            self._width,
            inner,
            parts.heads,
            parts.first_position,
        )

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """(pairs, labels) logits."""
        import torch

        if tokens.ids.max() >= self._words or tokens.lengths.max() > self._most:
            raise IndexError(
                f"expected token ids below {self._words} and at most {self._most} tokens a pair, got "
                f"{tokens.ids.max()} and {tokens.lengths.max()}; does the tokenizer belong to the model?"
            )
        parts = list(_shares(tokens.lengths, min(MOST_TOKENS, -(-len(tokens.ids) // self._threads))))
        first = np.empty((len(tokens.lengths), self._width), dtype=np.float32)
        if len(parts) == 1 or self._threads == 1:
            for part in parts:
                self._encode(tokens, part, first)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(lambda part: self._encode(tokens, part, first), parts))
        return self._head(torch.from_numpy(first))

    def _encode(self, tokens: Tokens, share: tuple[slice, slice], first: FloatArray) -> None:
        """Fill in the states of one share of the pairs; the interpreter is free meanwhile."""
        pairs, span = share
        arrays = [
            np.ascontiguousarray(own, dtype=np.int64)
            for own in (tokens.ids[span], tokens.segments[span], tokens.lengths[pairs])
        ]
        own = first[pairs]
        status = self._kernel.encode(
            ctypes.byref(self._encoder),
            *(ctypes.c_void_p(array.ctypes.data) for array in arrays),
            ctypes.c_int64(len(own)),
            ctypes.c_void_p(own.ctypes.data),
        )
        if status:
            raise MemoryError(f"expected memory for {len(arrays[0])} tokens; lower token_budget")

    def _layer(self, layer: Layer) -> _Layer:
        return _Layer(
            qkv=self._affine(layer.qkv),
            attended=self._affine(layer.attended),
            up=self._affine(layer.up),
            down=self._affine(layer.down),
            after_attention=self._norm(layer.after_attention),
            after_feed_forward=self._norm(layer.after_feed_forward),
        )

    def _affine(self, affine: Affine) -> _Affine:
        """A matrix as panels of `lanes` outputs, in each the inputs two by two; missing outputs are zero."""
        own = quantise(affine.weight.float().numpy())
        outputs, inputs = own.integers.shape
        group = self._lanes * GROUP
        padded = np.zeros((-(-outputs // group) * group, inputs), dtype=np.int16)
        padded[:outputs] = own.integers
        panels = padded.reshape(-1, self._lanes, inputs // 2, 2).transpose(0, 2, 1, 3)
        return _Affine(
            self._hold(panels), self._hold(own.scales), self._floats(affine.bias), inputs, outputs, own.activations
        )

    def _norm(self, norm: Any) -> _Norm:
        return _Norm(self._floats(norm.weight), self._floats(norm.bias), norm.eps)

    def _floats(self, tensor: torch.Tensor) -> int:
        return self._hold(tensor.detach().float().numpy())

    def _hold(self, array: NDArray[Any]) -> int:
        """The address of an aligned copy that lives as long as this object."""
        room = np.empty(array.nbytes + ALIGNMENT, dtype=np.uint8)
        start = -room.ctypes.data % ALIGNMENT
        copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        copy[...] = array
        self._held.append(room)
        return int(copy.ctypes.data)


class _Affine(ctypes.Structure):
    _fields_ = (
        ("panels", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("inputs", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
        ("range", ctypes.c_float),
    )


class _Norm(ctypes.Structure):
    _fields_ = (("gain", ctypes.c_void_p), ("shift", ctypes.c_void_p), ("epsilon", ctypes.c_float))


class _Layer(ctypes.Structure):
    _fields_ = (
        *((name, _Affine) for name in ("query", "key_value", "qkv", "attended", "up", "down")),
        ("after_attention", _Norm),
        ("after_feed_forward", _Norm),
    )


class _Encoder(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "positions", "segments")),
        ("norm", _Norm),
        ("layers", ctypes.POINTER(_Layer)),
        *((name, ctypes.c_int64) for name in ("depth", "width", "inner", "heads", "first_position")),
    )


def _shares(lengths: NDArray[np.int64], most: int) -> Any:
    """Slices of the pairs, and of their tokens, with about `most` tokens each and never less than a pair."""
    ends = np.cumsum(lengths)
    start = begin = 0
    while start < len(lengths):
        stop = max(start + 1, int(np.searchsorted(ends, begin + most, side="right")))
        yield slice(start, stop), slice(begin, int(ends[stop - 1]))
        start, begin = stop, int(ends[stop - 1])
