"""Which of several scores is better on the same questions, and is that more than chance?

Each score's metric with its interval, its paired difference to one of them, and p-values corrected for how many
differences were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.cards import Cell, grid, html_grid
from semuq.errors import InvalidParameter
from semuq.metrics.holm import holm
from semuq.metrics.inputs import FEWEST, as_correct
from semuq.metrics.ranking import auroc
from semuq.metrics.resample import Interval, bootstrap, paired_difference

__all__ = ["Compared", "Comparison", "compare_scores"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One score among several.

    Args:
        name: what it is called.
        value: the metric, with its interval.
        difference: of the metric to that of the reference, on the same draws; None for the reference itself.
        p: that the difference is 0, two-sided, see `Interval.p_zero`; None for the reference.
        p_holm: the same, corrected for all differences of the comparison.
    """

    name: str
    value: Interval
    difference: Interval | None = None
    p: float | None = None
    p_holm: float | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison:
    """Several scores of the same questions side by side; prints as a table, also in a notebook.

    Args:
        metric: name of the metric.
        reference: name of the score that others are held against.
        rows: one for each score, in the order given.
        questions: how many there were.
        wrong: how many of the answers were wrong.
    """

    metric: str
    reference: str
    rows: tuple[Compared, ...]
    questions: int
    wrong: float

    def __iter__(self) -> Iterator[Compared]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Compared:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def to_records(self) -> list[dict[str, Any]]:
        """Plain values, a dictionary for each score, as `pandas.DataFrame` and `json.dump` take them."""
        return [
            {
                "estimator": row.name,
                self.metric: row.value.value,
                "low": row.value.low,
                "high": row.value.high,
                "difference": None if row.difference is None else row.difference.value,
                "difference_low": None if row.difference is None else row.difference.low,
                "difference_high": None if row.difference is None else row.difference.high,
                "p": row.p,
                "p_holm": row.p_holm,
            }
            for row in self.rows
        ]

    def __str__(self) -> str:
        return grid(self._head, self._cells) + f"\n{self._note}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_grid(self._head, self._cells, note=self._note)

    @property
    def _head(self) -> tuple[str, ...]:
        confidence = f"{self.rows[0].value.confidence:.0%}"
        return ("estimator", self.metric, confidence, "difference", confidence, "p", "p (Holm)")

    @property
    def _cells(self) -> list[tuple[Cell, ...]]:
        return [(Cell(row.name, left=True), *map(Cell, _texts(row))) for row in self.rows]

    @property
    def _note(self) -> str:
        few = min(self.wrong, self.questions - self.wrong)
        wrong = f"{self.questions:,} answers, {self.wrong:g} of them wrong"
        if few < FEWEST:
            return f"{wrong}: too few to say, take at least {FEWEST} of each; intervals and p promise too much."
        return f"{wrong}. Differences to {self.reference} on the same draws."


def compare_scores(
    columns: Mapping[str, ArrayLike],
    correct: ArrayLike,
    *,
    metric: Callable[..., float] = auroc,
    against: str | None = None,
    n_resamples: int = 10_000,
    confidence: float = 0.95,
    groups: Sequence[Any] | NDArray[Any] | None = None,
    seed: int = 0,
) -> Comparison:
    """Scores of the same answers compared: a metric of each, paired differences, p-values by Holm.

    Args:
        columns: name -> (n,) scores; higher = more uncertain.
        correct: (n,) right or wrong, or in [0, 1].
        metric: of `semuq.metrics`, or any function of (scores, correct).
        against: the score that others are held against; None takes the first.
        n_resamples, confidence, groups, seed: as `bootstrap`.

    Raises:
        InvalidParameter: fewer than two columns, an unknown `against`, or an input is malformed.

    Degenerate cases. Equal scores: difference 0, p = 1. Few right or few wrong answers: the table says "too few".

    Cost. As many bootstraps as columns, and one less paired ones.

    Example:
        >>> a, b = [0.1, 0.4, 0.35, 0.8], [0.4, 0.1, 0.35, 0.2]
        >>> compare_scores({"a": a, "b": b}, [True, True, False, False], n_resamples=1000)
        estimator  auroc           95%  difference             95%      p  p (Holm)
        a          0.750  0.000, 1.000
        b          0.500  0.000, 1.000      -0.250  -1.000, +1.000  0.691     0.691
        4 answers, 2 of them wrong: too few to say, take at least 10 of each; intervals and p promise too much.

    References: see `paired_difference` and `holm`.
    """
    if len(columns) < 2:
        raise InvalidParameter(f"columns: expected at least two scores to compare, got {list(columns)}")
    reference = next(iter(columns)) if against is None else against
    if reference not in columns:
        raise InvalidParameter(f"against: expected one of {list(columns)}, got {against!r}")
    right = as_correct(correct)
    options: Any = {"n_resamples": n_resamples, "confidence": confidence, "groups": groups, "seed": seed}
    values = {name: bootstrap(metric, scores, right, **options) for name, scores in columns.items()}
    differences = {
        name: paired_difference(metric, scores, columns[reference], right, **options)
        for name, scores in columns.items()
        if name != reference
    }
    p = {name: own.p_zero for name, own in differences.items()}
    corrected = dict(zip(p, holm(list(p.values())), strict=True))
    return Comparison(
        metric=_called(metric),
        reference=reference,
        rows=tuple(
            Compared(
                name=name,
                value=value,
                difference=differences.get(name),
                p=p.get(name),
                p_holm=corrected.get(name),
            )
            for name, value in values.items()
        ),
        questions=len(right),
        wrong=float(np.sum(1 - right)),
    )


def _called(metric: Callable[..., float]) -> str:
    plain = metric.func if isinstance(metric, partial) else metric
    return str(getattr(plain, "__name__", repr(plain)))


def _texts(row: Compared) -> tuple[str, ...]:
    own = (f"{row.value.value:.3f}", f"{row.value.low:.3f}, {row.value.high:.3f}")
    if row.difference is None or row.p is None or row.p_holm is None:
        return (*own, "", "", "", "")
    gap = row.difference
    return (*own, f"{gap.value:+.3f}", f"{gap.low:+.3f}, {gap.high:+.3f}", f"{row.p:.3g}", f"{row.p_holm:.3g}")
