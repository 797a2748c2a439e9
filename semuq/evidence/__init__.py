"""Evidence: what estimators may look at, computed once and shared by all of them.

`needs` names the kinds of evidence, `evidence` computes and keeps them, `stack` shows them for many questions at once.
"""

from __future__ import annotations

from semuq.evidence.evidence import TEXTS, Embedder, Evidence
from semuq.evidence.needs import EMBEDDED, RELATED, Need
from semuq.evidence.stack import EvidenceStack, EvidenceView, PerToken, stacks, views

__all__ = [
    "EMBEDDED",
    "RELATED",
    "TEXTS",
    "Embedder",
    "Evidence",
    "EvidenceStack",
    "EvidenceView",
    "Need",
    "PerToken",
    "stacks",
    "views",
]
