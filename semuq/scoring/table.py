"""`evaluate`: several estimators over one batch, sharing one pass of the relation and the embedder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semuq.cards import Cell, grid, html_grid
from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, warn_of_gaps
from semuq.estimators.naming import Names, column_names
from semuq.evidence import Embedder, Evidence
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "evaluate"]


@dataclass(frozen=True, repr=False)
class Table(Mapping[str, FloatArray]):
    """Scores by estimator and question, where pandas is not installed: a mapping of columns, shown as a table.

    Example:
        >>> import numpy as np
        >>> print(Table(index=("q1", "q2"), columns={"NumSemanticSets": np.array([1.0, 3.0])}))
        id  NumSemanticSets
        q1           1.0000
        q2           3.0000
    """

    index: tuple[str, ...]
    columns: Mapping[str, FloatArray]

    def __getitem__(self, name: str) -> FloatArray:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __str__(self) -> str:
        return grid(("id", *self.columns), self._cells)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_grid(("id", *self.columns), self._cells)

    @property
    def _cells(self) -> list[tuple[Cell, ...]]:
        return [
            (Cell(name, left=True), *(Cell(f"{column[row]:.4f}") for column in self.columns.values()))
            for row, name in enumerate(self.index)
        ]


def evaluate(
    estimators: Estimator | Sequence[Estimator],
    batch: SampleSet | Sequence[SampleSet],
    relation: Relation | None = None,
    *,
    embedder: Embedder | None = None,
    names: Names = "short",
) -> pd.DataFrame | Table:
    """Scores of every estimator for every question, with shared evidence computed once.

    Args:
        estimators: one or more; each becomes a column.
        batch: the questions; each becomes a row named by its id, or by its position.
        relation: how answers are compared, if an estimator needs it.
        embedder: embeds answers, if an estimator needs it and the samples hold no embeddings.
        names: "short" calls a column by the estimator's class, with parameters only where two would clash; "full" by
            its `repr`.

    Returns:
        A pandas DataFrame if pandas is installed, else a `Table`, which is read the same way:
        `evaluate(...)["SemanticEntropy"]` is a column.

    A question that has what an estimator needs for some of its answers only is NaN in its column, with a warning.

    Raises:
        MissingEvidence: an estimator needs what was not given; nothing has been computed then.
        InvalidParameter: no estimator, or the same one twice; `names` is neither.

    Examples:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch, KernelLanguageEntropy, SampleSet
        >>> batch = [SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"))]
        >>> table = evaluate([DiscreteSemanticEntropy(), KernelLanguageEntropy()], batch, ExactMatch())
        >>> {name: round(float(column.iloc[0]), 4) for name, column in table.items()}
        {'DiscreteSemanticEntropy': 0.6365, 'KernelLanguageEntropy': 0.9972}
    """
    estimators = (estimators,) if isinstance(estimators, Estimator) else tuple(estimators)
    if not estimators:
        raise InvalidParameter("estimators: expected at least one, got none; pass [SemanticEntropy()]")
    for index, estimator in enumerate(estimators):
        if not isinstance(estimator, Estimator):
            raise InvalidParameter(
                f"estimators[{index}]: expected an instance such as SemanticEntropy(), got {estimator!r:.80}"
            )
    full = [repr(estimator) for estimator in estimators]
    if len(set(full)) < len(full):
        raise InvalidParameter(f"estimators: expected each once, got {full}; leave the repeated one out")
    called = column_names(estimators, names)
    evidence = Evidence(batch, relation, embedder)
    for estimator in estimators:
        evidence.require(estimator.needs, estimator.min_samples, type(estimator).__name__)
    _warn_of_unequal_sizes(estimators, evidence)
    columns = {name: estimator.score_evidence(evidence) for name, estimator in zip(called, estimators, strict=True)}
    warn_of_gaps(evidence, estimators)
    names_of_rows = tuple(samples.id or str(position) for position, samples in enumerate(evidence.batch))
    return _as_frame(columns, names_of_rows)


def _warn_of_unequal_sizes(estimators: Sequence[Estimator], evidence: Evidence) -> None:
    sizes = sorted({len(samples) for samples in evidence.batch})
    if len(sizes) < 2:
        return
    depend = [type(estimator).__name__ for estimator in estimators if estimator.depends_on_n]
    if depend:
        warnings.warn(
            f"questions have between {sizes[0]} and {sizes[-1]} answers, and the scores of {', '.join(depend)} "
            "depend on that number: rank only questions with equally many answers",
            stacklevel=3,
        )


def _as_frame(columns: dict[str, FloatArray], index: tuple[str, ...]) -> Any:
    try:
        import pandas as pd
    except ImportError:
        return Table(index=index, columns=columns)
    return pd.DataFrame(columns, index=pd.Index(index, name="id"))
