"""Monitoring: has the stream of scores changed since the model was last looked at?"""

from __future__ import annotations

from semuq.monitoring.cusum import Cusum, CusumState, average_run_length

__all__ = ["Cusum", "CusumState", "average_run_length"]
