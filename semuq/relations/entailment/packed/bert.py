"""BERT and those who kept its layers: RoBERTa, XLM-R, ELECTRA, and MPNet with its table of distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from semuq.relations.entailment.packed.attention import Bias, RunAttention
from semuq.relations.entailment.packed.biases import Table
from semuq.relations.entailment.packed.parts import Embeddings, Layer, Parts, affine, joined

if TYPE_CHECKING:
    import torch

__all__ = ["bert", "electra", "fits_bert", "mpnet", "post_norm", "roberta"]

MPNET_FAR = 128
"""Distances from which on all are one, in transformers a default that no config can change."""


def fits_bert(config: Any) -> bool:
    """Whether a config asks for nothing beyond what is written down here."""
    return (
        config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", None) in (None, "absolute")
        and not getattr(config, "is_decoder", False)
    )


def bert(model: Any) -> Parts:
    """Of `BertForSequenceClassification`."""
    import torch

    base = model.bert
    return _parts(
        model, base, _embeddings(base.embeddings, 0), lambda own: model.classifier(torch.tanh(base.pooler.dense(own)))
    )


def roberta(model: Any) -> Parts:
    """Of `RobertaForSequenceClassification` and `XLMRobertaForSequenceClassification`."""
    base = model.roberta
    return _parts(model, base, _embeddings(base.embeddings, model.config.pad_token_id + 1), _tanh_head(model))


def electra(model: Any) -> Parts:
    """Of `ElectraForSequenceClassification`."""
    from torch.nn.functional import gelu

    base, head = model.electra, model.classifier
    project = affine(base.embeddings_project) if hasattr(base, "embeddings_project") else None
    return _parts(
        model,
        base,
        _embeddings(base.embeddings, 0, after=project),
        lambda own: head.out_proj(gelu(head.dense(own))),
        plain=project is None,
    )


def mpnet(model: Any) -> Parts:
    """Of `MPNetForSequenceClassification`."""
    base, config = model.mpnet, model.config
    own = base.embeddings
    embeddings = Embeddings(
        words=own.word_embeddings.weight.detach(),
        positions=own.position_embeddings.weight.detach(),
        first_position=own.padding_idx + 1,
        norm=own.LayerNorm,
    )
    table = base.encoder.relative_attention_bias.weight.detach()
    layers = tuple(
        post_norm(
            layer,
            joined(layer.attention.attn.q, layer.attention.attn.k, layer.attention.attn.v),
            attended=layer.attention.attn.o,
            after_attention=layer.attention.LayerNorm,
        )
        for layer in base.encoder.layer
    )
    return Parts(
        embeddings=embeddings,
        layers=layers,
        heads=config.num_attention_heads,
        attention=RunAttention(config.num_attention_heads, bias=Table(table, _mpnet_place)),
        head=_tanh_head(model),
    )


def post_norm(layer: Any, joint: Any, attended: Any, after_attention: Any) -> Layer:
    """A layer of BERT's shape around its attention."""
    from torch.nn.functional import gelu

    width = len(joint.weight) // 3
    return Layer(
        joint=joint,
        query=joint.rows(slice(width)),
        key_value=joint.rows(slice(width, None)),
        attended=affine(attended),
        up=affine(layer.intermediate.dense),
        down=affine(layer.output.dense),
        activation=gelu,
        after_attention=after_attention,
        after_feed_forward=layer.output.LayerNorm,
    )


def _parts(
    model: Any,
    base: Any,
    embeddings: Embeddings,
    head: Callable[[torch.Tensor], torch.Tensor],
    *,
    bias: Bias | None = None,
    plain: bool = True,
) -> Parts:
    heads = model.config.num_attention_heads
    layers = []
    for layer in base.encoder.layer:
        own, out = layer.attention.self, layer.attention.output
        layers.append(post_norm(layer, joined(own.query, own.key, own.value), out.dense, out.LayerNorm))
    return Parts(
        embeddings=embeddings,
        layers=tuple(layers),
        heads=heads,
        attention=RunAttention(heads, bias=bias),
        head=head,
        plain=plain,
    )


def _embeddings(own: Any, first_position: int, after: Any = None) -> Embeddings:
    return Embeddings(
        words=own.word_embeddings.weight.detach(),
        positions=own.position_embeddings.weight.detach(),
        segments=own.token_type_embeddings.weight.detach(),
        first_position=first_position,
        norm=own.LayerNorm,
        after=after,
    )


def _tanh_head(model: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    import torch

    head = model.classifier
    return lambda own: head.out_proj(torch.tanh(head.dense(own)))


def _mpnet_place(distances: torch.Tensor) -> torch.Tensor:
    """T5's buckets, 16 for either direction, as MPNet has them whatever its config says."""
    import torch

    buckets = 16
    exact = buckets // 2
    behind = -distances
    place = (behind < 0).long() * buckets
    size = behind.abs()
    far = exact + (torch.log(size.float() / exact) / math.log(MPNET_FAR / exact) * (buckets - exact)).long().clamp(
        max=buckets - 1 - exact
    )
    return place + torch.where(size < exact, size, far)
