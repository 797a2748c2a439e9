"""Small Markov decision processes, solved exactly: what the methods for language models borrow from, and are tried on.

`mean_variance` prices the variance of the reward, as the modulator of that name does; `contexts` and `mbcd` notice
that the world has changed and switch models. NumPy alone.
"""

from __future__ import annotations

from semuq_rl.control.contexts import ContextModels, TransitionModel
from semuq_rl.control.mbcd import MbcdAgent
from semuq_rl.control.mean_variance import (
    MeanVariancePolicy,
    mean_variance_frontier,
    mean_variance_optimum,
    mean_variance_policy_iteration,
    performance_difference,
)
from semuq_rl.control.running import RunningMeanVariance, batch_means

__all__ = [
    "ContextModels",
    "MbcdAgent",
    "MeanVariancePolicy",
    "RunningMeanVariance",
    "TransitionModel",
    "batch_means",
    "mean_variance_frontier",
    "mean_variance_optimum",
    "mean_variance_policy_iteration",
    "performance_difference",
]
