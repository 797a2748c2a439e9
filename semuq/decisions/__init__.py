"""Decisions: from a score to a probability of being wrong, and to answering or abstaining.

`calibration` turns scores into probabilities, `conformal` abstains with a guarantee,
`conformal_sets` gives sets of labels, `rule` is score and guarantee in a file, `gate` asks, scores and decides.
"""

from __future__ import annotations

from semuq.decisions.calibration import Beta, Calibrator, Histogram, Isotonic, Platt, cross_fit
from semuq.decisions.conformal import SelectiveAnswering
from semuq.decisions.conformal_sets import SplitConformalSets
from semuq.decisions.gate import Gate
from semuq.decisions.rule import Decision, DecisionRule, fit_decision_rule

__all__ = [
    "Beta",
    "Calibrator",
    "Decision",
    "DecisionRule",
    "Gate",
    "Histogram",
    "Isotonic",
    "Platt",
    "SelectiveAnswering",
    "SplitConformalSets",
    "cross_fit",
    "fit_decision_rule",
]
