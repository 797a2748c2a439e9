"""The weights of a BERT or RoBERTa classifier, by their role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["Affine", "Layer", "Parts", "fits", "read_parts"]

_BERT = frozenset({"BertForSequenceClassification"})
_ROBERTA = frozenset({"RobertaForSequenceClassification", "XLMRobertaForSequenceClassification"})


@dataclass(frozen=True, eq=False)
class Affine:
    """x -> x weight' + bias, with weight (out, in) and bias (out,)."""

    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """(tokens, in) -> (tokens, out)."""
        from torch.nn.functional import linear

        return linear(states, self.weight, self.bias)


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer; query, key and value are rows of `qkv`, and `query` and `key_value` are views of it."""

    qkv: Affine
    query: Affine
    key_value: Affine
    attended: Affine
    up: Affine
    down: Affine
    after_attention: torch.nn.LayerNorm
    after_feed_forward: torch.nn.LayerNorm


@dataclass(frozen=True, eq=False)
class Parts:
    """A classifier.

    Args:
        words, positions, segments: (entries, d) embeddings, added up.
        first_position: the row of `positions` that the first token takes.
        norm: of the sum.
        heads: of attention.
        head: (pairs, d) states of first tokens -> (pairs, labels) logits.
    """

    words: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor
    first_position: int
    norm: torch.nn.LayerNorm
    heads: int
    layers: tuple[Layer, ...]
    head: Callable[[torch.Tensor], torch.Tensor]


def fits(model: Any) -> bool:
    """Whether the model is of a kind that these parts describe."""
    config = model.config
    return (
        type(model).__name__ in _BERT | _ROBERTA
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", None) in (None, "absolute")
        and not config.is_decoder
    )


def read_parts(model: Any) -> Parts:
    """The parts of a transformers model that `fits`; all but query, key and value share its memory."""
    import torch

    roberta = type(model).__name__ in _ROBERTA
    base = model.roberta if roberta else model.bert
    classifier = model.classifier
    embeddings = base.embeddings

    def head(first: torch.Tensor) -> torch.Tensor:
        if roberta:
            return classifier.out_proj(torch.tanh(classifier.dense(first)))
        return classifier(torch.tanh(base.pooler.dense(first)))

    return Parts(
        words=embeddings.word_embeddings.weight.detach(),
        positions=embeddings.position_embeddings.weight.detach(),
        segments=embeddings.token_type_embeddings.weight.detach(),
        first_position=model.config.pad_token_id + 1 if roberta else 0,
        norm=embeddings.LayerNorm,
        heads=model.config.num_attention_heads,
        layers=tuple(_layer(layer) for layer in base.encoder.layer),
        head=head,
    )


def _layer(layer: Any) -> Layer:
    import torch

    own, out = layer.attention.self, layer.attention.output
    weight = torch.cat([own.query.weight, own.key.weight, own.value.weight]).detach()
    bias = torch.cat([own.query.bias, own.key.bias, own.value.bias]).detach()
    width = len(own.query.bias)
    return Layer(
        qkv=Affine(weight, bias),
        query=Affine(weight[:width], bias[:width]),
        key_value=Affine(weight[width:], bias[width:]),
        attended=_affine(out.dense),
        up=_affine(layer.intermediate.dense),
        down=_affine(layer.output.dense),
        after_attention=out.LayerNorm,
        after_feed_forward=layer.output.LayerNorm,
    )


def _affine(dense: Any) -> Affine:
    return Affine(dense.weight.detach(), dense.bias.detach())
