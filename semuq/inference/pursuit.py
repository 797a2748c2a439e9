"""Which question to ask next: information pursuit, by expected entropy or by expected size of conformal sets.

The game of twenty questions: a hidden label, questions with answers, and a predictor that turns what was answered so
far into a posterior over labels. Before each question, every candidate is tried on the answers of example cases.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.decisions.conformal_sets import SplitConformalSets, as_posteriors
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray, entropy

__all__ = ["Case", "Criterion", "Entropy", "Game", "InformationPursuit", "SetSize"]

History = Sequence[tuple[Any, Any]]
Weights = Literal["cases", "posterior"]

DIGITS = 12
"""Criteria that agree to this many decimals tie: equal sums in another order differ in the last bit."""


class Criterion(Protocol):
    """How open the question still is after a history: lower = less to find out."""

    def __call__(self, posteriors: FloatArray, weights: FloatArray, length: int) -> float:
        """Of (outcomes, K) posteriors after histories of this length, with (outcomes,) weights that sum to 1."""
        ...


@dataclass(frozen=True)
class Entropy:
    """E_X H(Y | history, q(X)) in nats: information pursuit proper; the smallest is the largest information gain."""

    def __call__(self, posteriors: FloatArray, weights: FloatArray, length: int) -> float:
        """See `Criterion`."""
        return float(weights @ entropy(posteriors))


@dataclass(frozen=True)
class SetSize:
    """log E_X |C(history, q(X))|: the conformal set is to be small on average. An empty set counts as one label."""

    sets: SplitConformalSets

    def __call__(self, posteriors: FloatArray, weights: FloatArray, length: int) -> float:
        """See `Criterion`."""
        sizes = np.maximum(self.sets.members(posteriors, length).sum(axis=1), 1)
        return float(np.log(weights @ sizes))


@dataclass(frozen=True, kw_only=True)
class Case:
    """An example to try questions on.

    Args:
        answers: question -> its answer here.
        weight: > 0, how much it counts.
        label: its position in the posterior, needed where cases are weighed by the posterior.
    """

    answers: Mapping[Hashable, Hashable]
    weight: float = 1.0
    label: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """What was asked, and what was known after each answer.

    Args:
        history: (question, answer) in order.
        posteriors: (asked + 1, K), before the first question and after each.
    """

    history: tuple[tuple[Any, Any], ...]
    posteriors: FloatArray

    @property
    def guess(self) -> int:
        """The most probable label at the end."""
        return int(self.posteriors[-1].argmax())


@dataclass(frozen=True, kw_only=True)
class InformationPursuit:
    r"""Ask next what leaves least open, on average over example cases.

    Formula. With history h of length k and f the predictor's posterior, over candidate questions q,
        Entropy()      argmin_q  E_X H( f(h, q, q(X)) )
        SetSize(sets)  argmin_q  log E_X |C_(k+1)(h, q, q(X))|
    E_X is over the cases. The set size stands for the entropy by `set_size_entropy_bound`, and trusts the ranking of
    the predictor rather than its probabilities.

    Args:
        posterior: history -> (K,) probabilities.
        criterion: `Entropy()`, `SetSize(...)` or a function of the same form.
        weights: "cases" weighs each case as it says; "posterior" also by what the posterior gives to its label, which
            is what the formula asks for.
        seed: decides between questions of equal worth.

    Degenerate cases. All criteria equal: a random candidate, the same for the same seed and length of history. Under
    `weights="posterior"`, cases whose labels the posterior has ruled out count nothing; if it has ruled out all, they
    count as they say. Under "cases" the predictor is asked about histories that fit no label, and must answer.

    Cost. A posterior for each candidate and each distinct answer to it among the cases.

    Example:
        >>> table = np.array([[1, 0], [1, 1], [0, 1], [0, 0]])  # 4 labels, 2 questions
        >>> def posterior(history):
        ...     fits = np.all([table[:, question] == answer for question, answer in history], axis=0)
        ...     return fits * np.ones(4) / (fits * np.ones(4)).sum()
        >>> cases = [Case(answers=dict(enumerate(row))) for row in table.tolist()]
        >>> player = InformationPursuit(posterior=posterior)
        >>> game = player.play(lambda question: table[2, question], range(2), cases, budget=2)
        >>> len(game.history), game.guess
        (2, 2)

    Variant. `weights="cases"` with a few cases drawn from the prior is what the released code does; the paper's
    formula conditions on the history.

    References: Chan, Ge, Dobriban, Hassani, Vidal, Conformal information pursuit, NeurIPS 2025, arXiv:2507.03279;
        Chattopadhyay et al., Variational information pursuit, ICLR 2023.
    """

    posterior: Callable[[History], ArrayLike]
    criterion: Criterion = field(default_factory=Entropy)
    weights: Weights = "cases"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.weights not in get_args(Weights):
            raise InvalidParameter(
                f"InformationPursuit.weights: expected one of {get_args(Weights)}, got {self.weights!r}"
            )

    def values(self, history: History, candidates: Sequence[Any], cases: Sequence[Case]) -> FloatArray:
        """(candidates,) the criterion after each question; its spread says whether asking still helps.

        Raises:
            InvalidParameter: no candidate or case, a case without a label under weights="posterior", or a posterior
                that is none.
        """
        if not len(candidates) or not cases:
            raise InvalidParameter(
                f"candidates, cases: expected at least one of each, got {len(candidates)} and {len(cases)}"
            )
        masses = self._masses(history, cases)
        return np.array([self._value(history, question, cases, masses) for question in candidates])

    def next(self, history: History, candidates: Sequence[Any], cases: Sequence[Case]) -> Any:
        """The question to ask; of several equally good ones, one drawn by the seed."""
        values = np.round(self.values(history, candidates, cases), DIGITS)
        best = np.flatnonzero(values == values.min())
        return candidates[int(np.random.default_rng([self.seed, len(history)]).choice(best))]

    def play(
        self,
        ask: Callable[[Any], Any],
        candidates: Sequence[Any],
        cases: Sequence[Case],
        *,
        budget: int,
        sure: float = 1.0,
    ) -> Game:
        """Ask until the budget is spent, the top probability has reached `sure`, or no candidate is left.

        Args:
            ask: a question -> its answer.
            candidates: questions, each asked at most once.
            cases: as in `next`.
            budget: questions at most.
            sure: in (0, 1]; 1 never stops early.
        """
        history: list[tuple[Any, Any]] = []
        left, posteriors = list(candidates), [self._checked(history)]
        while left and len(history) < budget and (sure >= 1 or posteriors[-1].max() < sure):
            question = self.next(history, left, cases)
            left.remove(question)
            history.append((question, ask(question)))
            posteriors.append(self._checked(history))
        return Game(history=tuple(history), posteriors=np.stack(posteriors))

    def _value(self, history: History, question: Any, cases: Sequence[Case], masses: FloatArray) -> float:
        outcomes: dict[Hashable, float] = {}
        for case, mass in zip(cases, masses, strict=True):
            outcomes[case.answers[question]] = outcomes.get(case.answers[question], 0.0) + mass
        kept = {answer: mass for answer, mass in outcomes.items() if mass > 0}
        after = np.stack([self._checked([*history, (question, answer)]) for answer in kept])
        return self.criterion(after, np.array(list(kept.values())), len(history) + 1)

    def _masses(self, history: History, cases: Sequence[Case]) -> FloatArray:
        own = np.array([case.weight for case in cases], dtype=np.float64)
        if not (own > 0).all() or not np.isfinite(own).all():
            raise InvalidParameter(f"cases: expected weights > 0, got {own.tolist()!r:.60}")
        if self.weights == "posterior":
            if any(case.label is None for case in cases):
                raise InvalidParameter(
                    "cases: expected a label for each with weights='posterior', got None; give labels"
                )
            p = self._checked(history)
            by_label = own * p[[case.label for case in cases if case.label is not None]]
            own = by_label if by_label.sum() > 0 else own
        return np.asarray(own / own.sum())

    def _checked(self, history: History) -> FloatArray:
        p = np.asarray(self.posterior(history), dtype=np.float64)
        return as_posteriors(p[None])[0]
