"""Trying out what `tuning` chooses between, with a scorer in each precision on the device at hand."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray, IntArray
from semuq.relations.entailment.plan import Side
from semuq.relations.entailment.scorer import Scorer
from semuq.relations.entailment.tuning import (
    BUDGETS,
    CANDIDATES,
    Choice,
    Score,
    best_budget,
    best_of,
    remember,
    sample,
    trials,
)

if TYPE_CHECKING:
    import torch

__all__ = ["choose", "contestants", "describe"]

logger = logging.getLogger(__name__)

MakeScorer = Callable[[str], Scorer]
"""A precision -> a scorer; raises InvalidParameter where it cannot be had."""


def describe(device: torch.device) -> str:
    """What tells two devices with different speeds apart."""
    import torch

    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {torch.cuda.get_device_properties(device).total_memory}"
    return str(torch.get_num_threads()) if device.type == "cpu" else device.type


def choose(what: str, device: str, on: torch.device, precision: str | None, scorer_in: MakeScorer) -> Choice:
    """Try, and keep what was found for (`what`, `device`).

    Args:
        precision: the only one; None tries those that the device may compute in.
    """
    if on.type not in CANDIDATES:
        return Choice(precision or "fp32")
    tried = [] if precision else trials(contestants(on, scorer_in))
    best = precision or best_of(tried)
    budget = None
    if on.type == "cuda":
        budget = best_budget(partial(_rate, scorer_in(best)))
    return remember(what, device, tried, budget, precision=best)


def contestants(on: torch.device, scorer_in: MakeScorer) -> dict[str, Score]:
    """How to score the sample, for every precision that can be had here; on a GPU often enough to fill it."""
    sides, pairs = sample()
    scores: dict[str, Score] = {}
    for precision in CANDIDATES[on.type]:
        try:
            scorer = scorer_in(precision)
        except InvalidParameter as error:
            logger.info("%s", error)
            continue
        if on.type == "cuda":
            scorer.token_budget = BUDGETS[2]
            scores[precision] = partial(_probabilities, scorer, sides, _repeated(scorer, sides, pairs, BUDGETS[2]))
        else:
            scores[precision] = partial(_probabilities, scorer, sides, pairs)
    return scores


def _rate(scorer: Scorer, budget: int) -> float | None:
    """Tokens per second in passes of this many; None if they do not fit."""
    sides, pairs = sample()
    repeated = _repeated(scorer, sides, pairs, 2 * budget)
    scorer.token_budget = budget
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        tokens = sum(scored.report.tokens for scored in scorer.run(sides, repeated))
        seconds.append(time.perf_counter() - start)
    return None if scorer.token_budget < budget else tokens / min(seconds)


def _repeated(scorer: Scorer, sides: Sequence[Side], pairs: IntArray, tokens: int) -> IntArray:
    """The pairs again and again, for about so many tokens."""
    own = scorer.encoder.encode(sides)
    once = sum(len(own[a].ids) + len(own[b].ids) + scorer.encoder.layout.special for a, b in pairs.tolist())
    return np.tile(pairs, (-(-tokens // once), 1))


def _probabilities(scorer: Scorer, sides: Sequence[Side], pairs: IntArray) -> FloatArray:
    probabilities = np.empty((len(pairs), 3))
    for scored in scorer.run(sides, pairs):
        probabilities[scored.indices] = scored.probabilities
    return probabilities
