"""`Scorer`: estimators and the relation they look through, loaded once and asked many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator
from semuq.evidence import EMBEDDED, Embedder
from semuq.relations.base import Relation
from semuq.samples import SampleSet, as_batch
from semuq.scoring.record import QuestionScore
from semuq.scoring.stream import score_stream

__all__ = ["Scorer", "embedder_for"]


@dataclass(frozen=True)
class Scorer:
    """What turns answers into scores, as one object.

    Args:
        estimators: at least one.
        relation: compares the answers.
        embedder: embeds them, where an estimator needs that.

    Example:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch
        >>> scorer = Scorer((DiscreteSemanticEntropy(),), ExactMatch())
        >>> tuple(round(own, 4) for own in scorer.score([SampleSet(prompt="?", texts=("a", "b"))])[0].scores.values())
        (0.6931,)
    """

    estimators: tuple[Estimator, ...]
    relation: Relation
    embedder: Embedder | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.estimators, tuple) or not all(isinstance(own, Estimator) for own in self.estimators):
            raise InvalidParameter(f"estimators: expected a tuple of estimators, got {self.estimators!r:.80}")

    def score(self, samples: SampleSet | Sequence[SampleSet]) -> list[QuestionScore]:
        """The questions' scores, in one pass of the relation.

        Raises:
            MissingEvidence: a question lacks what an estimator needs.
        """
        batch = as_batch(samples)
        window = max(1, len(batch))
        return list(score_stream(batch, self.estimators, self.relation, self.embedder, window, matrices=False))


def embedder_for(estimators: Sequence[Estimator]) -> Embedder | None:
    """The packaged sentence embedder where an estimator looks at embeddings; it loads its model on first use."""
    if not any(item.needs & EMBEDDED for item in estimators):
        return None
    from semuq.models.embedder import SentenceEmbedder

    return SentenceEmbedder()
