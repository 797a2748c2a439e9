"""`Scorer`: estimators and the relation they look through, loaded once and asked many times.

One class for all places: `score` for questions in memory, and called with a batch of columns it is what
`datasets.Dataset.map(scorer, batched=True)` and Ray Data's `map_batches(Scorer, ...)` want.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator
from semuq.estimators.naming import column_names
from semuq.evidence import EMBEDDED, Embedder
from semuq.relations.base import Relation
from semuq.samples import SampleSet, as_batch
from semuq.scoring.columns import KNOWN, added_columns, read_rows, scored_or_why, with_columns
from semuq.scoring.record import QuestionScore
from semuq.scoring.stream import score_stream

__all__ = ["Scorer", "embedder_for", "unloaded"]

T = TypeVar("T")


@dataclass(frozen=True)
class Scorer:
    """What turns answers into scores, as one object.

    Args:
        estimators: at least one.
        relation: compares the answers.
        embedder: embeds them, where an estimator needs that.
        columns: where a batch of columns holds the fields of a SampleSet, such as
            {"prompt": "question", "texts": "answers"}; no other is read then. None reads the columns that have a
            field's name, and leaves all others alone.

    Pickled, it goes without what it has loaded: the receiver loads its own copy, on first use.

    Raises:
        InvalidParameter: the parts are something else.

    Example:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch
        >>> scorer = Scorer((DiscreteSemanticEntropy(),), ExactMatch())
        >>> tuple(round(own, 4) for own in scorer.score([SampleSet(prompt="?", texts=("a", "b"))])[0].scores.values())
        (0.6931,)
        >>> batch = {"prompt": ["?", "?"], "texts": [["a", "b"], []]}
        >>> found = scorer(batch)
        >>> found["DiscreteSemanticEntropy"].round(4).tolist(), found["error"][1]
        ([0.6931, nan], 'texts: expected at least one answer, got none; sample the model first')
    """

    estimators: tuple[Estimator, ...]
    relation: Relation
    embedder: Embedder | None = None
    columns: Mapping[str, str] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.estimators, tuple) or not all(isinstance(own, Estimator) for own in self.estimators):
            raise InvalidParameter(f"estimators: expected a tuple of estimators, got {self.estimators!r:.80}")
        given = self.columns
        if given is not None and not (isinstance(given, Mapping) and {"prompt", "texts"} <= set(given) <= set(KNOWN)):
            raise InvalidParameter(
                f"columns: expected those of 'prompt', 'texts' and other fields of a SampleSet, got {given!r:.120}"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        parts = tuple(unloaded(own) for own in self.estimators), unloaded(self.relation), unloaded(self.embedder)
        return _rebuild, (*parts, None if self.columns is None else dict(self.columns))

    def __call__(self, batch: Any) -> Any:
        """The batch with more columns: one for each estimator, under its short name, and how it went.

        Args:
            batch: a mapping of columns, or a pyarrow Table; one row is one question.

        Returns:
            The batch in its own form, with a score for each estimator (float64; higher = more uncertain), `clusters`
            (a list of whole numbers), `verdict` and `error`. A row that cannot be read, or lacks what an estimator
            needs, says so in `error`, which is "" for all others; its scores are NaN.

        Raises:
            InvalidParameter: not a batch, or without the columns.
            InvalidModel, MissingExtra: what is asked cannot be loaded here, which concerns every row.
        """
        scored = scored_or_why(read_rows(batch, self.columns), self.score)
        return with_columns(batch, added_columns(scored, column_names(self.estimators)))

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


def unloaded(part: T) -> T:
    """The same object without what it has loaded or computed: what is sent to another process.

    Dataclasses are made again from their fields, whatever they hold as well; others are returned as they are.
    """
    if isinstance(part, type) or not is_dataclass(part):
        return part
    own: Any = part
    made: T = replace(own, **{item.name: unloaded(getattr(own, item.name)) for item in fields(own) if item.init})
    return made


def _rebuild(
    estimators: tuple[Estimator, ...],
    relation: Relation,
    embedder: Embedder | None,
    columns: Mapping[str, str] | None,
) -> Scorer:
    return Scorer(estimators, relation, embedder, columns=columns)
