"""Monitoring: has the stream of scores changed since the model was last looked at, and to what?"""

from __future__ import annotations

from semuq.monitoring.cusum import Cusum, CusumState, average_run_length
from semuq.monitoring.regimes import GaussianRegime, RegimeAlarm, RegimeCusum, RegimeState

__all__ = [
    "Cusum",
    "CusumState",
    "GaussianRegime",
    "RegimeAlarm",
    "RegimeCusum",
    "RegimeState",
    "average_run_length",
]
