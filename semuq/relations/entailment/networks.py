"""From the tokens of a batch to its logits: packed where the architecture is known, padded elsewhere."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.loading import LoadedModel
from semuq.relations.entailment.packed.attention import RunAttention
from semuq.relations.entailment.packed.biases import Disentangled, Window
from semuq.relations.entailment.packed.encoder import PackedEncoder
from semuq.relations.entailment.packed.families import fits, read_parts
from semuq.relations.entailment.packed.flex import FlexAttention
from semuq.relations.entailment.packed.int16 import Int16Bert
from semuq.relations.entailment.packed.linears import with_int16_affines, with_int16_linears
from semuq.relations.entailment.packed.native import KernelUnavailable
from semuq.relations.entailment.packed.parts import Parts
from semuq.relations.entailment.packed.varlen import VarlenAttention, find_kernel
from semuq.relations.entailment.pairs import PairEncoder

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

__all__ = ["AttentionKind", "Network", "PaddedNetwork", "Unavailable", "make_network"]

AttentionKind = Literal["auto", "runs", "varlen", "flex"]
"""How attention is computed: a call per run of equal lengths, or one for the whole batch by a kernel for GPUs."""
HALVES = ("bf16", "fp16")
PROBE = (9, 9, 4, 1)
"""Lengths of the pairs over which a packed model must agree with the model itself before it is used."""
PROBE_TOLERANCE = 1e-3


class Unavailable(Exception):
    """A precision or kind of attention cannot be had for this model on this device; the message says why."""


class Network(Protocol):
    """(pairs, labels) logits of pairs sorted by length.

    `pads` says whether padding is computed too, `overlaps` whether a call returns before its result is there, or
    leaves this process idle, so that the next batches should be made meanwhile.
    """

    pads: bool
    overlaps: bool

    def prepare(self, tokens: Tokens) -> Any:
        """What a call takes, with as much of the work done as needs no device; may run in another thread."""
        ...

    def __call__(self, tokens: Any) -> torch.Tensor:
        """The logits of what was prepared, or of tokens, on the device they were computed on."""
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
        self.overlaps = model.device.type == "cuda"

    def prepare(self, tokens: Tokens) -> dict[str, torch.Tensor]:
        """The arguments of the model, on the CPU."""
        import torch

        mask = np.arange(tokens.lengths.max()) < tokens.lengths[:, None]
        ids = np.full(mask.shape, self._pad_id, dtype=np.int64)
        ids[mask] = tokens.ids
        inputs = {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
        if self._uses_segments:
            segments = np.zeros(mask.shape, dtype=np.int64)
            segments[mask] = tokens.segments
            inputs["token_type_ids"] = segments
        tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
        return {name: own.pin_memory() for name, own in tensors.items()} if self.overlaps else tensors

    def __call__(self, tokens: Tokens | dict[str, torch.Tensor]) -> torch.Tensor:
        """The logits of one forward pass of the model."""
        inputs = self.prepare(tokens) if isinstance(tokens, Tokens) else tokens
        moved = {name: own.to(self._model.device, non_blocking=True) for name, own in inputs.items()}
        logits: torch.Tensor = self._model(**moved).logits
        return logits


def make_network(
    loaded: LoadedModel,
    encoder: PairEncoder,
    precision: str,
    device: torch.device,
    *,
    compiled: bool = False,
    attention: AttentionKind = "auto",
) -> Network:
    """The network of a float32 model in another precision: "fp32", "bf16", "fp16" or "int16".

    `compiled` hands the model to `torch.compile`, which makes a padded network of it, whatever it is.

    Raises:
        Unavailable: "int16" is for CPUs and wants a C compiler; "varlen" and "flex" are for GPUs, and each for its
            own architectures.
    """
    import torch

    if precision == "int16":
        if compiled:
            raise Unavailable("it is no precision that torch compiles; take fp32, bf16 or fp16")
        return _int16(loaded, encoder, device)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    if not compiled and packs(loaded.model):
        parts = read_parts(loaded.cast(device, dtype, exact_head=True).model)
        return PackedEncoder(_with_attention(parts, attention, device, precision))
    if attention not in ("auto", "runs"):
        raise Unavailable(f"attention {attention!r} is for models that are packed")
    model = loaded.cast(device, dtype).model
    if compiled:
        model = torch.compile(model, dynamic=True)
    return PaddedNetwork(model, pad_id=encoder.pad_id, uses_segments=encoder.uses_segments)


def packs(model: Any) -> bool:
    """Whether the model is of a kind that is packed, and its packed logits are its own.

    Its insides are transformers', which may change them: what is not understood any more is padded instead.
    """
    import torch

    if not fits(model):
        return False
    rng = np.random.default_rng(0)
    total = sum(PROBE)
    ids = rng.integers(0, min(model.config.vocab_size, 1_000), total)
    ids[ids == model.config.pad_token_id] += 1  # transformers counts positions without them
    tokens = Tokens(ids, np.zeros(total, dtype=np.int64), np.array(PROBE))
    parts = np.split(ids, np.cumsum(PROBE)[:-1])
    try:
        with torch.inference_mode():
            own = [model(input_ids=torch.from_numpy(part)[None].to(model.device)).logits[0].float() for part in parts]
            found = PackedEncoder(read_parts(model))(tokens).float()
    except (AttributeError, KeyError, TypeError) as error:
        logger.warning("%s is padded, not packed: %s: %s", type(model).__name__, type(error).__name__, error)
        return False
    expected = torch.stack(own)
    # Not what is written in the model's own precision; NaNs are for the scorer to report.
    tolerance = PROBE_TOLERANCE if model.dtype == torch.float32 else 0.1
    if torch.isfinite(expected).all() and not torch.allclose(found, expected, rtol=tolerance, atol=tolerance):
        logger.warning("%s is padded, not packed: packed, it gives other logits", type(model).__name__)
        return False
    return True


def _with_attention(parts: Parts, kind: AttentionKind, device: torch.device, precision: str) -> Parts:
    runs = parts.attention
    if kind == "runs" or not isinstance(runs, RunAttention):
        return parts
    if kind == "flex":
        if device.type != "cuda" or not isinstance(runs.bias, Disentangled):
            raise Unavailable("attention 'flex' is for DeBERTa on a GPU")
        return replace(parts, attention=FlexAttention(runs, _compiled_flex()))
    suits = device.type == "cuda" and precision in HALVES and isinstance(runs.bias, Window | None)
    kernel = find_kernel() if suits else None
    if kernel is not None:
        return replace(parts, attention=VarlenAttention(runs, kernel))
    if kind == "varlen":
        raise Unavailable("attention 'varlen' is for BERT, RoBERTa and ModernBERT in bf16 or fp16 on a GPU")
    return parts


def _compiled_flex() -> Any:
    import torch
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention, dynamic=True)


def _int16(loaded: LoadedModel, encoder: PairEncoder, device: torch.device) -> Network:
    import torch

    if device.type != "cpu":
        raise Unavailable(f"it is for the CPU, not for {device}")
    model, threads = loaded.cast(device, torch.float32).model, torch.get_num_threads()
    try:
        if not packs(model):
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
