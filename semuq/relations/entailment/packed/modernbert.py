"""ModernBERT: norms before, rotated queries and keys, gated feed-forward, and local layers between global ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semuq.relations.entailment.packed.attention import RunAttention
from semuq.relations.entailment.packed.biases import Window
from semuq.relations.entailment.packed.parts import Embeddings, Layer, Parts, affine, unchanged

if TYPE_CHECKING:
    import torch

__all__ = ["Rotary", "fits_modernbert", "modernbert"]


def fits_modernbert(config: Any) -> bool:
    """Whether a config asks for nothing beyond what is written down here."""
    ropes = getattr(config, "rope_parameters", None) or {}
    return config.hidden_activation == "gelu" and all(own["rope_type"] == "default" for own in ropes.values())


def modernbert(model: Any) -> Parts:
    """Of `ModernBertForSequenceClassification`."""
    config, base = model.config, model.model
    heads = config.num_attention_heads
    local = [_is_local(config, index) for index in range(config.num_hidden_layers)]
    reach = config.local_attention // 2
    return Parts(
        embeddings=Embeddings(words=base.embeddings.tok_embeddings.weight.detach(), norm=base.embeddings.norm),
        layers=tuple(_layer(layer) for layer in base.layers),
        heads=heads,
        attention=RunAttention(
            heads,
            bias=Window(tuple(reach if own else None for own in local)),
            rotation=Rotary(tuple(_theta(config, own) for own in local)),
        ),
        head=lambda pooled: model.classifier(model.head(pooled)),
        final=base.final_norm,
        mean=config.classifier_pooling == "mean",
    )


@dataclass(frozen=True)
class Rotary:
    """Turns each pair of coordinates by an angle that grows with the position, at a speed of its own.

    Args:
        thetas: per layer, the ratio of the fastest speed to the slowest.
    """

    thetas: tuple[float, ...]

    def __call__(self, layer: int, states: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """The same shape, computed in float32."""
        import torch

        size = states.shape[-1]
        steps = torch.arange(0, size, 2, dtype=torch.float32, device=states.device) / size
        angles = positions[:, None, None].float() * (1.0 / self.thetas[layer] ** steps)
        turned = torch.cat([-states[..., size // 2 :], states[..., : size // 2]], dim=-1).float()
        cos, sin = (wave.repeat(1, 1, 2).to(states.dtype).float() for wave in (angles.cos(), angles.sin()))
        return (states.float() * cos + turned * sin).to(states.dtype)


def _layer(layer: Any) -> Layer:
    joint = affine(layer.attn.Wqkv)
    width = len(joint.weight) // 3
    return Layer(
        joint=joint,
        query=joint.rows(slice(width)),
        key_value=joint.rows(slice(width, None)),
        attended=affine(layer.attn.Wo),
        up=affine(layer.mlp.Wi),
        down=affine(layer.mlp.Wo),
        activation=_gated,
        before_attention=unchanged if not hasattr(layer.attn_norm, "weight") else layer.attn_norm,
        before_feed_forward=layer.mlp_norm,
    )


def _gated(wide: torch.Tensor) -> torch.Tensor:
    from torch.nn.functional import gelu

    states, gate = wide.chunk(2, dim=-1)
    return gelu(states) * gate


def _is_local(config: Any, index: int) -> bool:
    types = getattr(config, "layer_types", None)
    if types is not None:
        return types[index] == "sliding_attention"
    return index % config.global_attn_every_n_layers != 0


def _theta(config: Any, local: bool) -> float:
    ropes = getattr(config, "rope_parameters", None)
    if ropes:
        return float(ropes["sliding_attention" if local else "full_attention"]["rope_theta"])
    theta = config.local_rope_theta if local and config.local_rope_theta is not None else config.global_rope_theta
    return float(theta)
