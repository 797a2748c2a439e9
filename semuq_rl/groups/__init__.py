"""Groups of rollouts to one prompt: `GroupBatch`, the answers in them, and the signals that estimators give them."""

from __future__ import annotations

from semuq_rl.groups.answers import Extract, extract_boxed, whole_text
from semuq_rl.groups.batch import (
    GroupBatch,
    LogprobsSource,
    Scaling,
    behaviour_logprobs,
    broadcast_tokens,
    group_advantages,
)
from semuq_rl.groups.signals import Signal, SignalResult

__all__ = [
    "Extract",
    "GroupBatch",
    "LogprobsSource",
    "Scaling",
    "Signal",
    "SignalResult",
    "behaviour_logprobs",
    "broadcast_tokens",
    "extract_boxed",
    "group_advantages",
    "whole_text",
]
