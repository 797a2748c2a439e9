"""Scoring: answers in, records out.

`stream` scores questions window by window, `record` is what is kept of each, `verdict` puts a score into words,
`table` sets estimators side by side, `comparison` asks which is better.
"""

from __future__ import annotations

from semuq.scoring.comparison import compare
from semuq.scoring.record import QuestionScore, read_scores
from semuq.scoring.scorer import Scorer
from semuq.scoring.stream import default_estimators, fingerprint, require_evidence, score_stream, source_key
from semuq.scoring.table import Table, evaluate
from semuq.scoring.verdict import representative, verdict

__all__ = [
    "QuestionScore",
    "Scorer",
    "Table",
    "compare",
    "default_estimators",
    "evaluate",
    "fingerprint",
    "read_scores",
    "representative",
    "require_evidence",
    "score_stream",
    "source_key",
    "verdict",
]
