"""Relations: what two answers to the same question have to do with each other.

One in `RELATIONS` can be named on the command line, in recipes and in benchmarks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from semuq.registry import Registry

if TYPE_CHECKING:  # worker processes, which fork for every call, do without NumPy
    from semuq.relations.base import Relation

__all__ = ["RELATIONS"]

RELATIONS: Registry[Relation] = Registry(
    "relation",
    {
        "entailment": "semuq.relations.entailment:Entailment",
        "sentences": "semuq.relations.entailment:SentenceEntailment",
        "cascade": "semuq.relations.entailment:Cascade",
        "exact": "semuq.relations.exact:ExactMatch",
        "maths": "semuq.relations.maths:MathEquivalence",
        "choice": "semuq.relations.choice:ChoiceMatch",
        "code": "semuq.relations.code:CodeEquivalence",
        "lexical": "semuq.relations.lexical:LexicalSimilarity",
        "embedding": "semuq.relations.embedding:EmbeddingSimilarity",
        "judge": "semuq.relations.judge:JudgeEquivalence",
    },
)
"""Every relation of the package, by its short name; each module is imported when its relation is asked for."""
