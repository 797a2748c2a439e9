"""Watching a relation at work: how many pairs of answers it has compared, and how fast, while a window is under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.progress import ProgressColumn, Task
from rich.text import Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from semuq.relations.base import Equivalence, Kind, ProgressRelation, Relation, RelationScores
    from semuq.relations.entailment import Cascade, Entailment
    from semuq.relations.support import Support
    from semuq.samples import SampleSet

__all__ = ["PairRate", "Watch", "Watched", "watched"]


@dataclass
class Watch:
    """What a relation has done so far.

    Args:
        told: called after every step.
        pairs: compared, those found in the cache included.
        seconds: spent on them.
        questions: of the calls that are over, and the part that is done of the one under way.
    """

    told: Callable[[], None]
    pairs: int = 0
    seconds: float = 0.0
    questions: float = 0.0

    @property
    def rate(self) -> float:
        """Pairs per second of comparing; 0 before the first."""
        return self.pairs / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Watched:
    """A relation that tells a watch what it does; its scores and its facts are the relation's own."""

    relation: ProgressRelation
    watch: Watch = field(compare=False)

    @property
    def kind(self) -> Kind:
        """The relation's."""
        return self.relation.kind

    @property
    def symmetric(self) -> bool:
        """The relation's."""
        return self.relation.symmetric

    @property
    def identity(self) -> str:
        """The relation's."""
        return self.relation.identity

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """As the relation, telling after every forward pass."""
        from semuq.samples import as_batch

        questions = as_batch(batch)
        step = _Step(self.watch, len(questions))
        scores = self.relation.compare(questions, progress=step)
        step(1, 1, pairs=0)
        return scores

    def support(self, batch: Sequence[SampleSet], claims: Sequence[Sequence[str]]) -> list[Support]:
        """As the relation."""
        from semuq.relations.support import support

        return support(self.relation, batch, claims)


@dataclass(frozen=True)
class WatchedClusters(Watched):
    """The same for a relation that can cluster without its matrices."""

    relation: Entailment | Cascade

    def cluster(
        self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict"
    ) -> list[NDArray[np.int64]]:
        """As the relation; how many pairs it takes is known only at the end, so it tells then."""
        from semuq.samples import as_batch

        questions = as_batch(batch)
        step = _Step(self.watch, len(questions))
        clusters, report = self.relation.cluster_with_report(questions, equivalence)
        step(1, 1, pairs=report.asked)
        return clusters


def watched(relation: Relation, watch: Watch) -> Relation:
    """The relation, telling the watch what it does where it can."""
    from semuq.relations.base import ProgressRelation

    if not isinstance(relation, ProgressRelation):
        return relation
    from semuq.relations.entailment import Cascade, Entailment

    if isinstance(relation, Entailment | Cascade):
        return WatchedClusters(relation, watch)
    return Watched(relation, watch)


class _Step:
    """One call of a relation, told to a watch as it goes."""

    def __init__(self, watch: Watch, questions: int) -> None:
        self.watch, self.questions = watch, questions
        self.before, self.done = watch.questions, 0
        self.clock = time.perf_counter()

    def __call__(self, done: int, total: int, pairs: int | None = None) -> None:
        now = time.perf_counter()
        self.watch.seconds += now - self.clock
        self.clock = now
        self.watch.pairs += done - self.done if pairs is None else pairs
        self.done = done
        self.watch.questions = self.before + self.questions * done / total
        self.watch.told()


class PairRate(ProgressColumn):
    """Pairs compared and pairs per second, from the fields `pairs` and `rate` of a task; nothing before the first."""

    def render(self, task: Task) -> Text:
        """One cell."""
        pairs, rate = task.fields.get("pairs", 0), task.fields.get("rate", 0.0)
        if not pairs or not rate:
            return Text("")
        speed = f"{rate:,.0f} pairs/s" if rate >= 10 else f"{rate:.1f} pairs/s"
        return Text(f"{pairs:,} pairs, {speed}")
