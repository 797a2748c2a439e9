"""A BERT or RoBERTa classifier whose matrices are multiplied in 16-bit integers, by a kernel of our own.

Most of a forward pass is matrix products. A processor multiplies 16-bit integers at two to four times
the rate of float32, and 16 bits leave far more of a number than bfloat16 does: with a scale per token and
per output, activations keep 11 to 15 bits, and weights that came from 8-bit integers, as those of the
embedded model do, keep all of theirs.

Everything between the products (attention, GELU, norms, sums) is float32 in the same kernel.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.packed.layout import AffineStruct, Layout, NormStruct
from semuq.relations.entailment.packed.parts import Affine, Layer, Map, Parts

if TYPE_CHECKING:
    import torch

__all__ = ["Int16Bert"]

FloatArray = NDArray[np.float32]

MOST_TOKENS = 512
"""Tokens that go through the kernel at once: their states stay in a core's own cache."""


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
    overlaps = False

    def __init__(self, parts: Parts, threads: int) -> None:
        layout = Layout()
        self._layout, self._kernel = layout, layout.kernel  # the kernel reads what the layout holds
        self._head = parts.head
        self._threads = threads
        own, first_up = parts.embeddings, _floats(parts.layers[0].up)
        assert own.positions is not None  # as in every plain model
        assert own.segments is not None
        self._words, self._width = own.words.shape
        self._most = len(own.positions) - own.first_position
        inner = len(first_up.weight)
        for name, value, multiple in (
            ("hidden size / heads", self._width / parts.heads, layout.lanes),
            ("intermediate size", inner, layout.lanes),
        ):
            if value % multiple:
                raise InvalidModel(f"precision 'int16': expected {name} a multiple of {multiple}, got {value}")
        layers = (_Layer * len(parts.layers))(*(_layer(layout, layer) for layer in parts.layers))
        last = parts.layers[-1]
        layers[-1].query, layers[-1].key_value = (
            layout.affine(_floats(last.query)),
            layout.affine(_floats(last.key_value)),
        )
        self._encoder = _Encoder(
            layout.floats(own.words),
            layout.floats(own.positions),
            layout.floats(own.segments),
            layout.norm(own.norm),
            layers,
            len(parts.layers),
            self._width,
            inner,
            parts.heads,
            own.first_position,
        )

    def prepare(self, tokens: Tokens) -> Tokens:
        """The same."""
        return tokens

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


class _Layer(ctypes.Structure):
    _fields_ = (
        *((name, AffineStruct) for name in ("query", "key_value", "qkv", "attended", "up", "down")),
        ("after_attention", NormStruct),
        ("after_feed_forward", NormStruct),
    )


class _Encoder(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("words", "positions", "segments")),
        ("norm", NormStruct),
        ("layers", ctypes.POINTER(_Layer)),
        *((name, ctypes.c_int64) for name in ("depth", "width", "inner", "heads", "first_position")),
    )


def _layer(layout: Layout, layer: Layer) -> _Layer:
    return _Layer(
        qkv=layout.affine(_floats(layer.joint)),
        attended=layout.affine(_floats(layer.attended)),
        up=layout.affine(_floats(layer.up)),
        down=layout.affine(_floats(layer.down)),
        after_attention=layout.norm(layer.after_attention),
        after_feed_forward=layout.norm(layer.after_feed_forward),
    )


def _floats(linear: Map) -> Affine:
    assert isinstance(linear, Affine)
    return linear


def _shares(lengths: NDArray[np.int64], most: int) -> Any:
    """Slices of the pairs, and of their tokens, with about `most` tokens each and never less than a pair."""
    ends = np.cumsum(lengths)
    start = begin = 0
    while start < len(lengths):
        stop = max(start + 1, int(np.searchsorted(ends, begin + most, side="right")))
        yield slice(start, stop), slice(begin, int(ends[stop - 1]))
        start, begin = stop, int(ends[stop - 1])
