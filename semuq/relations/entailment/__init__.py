"""The entailment relation: a three-way cross-encoder over every pair of distinct answers.

plan (which pairs) -> pairs (token ids) -> batches (by token budget) -> scorer (forward passes),
put together by `Entailment` in `relation`. `Cascade` is made of two of them,
`SentenceEntailment` of one, for long answers.
"""

from __future__ import annotations

from semuq.relations.entailment.cascade import Cascade
from semuq.relations.entailment.relation import Entailment
from semuq.relations.entailment.scorer import ScorerReport
from semuq.relations.entailment.sentences import SentenceEntailment

__all__ = ["Cascade", "Entailment", "ScorerReport", "SentenceEntailment"]
