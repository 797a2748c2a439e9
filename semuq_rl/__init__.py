"""semuq_rl: what a language model does not know, as a training signal.

A group of rollouts gets a signal (`Signal`, by any semuq estimator) and modulators change its
advantages (`modulators`). This part is pure NumPy; names are imported on first use (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "semuq_rl.answers": ("extract_boxed", "whole_text"),
    "semuq_rl.groups": ("GroupBatch", "behaviour_logprobs", "broadcast_tokens", "group_advantages"),
    "semuq_rl.modulators": (
        "MODULATORS",
        "Claims",
        "Modulator",
        "arm",
        "chain",
        "check_scaling",
        "dynamic_sampling",
        "edge",
        "empg",
        "grpo_s",
        "gtpo_entropy",
        "gtpo_trajectory",
        "identity",
        "mean_variance",
        "modulator",
        "same_mean",
        "seed",
        "seed_paper",
        "seed_released",
        "shuffled",
    ),
    "semuq_rl.signals": ("Signal", "SignalResult"),
    "semuq_rl.trainer": ("UncertaintyGRPOTrainer",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from semuq_rl.answers import extract_boxed as extract_boxed
    from semuq_rl.answers import whole_text as whole_text
    from semuq_rl.groups import GroupBatch as GroupBatch
    from semuq_rl.groups import behaviour_logprobs as behaviour_logprobs
    from semuq_rl.groups import broadcast_tokens as broadcast_tokens
    from semuq_rl.groups import group_advantages as group_advantages
    from semuq_rl.modulators import MODULATORS as MODULATORS
    from semuq_rl.modulators import Claims as Claims
    from semuq_rl.modulators import Modulator as Modulator
    from semuq_rl.modulators import arm as arm
    from semuq_rl.modulators import chain as chain
    from semuq_rl.modulators import check_scaling as check_scaling
    from semuq_rl.modulators import dynamic_sampling as dynamic_sampling
    from semuq_rl.modulators import edge as edge
    from semuq_rl.modulators import empg as empg
    from semuq_rl.modulators import grpo_s as grpo_s
    from semuq_rl.modulators import gtpo_entropy as gtpo_entropy
    from semuq_rl.modulators import gtpo_trajectory as gtpo_trajectory
    from semuq_rl.modulators import identity as identity
    from semuq_rl.modulators import mean_variance as mean_variance
    from semuq_rl.modulators import modulator as modulator
    from semuq_rl.modulators import same_mean as same_mean
    from semuq_rl.modulators import seed as seed
    from semuq_rl.modulators import seed_paper as seed_paper
    from semuq_rl.modulators import seed_released as seed_released
    from semuq_rl.modulators import shuffled as shuffled
    from semuq_rl.signals import Signal as Signal
    from semuq_rl.signals import SignalResult as SignalResult
    from semuq_rl.trainer import UncertaintyGRPOTrainer as UncertaintyGRPOTrainer


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'semuq_rl' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
