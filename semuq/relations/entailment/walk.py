"""Over the plans of a batch, window by window: all pairs for the matrices, waves for the clusters.

`Entailment`, `Cascade` and `SentenceEntailment` differ in how they ask about pairs, not in how they go through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, get_args

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Equivalence, Progress, RelationScores
from semuq.relations.entailment.plan import Plan
from semuq.relations.entailment.waves import greedy_in_waves
from semuq.relations.entailment.windows import progress_from

__all__ = ["AskPlan", "clusters_of", "scores_of"]

Cost = TypeVar("Cost")

AskPlan = Callable[[Plan, IntArray, "Progress | None"], tuple[FloatArray, Cost]]
"""A plan and (pairs, 2) indices of its sides -> (pairs, 3) probabilities, and what they cost."""


def scores_of(
    plans: Callable[[], Iterator[Plan]],
    ask: AskPlan[Cost],
    read: Callable[[Plan, FloatArray], list[RelationScores]],
    progress: Progress | None = None,
) -> tuple[list[RelationScores], list[Cost]]:
    """One RelationScores per question, and what each window cost."""
    # Planned twice where progress is told, not kept: a plan of all questions would grow with their number.
    total = 0 if progress is None else sum(len(plan.pairs) for plan in plans())
    scores: list[RelationScores] = []
    costs: list[Cost] = []
    done = 0
    for plan in plans():
        step = None if progress is None else progress_from(progress, done, total)
        probabilities, cost = ask(plan, plan.pairs, step)
        done += len(plan.pairs)
        costs.append(cost)
        scores += read(plan, probabilities)
    return scores, costs


def clusters_of(
    plans: Iterator[Plan],
    ask: AskPlan[Cost],
    equivalence: Equivalence,
    threshold: Callable[[], float | None],
    *,
    room: int = 0,
) -> tuple[list[IntArray], list[Cost]]:
    """(n,) greedy cluster ids per question, and what each question put to the model cost.

    Raises:
        InvalidParameter: `equivalence` is unknown.
    """
    if equivalence not in get_args(Equivalence):
        raise InvalidParameter(f"equivalence: expected one of {get_args(Equivalence)}, got {equivalence!r}")
    clusters: list[IntArray] = []
    costs: list[Cost] = []
    for plan in plans:

        def put(pairs: IntArray, plan: Plan = plan) -> FloatArray:
            probabilities, cost = ask(plan, pairs, None)
            costs.append(cost)
            return probabilities

        # Only where there is something to ask is the threshold needed, and a model loaded for it.
        clusters += greedy_in_waves(plan, put, equivalence, threshold() if len(plan.pairs) else None, room=room)
    return clusters, costs
