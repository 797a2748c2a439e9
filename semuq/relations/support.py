"""Does an answer bear out a statement? A relation asked for premise and hypothesis of different kinds.

Claims are compared with answers, never with each other, so a relation that scores pairs by a model may offer
`support` and pay for m n ordered pairs only; of any other, the needed block of `compare` is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet

__all__ = ["Support", "SupportingRelation", "support"]


class Support(NamedTuple):
    """What n answers say of m claims."""

    entailment: FloatArray
    """(m, n): the probability that answer j entails claim k."""
    contradiction: FloatArray
    """(m, n): the probability that answer j contradicts claim k."""


@runtime_checkable
class SupportingRelation(Relation, Protocol):
    """A relation that compares answers with claims for less than the price of comparing all texts."""

    def support(self, batch: Sequence[SampleSet], claims: Sequence[Sequence[str]]) -> list[Support]:
        """One Support per question, of its own claims by its own answers."""
        ...


def support(relation: Relation, batch: Sequence[SampleSet], claims: Sequence[Sequence[str]]) -> list[Support]:
    """What the answers of each question say of its claims.

    >>> from semuq.relations.exact import ExactMatch
    >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"))
    >>> support(ExactMatch(), [samples], [("paris",)])[0].entailment
    array([[1., 0.]])
    """
    if isinstance(relation, SupportingRelation):
        return relation.support(batch, claims)
    together = [
        SampleSet(prompt=samples.prompt, texts=(*samples.texts, *own))
        for samples, own in zip(batch, claims, strict=True)
    ]
    scores = relation.compare(together)
    return [
        Support(own.entailment[:n, n:].T, own.contradiction[:n, n:].T)
        for own, n in zip(scores, map(len, batch), strict=True)
    ]
