"""Rules for what small entailment models are worst at: numbers, dates, units, signs, yes and no, refusals.

`agree(a, b)` is True for short answers that differ only in how a value is written ("8" and "eight");
`conflict(a, b)` for short answers whose values differ (1944 and 1945). Anything less plain is left to the
model: both return False. The relation takes agreement as certain entailment both ways, and moves the
entailment of a conflict to contradiction; `verdict(a, b)` says both at once. Pure functions on text, in English; they
never raise.
"""

from __future__ import annotations

from semuq.relations.entailment.guard.compare import RULES, agree, conflict, decided_by, verdict
from semuq.relations.values.words import normalise

__all__ = ["RULES", "VERSION", "agree", "conflict", "decided_by", "normalise", "verdict"]

VERSION = "10"
"""Part of a relation's identity: raised whenever a rule changes, so that cached scores are not mixed."""
