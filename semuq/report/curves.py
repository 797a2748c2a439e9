"""How much a score is worth where questions are graded, as data to draw: risk against coverage, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semuq.decisions.calibration import Platt, cross_fit
from semuq.metrics import FEWEST, ReliabilityDiagram, RiskCoverage, reliability_diagram, risk_coverage
from semuq.numerics import FloatArray
from semuq.scoring.record import QuestionScore

__all__ = ["Curves", "curves"]

POINTS = 200
"""Points of a curve that are drawn; a curve of more is thinned."""

BINS = 8
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Curves:
    """What the graded questions say of one estimator's scores.

    Args:
        risk: error rate among the answered against the share answered, with its interval.
        reliability: error rate against the probability of being wrong, from calibrators (Platt) fitted on other
            questions than those they judge.
        wrong: share of the answers that are wrong.
    """

    risk: RiskCoverage
    reliability: ReliabilityDiagram
    wrong: float

    @property
    def band(self) -> str:
        """The outline of the interval around the risk, as the points of an SVG polygon on a field of 100 by 100."""
        along = list(zip(self.risk.coverage, self.risk.high, strict=True))
        back = list(zip(self.risk.coverage, self.risk.low, strict=True))[::-1]
        return _points(_thinned(along) + _thinned(back))

    @property
    def line(self) -> str:
        """The risk, as the points of an SVG polyline on a field of 100 by 100."""
        return _points(_thinned(list(zip(self.risk.coverage, self.risk.risk, strict=True))))

    @property
    def bars(self) -> list[tuple[float, float, float, float, int]]:
        """For each bin of the reliability diagram: predicted, observed, low, high in percent, and the answers in it."""
        diagram = self.reliability
        columns = (100 * diagram.predicted, 100 * diagram.observed, 100 * diagram.low, 100 * diagram.high)
        return list(zip(*(own.tolist() for own in columns), diagram.counts.tolist(), strict=True))

    def at(self, coverage: float) -> tuple[float, float, float, float]:
        """Coverage, risk and its interval at the largest share not above `coverage` that a threshold can set."""
        place = max(int(np.searchsorted(self.risk.coverage, coverage + 1e-12)) - 1, 0)
        risk = self.risk
        return float(risk.coverage[place]), float(risk.risk[place]), float(risk.low[place]), float(risk.high[place])


def curves(name: str, questions: Sequence[QuestionScore]) -> Curves | None:
    """The curves of the scores named `name`; None with fewer than `FEWEST` right, or wrong, graded questions."""
    own = [question for question in questions if name in question.by_estimator]
    graded = [question for question in own if question.right is not None]
    right = np.array([question.right for question in graded], dtype=bool)
    if min(right.sum(), (~right).sum()) < FEWEST:
        return None
    scores: FloatArray = np.array([question.by_estimator[name] for question in graded])
    wrong = cross_fit(scores, right, FOLDS, calibrator=Platt())
    return Curves(
        risk=risk_coverage(scores, right),
        reliability=reliability_diagram(wrong, right, bins=BINS),
        wrong=float((~right).mean()),
    )


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(points) <= POINTS:
        return points
    return [points[place] for place in np.linspace(0, len(points) - 1, POINTS).round().astype(int)]


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{100 * x:.2f},{100 - 100 * y:.2f}" for x, y in points)
