"""DeBERTa, the first and the second (which is also the third): attention that weighs content and distance apart.

transformers projects all distances anew in every layer of every pass and multiplies each token with all of
them. Here they are projected once, and a token meets the distances that its pair has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from semuq.relations.entailment.packed.attention import RunAttention
from semuq.relations.entailment.packed.batch import Packed
from semuq.relations.entailment.packed.bert import post_norm
from semuq.relations.entailment.packed.biases import Disentangled, log_buckets
from semuq.relations.entailment.packed.parts import Affine, Embeddings, Parts, affine, joined

if TYPE_CHECKING:
    import torch

__all__ = ["deberta", "deberta_v2", "fits_deberta"]


def fits_deberta(config: Any) -> bool:
    """Whether a config asks for nothing beyond what is written down here."""
    return (
        config.hidden_act == "gelu"
        and config.relative_attention
        and not getattr(config, "talking_head", False)
        and getattr(config, "z_steps", 0) <= 1
    )


def deberta(model: Any) -> Parts:
    """Of `DebertaForSequenceClassification`."""
    config, encoder = model.config, model.deberta.encoder
    most = encoder.max_relative_positions
    distances = encoder.rel_embeddings.weight.detach()
    selfs = [layer.attention.self for layer in encoder.layer]
    scale = _scale(config)
    return _parts(
        model,
        [_interleaved(own, config.num_attention_heads) for own in selfs],
        keys=[_places(own, "pos_proj", distances, config, scale) for own in selfs],
        queries=[_places(own, "pos_q_proj", distances, config, scale) for own in selfs],
        place=log_buckets(-1, most),
    )


def deberta_v2(model: Any) -> Parts:
    """Of `DebertaV2ForSequenceClassification`."""
    import torch

    config, encoder = model.config, model.deberta.encoder
    with torch.inference_mode():
        distances = encoder.get_rel_embedding()
    selfs = [layer.attention.self for layer in encoder.layer]
    shared, scale = selfs[0].share_att_key, _scale(config)
    names = ("key_proj", "query_proj") if shared else ("pos_key_proj", "pos_query_proj")
    wanted = [name if term in config.pos_att_type else "" for name, term in zip(names, ("c2p", "p2c"), strict=True)]
    return _parts(
        model,
        [joined(own.query_proj, own.key_proj, own.value_proj) for own in selfs],
        keys=[_places(own, wanted[0], distances, config, scale) for own in selfs],
        queries=[_places(own, wanted[1], distances, config, scale) for own in selfs],
        place=log_buckets(encoder.position_buckets, encoder.max_relative_positions),
        after_first=None if encoder.conv is None else _convolution(encoder.conv),
    )


def _parts(
    model: Any,
    joints: list[Affine],
    *,
    keys: list[torch.Tensor | None],
    queries: list[torch.Tensor | None],
    place: Callable[[torch.Tensor], torch.Tensor],
    after_first: Callable[..., torch.Tensor] | None = None,
) -> Parts:
    config, base = model.config, model.deberta
    own = base.embeddings
    embeddings = Embeddings(
        words=own.word_embeddings.weight.detach(),
        positions=None if own.position_embeddings is None else own.position_embeddings.weight.detach(),
        segments=None if own.token_type_embeddings is None else own.token_type_embeddings.weight.detach(),
        before=None if own.embed_proj is None else affine(own.embed_proj),
        norm=own.LayerNorm,
    )
    layers = tuple(
        post_norm(layer, joint, layer.attention.output.dense, layer.attention.output.LayerNorm)
        for layer, joint in zip(base.encoder.layer, joints, strict=True)
    )
    heads, scale = config.num_attention_heads, _scale(config)
    bias = Disentangled(tuple(keys), tuple(queries), place)
    return Parts(
        embeddings=embeddings,
        layers=layers,
        heads=heads,
        attention=RunAttention(heads, scale=1 / scale, bias=bias),
        head=lambda first: model.classifier(model.pooler(first[:, None])),
        after_first=after_first,
    )


def _scale(config: Any) -> float:
    """What the three products are divided by."""
    terms = 1 + sum(term in config.pos_att_type for term in ("c2p", "p2c"))
    return math.sqrt(config.hidden_size // config.num_attention_heads * terms)


def _places(own: Any, name: str, distances: torch.Tensor, config: Any, scale: float) -> torch.Tensor | None:
    """(heads, places, size) of all distances through one layer of attention, scaled; None if there is no such layer."""
    import torch

    if not hasattr(own, name):
        return None
    with torch.inference_mode():
        projected = getattr(own, name)(distances).div_(scale)
    places: torch.Tensor = projected.view(len(projected), config.num_attention_heads, -1).transpose(0, 1)
    return places.contiguous()


def _interleaved(own: Any, heads: int) -> Affine:
    """The first DeBERTa's projection, which has query, key and value of a head next to one another."""
    import torch

    weight = own.in_proj.weight.detach().unflatten(0, (heads, 3, -1)).transpose(0, 1).flatten(0, 2).contiguous()
    bias = torch.cat([own.q_bias, torch.zeros_like(own.q_bias), own.v_bias]).detach()
    return Affine(weight, bias)


def _convolution(layer: Any) -> Callable[..., torch.Tensor]:
    """Between the first layer and the second, in the larger ones of the second DeBERTa."""

    def convolve(embedded: torch.Tensor, states: torch.Tensor, batch: Packed) -> torch.Tensor:
        import torch

        out = torch.empty_like(states)
        for run in batch.runs:
            mask = torch.ones(run.pairs, run.length, dtype=torch.long, device=states.device)
            run.of(out).copy_(layer(run.of(embedded), run.of(states), mask))
        return out

    return convolve
