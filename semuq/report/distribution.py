"""How one estimator's scores are distributed over the questions of a report, and how well they rank."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from semuq.errors import SemuqError
from semuq.estimators import ESTIMATORS
from semuq.metrics import FEWEST, Interval, auroc, bootstrap, score_histogram
from semuq.numerics import FloatArray
from semuq.scoring.record import QuestionScore

__all__ = ["Bar", "Distribution", "distribution"]


BARS = 24
RESAMPLES = 2_000


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a histogram: questions in [low, high), by what is known of their answers."""

    low: float
    high: float
    right: int
    wrong: int
    ungraded: int

    @property
    def total(self) -> int:
        """All questions of the bar."""
        return self.right + self.wrong + self.ungraded


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """The scores of one estimator.

    Args:
        name: its `repr`; `short` is what the page calls it.
        units: of the scores, "" if this version of semuq does not know the estimator.
        high: right end of the scale: its bound for the most answers, or the largest score.
        median: of the scores.
        bars: equally wide, from `low` to `high`.
        auroc: how well it ranks wrong above right with a 95% interval; None with fewer than `FEWEST` right, or wrong.
    """

    name: str
    short: str
    units: str
    low: float
    high: float
    median: float
    bars: tuple[Bar, ...]
    auroc: Interval | None

    @property
    def top(self) -> int:
        """The largest bar."""
        return max(bar.total for bar in self.bars)


def distribution(name: str, short: str, questions: Sequence[QuestionScore]) -> Distribution:
    """The distribution of the scores named `name` over the questions that have one."""
    own = [question for question in questions if name in question.by_estimator]
    scores = np.array([question.by_estimator[name] for question in own])
    marks = [question.right for question in own]
    low, high = _scale(name, scores, max(len(question) for question in own))
    found = score_histogram(scores, marks, bins=BARS, limits=(low, high))
    bars = tuple(
        Bar(low=low, high=high, right=right, wrong=wrong, ungraded=ungraded)
        for low, high, right, wrong, ungraded in zip(
            found.edges[:-1].tolist(),
            found.edges[1:].tolist(),
            found.right.tolist(),
            found.wrong.tolist(),
            found.ungraded.tolist(),
            strict=True,
        )
    )
    cls = ESTIMATORS.behind(name)
    return Distribution(
        name=name,
        short=short,
        units=cls.units if cls else "",
        low=low,
        high=high,
        median=float(np.median(scores)),
        bars=bars,
        auroc=_auroc(scores, marks),
    )


def _scale(name: str, scores: FloatArray, n: int) -> tuple[float, float]:
    """From 0, or the lowest score, to what n answers can reach, or the highest score where there is no limit."""
    low, high = min(float(scores.min()), 0.0), float(scores.max())
    with suppress(SemuqError):  # an estimator of another version or package: the scores give the scale
        limit = ESTIMATORS.read(name).bounds(n)[1]
        high = max(high, limit) if math.isfinite(limit) else high
    return low, high if high > low else low + 1.0


def _auroc(scores: FloatArray, marks: Sequence[bool | None]) -> Interval | None:
    if min(marks.count(True), marks.count(False)) < FEWEST:
        return None
    known = [index for index, mark in enumerate(marks) if mark is not None]
    return bootstrap(auroc, scores[known], [marks[index] is True for index in known], n_resamples=RESAMPLES)
