"""A model of transitions per context, as counts: what `MbcdAgent` believes of each world it has met."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from semuq.checks import whole, within
from semuq.numerics import FloatArray

__all__ = ["ContextModels", "Transition", "TransitionModel"]


KNOWN_AFTER = 5
"""Transitions from a state by an action before a prediction of where they lead is held against a model."""

Transition = tuple[int, int, int]
"""(state, action, next state)."""


@dataclass(eq=False)
class TransitionModel:
    """Counts of next states, with a Dirichlet prior that is flat over all of them.

    A regime for `RegimeCusum`: `log_prob` is the predictive probability, `novelty` that of a model that knows
    nothing but how many next states there can be against this one. A table has no standard deviations to be off by,
    so `after` is not read. Ours, for tables; the paper has networks.

    Args:
        counts: (S, A, S), what was seen.
        prior: weight of each next state before anything is seen, > 0.
        branching: how many next states are possible from one; None takes all. The fewer, the sooner a change is seen.
    """

    counts: FloatArray
    prior: float = 0.05
    branching: int | None = None

    def __post_init__(self) -> None:
        within("TransitionModel", 0, open_low=True, prior=self.prior)

    @property
    def probabilities(self) -> FloatArray:
        """(S, A, S) predictive."""
        weights = self.counts + self.prior
        return np.asarray(weights / weights.sum(axis=2, keepdims=True), dtype=np.float64)

    @property
    def seen(self) -> int:
        """Transitions learned from."""
        return int(self.counts.sum())

    def log_prob(self, x: Transition) -> float:
        """log p(next state | state, action)."""
        state, action, after = x
        row = self.counts[state, action]
        return float(np.log((row[after] + self.prior) / (row.sum() + self.prior * len(row))))

    def novelty(self, x: Transition, after: float) -> float:
        """log of the flat prediction less that of this model; 0 where this model has seen too little to be wrong."""
        if self.counts[x[0], x[1]].sum() < KNOWN_AFTER:
            return 0.0
        return float(-np.log(self.branching or len(self.counts)) - self.log_prob(x))

    def learn(self, x: Transition) -> None:
        """One transition more."""
        self.counts[x] += 1

    def forget(self, x: Transition) -> None:
        """One transition less; it must have been learned."""
        self.counts[x] -= 1


@dataclass
class ContextModels:
    """A `TransitionModel` per context, made when a context is new.

    >>> models = ContextModels(states=3, actions=2)
    >>> models.new(), models.new(), list(models.known)
    ('context-0', 'context-1', ['context-0', 'context-1'])
    """

    states: int
    actions: int
    prior: float = 0.05
    branching: int | None = None
    known: dict[str, TransitionModel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        whole("ContextModels", 1, states=self.states, actions=self.actions)

    def new(self) -> str:
        """The name of a new context with an empty model."""
        name = f"context-{len(self.known)}"
        counts = np.zeros((self.states, self.actions, self.states))
        self.known[name] = TransitionModel(counts, self.prior, self.branching)
        return name
