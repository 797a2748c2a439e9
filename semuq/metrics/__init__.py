"""Is a score any good? Metrics of (scores, correct), and the interval around each.

Scores come first and higher = more uncertain, everywhere; correct is boolean or in [0, 1]. NumPy and SciPy only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from semuq.metrics.comparison import Compared, Comparison, compare_scores
from semuq.metrics.few import auroc_interval
from semuq.metrics.histogram import ScoreHistogram, score_histogram
from semuq.metrics.holm import holm
from semuq.metrics.inputs import FEWEST
from semuq.metrics.rank_calibration import IndicationDiagram, indication_diagram, rank_calibration_error
from semuq.metrics.ranking import auroc, average_precision, fpr_at_tpr
from semuq.metrics.rejection import (
    RiskCoverage,
    auarc,
    auarc_oracle,
    auarc_random,
    prr,
    risk_coverage,
)
from semuq.metrics.reliability import (
    Binning,
    BrierParts,
    ReliabilityDiagram,
    brier,
    brier_decomposition,
    ece,
    log_loss,
    reliability_diagram,
)
from semuq.metrics.resample import Interval, bootstrap, paired_difference
from semuq.metrics.robustness import Robustness, performance_drop_rate, robustness, temperature_sensitivity
from semuq.metrics.roc import RocCurve, roc_curve
from semuq.metrics.second_pass import SecondPassCurve, second_pass_curve, selection_efficiency
from semuq.registry import Registry

__all__ = [
    "FEWEST",
    "METRICS",
    "Binning",
    "BrierParts",
    "Compared",
    "Comparison",
    "IndicationDiagram",
    "Interval",
    "ReliabilityDiagram",
    "RiskCoverage",
    "Robustness",
    "RocCurve",
    "ScoreHistogram",
    "SecondPassCurve",
    "auarc",
    "auarc_oracle",
    "auarc_random",
    "auroc",
    "auroc_interval",
    "average_precision",
    "bootstrap",
    "brier",
    "brier_decomposition",
    "compare_scores",
    "ece",
    "fpr_at_tpr",
    "holm",
    "indication_diagram",
    "log_loss",
    "paired_difference",
    "performance_drop_rate",
    "prr",
    "rank_calibration_error",
    "reliability_diagram",
    "risk_coverage",
    "robustness",
    "roc_curve",
    "score_histogram",
    "second_pass_curve",
    "selection_efficiency",
    "temperature_sensitivity",
]

METRICS: Registry[Callable[..., float]] = Registry(
    "metric",
    (
        auroc,
        average_precision,
        fpr_at_tpr,
        prr,
        auarc,
        rank_calibration_error,
        ece,
        brier,
        log_loss,
    ),
    make=partial,
)
"""Every metric that is one number of (scores, correct); `METRICS.read("ece(bins=10)")` is such a function."""
