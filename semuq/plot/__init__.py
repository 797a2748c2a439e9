"""Plots of scores and of single questions, by matplotlib (`pip install "semuq[plot]"`).

Each function draws on the axes it is given, or on those of a new figure, and returns them: `roc(scores,
correct).figure.savefig("roc.svg")`. No state is kept anywhere (no `pyplot`), every number is from `semuq.metrics`, and
what is drawn can be read on a light and on a dark ground.
"""

from __future__ import annotations

from semuq.plot.judged import histogram, rejection, reliability, risk_coverage, roc
from semuq.plot.one import kernel, question

__all__ = ["histogram", "kernel", "question", "rejection", "reliability", "risk_coverage", "roc"]
