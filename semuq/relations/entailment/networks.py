"""From the tokens of a batch to its logits: packed where the architecture is known, padded elsewhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.loading import LoadedModel
from semuq.relations.entailment.packed.encoder import PackedEncoder
from semuq.relations.entailment.packed.families import fits, read_parts
from semuq.relations.entailment.packed.int16 import Int16Bert
from semuq.relations.entailment.packed.linears import with_int16_affines, with_int16_linears
from semuq.relations.entailment.packed.native import KernelUnavailable
from semuq.relations.entailment.pairs import PairEncoder

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

__all__ = ["Network", "PaddedNetwork", "Unavailable", "make_network"]


class Unavailable(Exception):
    """A precision cannot be had for this model on this device; the message says why."""


class Network(Protocol):
    """(pairs, labels) logits of pairs sorted by length; `pads` says whether padding is computed too."""

    pads: bool

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """The logits, on the device they were computed on."""
        ...


class PaddedNetwork:
    """Any model of transformers, over a rectangle as wide as the longest pair.

    Args:
        model: a sequence classifier.
        pad_id: the token to pad with.
        uses_segments: whether the model is told which side a token belongs to.
    """

    pads = True

    def __init__(self, model: Any, *, pad_id: int, uses_segments: bool) -> None:
        self._model = model
        self._pad_id = pad_id
        self._uses_segments = uses_segments

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """The logits of one forward pass of the model."""
        import torch

        mask = np.arange(tokens.lengths.max()) < tokens.lengths[:, None]
        ids = np.full(mask.shape, self._pad_id, dtype=np.int64)
        ids[mask] = tokens.ids
        inputs = {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
        if self._uses_segments:
            segments = np.zeros(mask.shape, dtype=np.int64)
            segments[mask] = tokens.segments
            inputs["token_type_ids"] = segments
        moved = {name: torch.from_numpy(array).to(self._model.device) for name, array in inputs.items()}
        logits: torch.Tensor = self._model(**moved).logits
        return logits


def make_network(
    loaded: LoadedModel, encoder: PairEncoder, precision: str, device: torch.device, *, compiled: bool = False
) -> Network:
    """The network of a float32 model in another precision: "fp32", "bf16", "fp16" or "int16".

    `compiled` hands the model to `torch.compile`, which makes a padded network of it, whatever it is.

    Raises:
        Unavailable: "int16" is for CPUs and wants a C compiler.
    """
    import torch

    if precision == "int16":
        if compiled:
            raise Unavailable("it is no precision that torch compiles; take fp32, bf16 or fp16")
        return _int16(loaded, encoder, device)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    model = loaded.cast(device, dtype).model
    if compiled:
        model = torch.compile(model, dynamic=True)
    elif fits(model):
        return PackedEncoder(read_parts(model))
    return PaddedNetwork(model, pad_id=encoder.pad_id, uses_segments=encoder.uses_segments)


def _int16(loaded: LoadedModel, encoder: PairEncoder, device: torch.device) -> Network:
    import torch

    if device.type != "cpu":
        raise Unavailable(f"it is for the CPU, not for {device}")
    model, threads = loaded.cast(device, torch.float32).model, torch.get_num_threads()
    try:
        if not fits(model):
            return PaddedNetwork(
                with_int16_linears(model, threads), pad_id=encoder.pad_id, uses_segments=encoder.uses_segments
            )
        parts = read_parts(model)
        if parts.plain:
            try:
                return Int16Bert(parts, threads)
            except InvalidModel as error:
                logger.info("%s; its linear layers alone are computed in integers", error)
        return PackedEncoder(with_int16_affines(parts, threads))
    except KernelUnavailable as error:
        raise Unavailable(str(error)) from error
