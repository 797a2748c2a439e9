"""How the packed network multiplies: the linear maps of a layer, by precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Linear", "MakeLinear", "dense"]

Linear = Callable[["torch.Tensor"], "torch.Tensor"]
MakeLinear = Callable[["torch.Tensor", "torch.Tensor"], Linear]
"""(weight (out, in), bias (out,)) -> a function (tokens, in) -> (tokens, out)."""


def dense(weight: torch.Tensor, bias: torch.Tensor) -> Linear:
    """In the precision of the weights themselves."""
    from torch.nn.functional import linear

    return lambda states: linear(states, weight, bias)
