"""`Cascade`: a small entailment model first, a large one only where the small one is in two minds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import ClassVar, get_args

import numpy as np

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Equivalence, Kind, Progress, RelationScores
from semuq.relations.entailment.cascade_fit import Asked, Guarantee, Per, fit_threshold
from semuq.relations.entailment.plan import Plan, Verdict
from semuq.relations.entailment.relation import Entailment
from semuq.relations.entailment.scorer import ScorerReport
from semuq.relations.entailment.walk import clusters_of, scores_of
from semuq.relations.entailment.waves import labels_of_pairs
from semuq.samples import SampleSet, as_batch

__all__ = ["Cascade", "CascadeReport", "margins_of"]


@dataclass(frozen=True)
class CascadeReport:
    """What a comparison cost: passes of the small model, and of the large one for what was left to it."""

    small: ScorerReport = field(default_factory=ScorerReport)
    large: ScorerReport = field(default_factory=ScorerReport)

    @property
    def asked(self) -> int:
        """Ordered pairs whose score was wanted; each goes through the small model."""
        return self.small.asked

    @property
    def share(self) -> float:
        """Share of the pairs that went on to the large model; NaN without pairs."""
        return self.large.asked / self.asked if self.asked else float("nan")

    def __add__(self, other: CascadeReport) -> CascadeReport:
        return CascadeReport(self.small + other.small, self.large + other.large)


@dataclass(frozen=True)
class Cascade:
    """Two entailment models as one: nearly the decisions of the large one, for nearly the price of the small one.

    Every pair goes through the small model. Where its two most probable labels are no more than
    `threshold` apart, the pair goes on to the large model, whose probabilities then count instead. If the
    large model states an entailment threshold, the labels are by that, and so is the distance.

    Args:
        small: asked about every pair. Of its own settings only those of the model count; the guard is the
            large one's.
        large: whose decisions are wanted; with the same context.
        threshold: in [0, 1]; 1 sends every pair on, 0 none but exact ties. None until `fit` has chosen
            one; one that is given here comes without a guarantee.
        guarantee: what `fit` proved; leave empty.

    Raises:
        InvalidParameter: the two put different contexts around an answer; a threshold outside [0, 1];
            `compare` or `cluster` without a threshold.

    Degenerate cases. With equal models every threshold gives that model. One answer: no pass at all.

    Cost. A pass of the small model for each pair, and one of the large model for a share of them,
    `CascadeReport.share`; `cluster` asks about fewer pairs, as of one model. Slower than the large model
    alone where that share and the small model's share of the price add up to more than 1.

    What it is not. A guarantee for questions unlike the fitted ones, or about probabilities: near the
    threshold those of the two models stand side by side in a matrix.

    Example:
        >>> from semuq import Cascade, Entailment, SampleSet
        >>> one = Entailment(cache=False)
        >>> cascade = Cascade(one, one, threshold=0.5)
        >>> samples = SampleSet(prompt="What is the capital of France?", texts=("Paris", "It is Paris.", "Lyon"))
        >>> cascade.cluster(samples)[0]
        array([0, 0, 1])
    """

    small: Entailment
    large: Entailment
    _: KW_ONLY
    threshold: float | None = None
    guarantee: Guarantee | None = None

    kind: ClassVar[Kind] = "entailment"
    tells_progress: ClassVar[bool] = True
    symmetric: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in ("small", "large"):
            if not isinstance(getattr(self, name), Entailment):
                raise InvalidParameter(f"Cascade.{name}: expected an Entailment, got {getattr(self, name)!r:.80}")
        if self.small.context != self.large.context:
            raise InvalidParameter(
                f"Cascade.small: expected context={self.large.context!r} as of the large one, got "
                f"{self.small.context!r}; both have to read the same pairs"
            )
        given = self.threshold
        if given is not None and (isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1):
            raise InvalidParameter(f"Cascade.threshold: expected None or a number in [0, 1], got {given!r}")

    @property
    def identity(self) -> str:
        """Both models and the threshold."""
        return f"cascade/threshold={self.threshold}/small=({self.small.identity})/large=({self.large.identity})"

    def fit(
        self,
        batch: SampleSet | Sequence[SampleSet],
        *,
        agreement: float = 0.99,
        confidence: float = 0.95,
        per: Per = "pair",
        seed: int = 0,
    ) -> Cascade:
        """A copy with the lowest threshold that provably decides as the large model alone would.

        The small model is asked about every pair of the batch, the large one about one pair drawn from each
        question (`per="pair"`) or about all (`per="question"`); see `fit_threshold` for the test.

        Args:
            batch: questions like those to come, drawn independently; no labels are needed.
            agreement: how often the label of a pair drawn from a question (per="pair"), or all labels of a
                question (per="question"), have to be the large model's.
            confidence: with which that has to be proved.
            per: "pair" or "question". The second is stricter and implies equal clusters; it costs the large
                model every pair of the batch.
            seed: of the draw.

        Raises:
            InvalidParameter: too few questions for that agreement at that confidence; the message says how
                many would do.
        """
        if per not in get_args(Per):
            raise InvalidParameter(f"per: expected one of {get_args(Per)}, got {per!r}")
        rng = np.random.default_rng(seed)
        asked = [own for plan in self.large.plans(as_batch(batch)) for own in self._asked(plan, per, rng)]
        guarantee = fit_threshold(asked, agreement=agreement, confidence=confidence, per=per)
        return replace(self, threshold=guarantee.threshold, guarantee=guarantee)

    def compare(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> list[RelationScores]:
        """One RelationScores per question; `progress(pairs done by the small model, pairs in all)`."""
        return self.compare_with_report(batch, progress=progress)[0]

    def compare_with_report(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> tuple[list[RelationScores], CascadeReport]:
        """The scores and what they cost."""
        self._fitted()
        questions = as_batch(batch)
        scores, costs = scores_of(lambda: self.large.plans(questions), self._ask, self.large.scores, progress)
        return scores, sum(costs, start=CascadeReport())

    def cluster(self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict") -> list[IntArray]:
        """(n,) greedy cluster ids per question, for less than the price of the matrices."""
        return self.cluster_with_report(batch, equivalence)[0]

    def cluster_with_report(
        self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict"
    ) -> tuple[list[IntArray], CascadeReport]:
        """The clusters and what they cost."""
        self._fitted()
        plans = self.large.plans(as_batch(batch))
        clusters, costs = clusters_of(plans, self._ask, equivalence, lambda: self.large.decides_from)
        return clusters, sum(costs, start=CascadeReport())

    def describe(self) -> str:
        """The guarantee in words."""
        if self.guarantee is None:
            return "No guarantee: the threshold was not fitted." if self.threshold is not None else "Not fitted."
        return self.guarantee.describe()

    def _fitted(self) -> float:
        if self.threshold is None:
            raise InvalidParameter(
                "Cascade.threshold: expected a number in [0, 1], got None; use the cascade that `fit(batch)` returns, "
                "or give a threshold (without a guarantee)"
            )
        return float(self.threshold)

    def _ask(self, plan: Plan, pairs: IntArray, progress: Progress | None) -> tuple[FloatArray, CascadeReport]:
        """(pairs, 3) probabilities of the small model, of the large one where the small one hesitates."""
        probabilities, small = self.small.ask(plan.sides, pairs, progress)
        near = np.flatnonzero(margins_of(probabilities, self.large.decides_from) <= self._fitted())
        better, large = self.large.ask(plan.sides, pairs[near])
        probabilities[near] = better
        return probabilities, CascadeReport(small, large)

    def _asked(self, plan: Plan, per: Per, rng: np.random.Generator) -> Iterator[Asked]:
        """What both models say of the questions of a plan, of the pairs that the guard leaves to them."""
        small = self.small.ask(plan.sides, plan.pairs)[0]
        decides_from = self.large.decides_from
        margins = margins_of(small, decides_from)
        row = {(int(a), int(b)): index for index, (a, b) in enumerate(plan.pairs)}
        questions = [rows for ids in plan.ids if len(rows := _open_rows(ids, plan, row))]
        tested = [rng.choice(rows, 1) if per == "pair" else rows for rows in questions]
        wanted = np.unique(np.concatenate(tested)) if tested else np.empty(0, dtype=np.int64)
        large = np.full(len(plan.pairs), -1)
        large[wanted] = labels_of_pairs(self.large.ask(plan.sides, plan.pairs[wanted])[0], decides_from)
        for rows, own in zip(questions, tested, strict=True):
            differs = labels_of_pairs(small[own], decides_from) != large[own]
            yield Asked(margins=margins[rows], worst=float(margins[own][differs].max(initial=-1.0)))


def margins_of(probabilities: FloatArray, threshold: float | None) -> FloatArray:
    """(pairs,) how far apart the two highest probabilities are, or entailment and the threshold that decides it."""
    if threshold is None:
        ranked = np.sort(probabilities, axis=1)
        return np.asarray(ranked[:, -1] - ranked[:, -2])
    entailment, neutral, contradiction = probabilities.T
    short = threshold - entailment
    return np.where(short <= 0, -short, np.minimum(short, np.abs(contradiction - neutral)))


def _open_rows(ids: IntArray, plan: Plan, row: dict[tuple[int, int], int]) -> IntArray:
    """The rows of a plan's pairs that belong to one question and on which no rule has a verdict."""
    distinct = np.unique(ids).tolist()
    pairs = ((a, b) for a in distinct for b in distinct if a != b)
    return np.array(
        [row[pair] for pair in pairs if plan.decided.get((min(pair), max(pair)), Verdict.OPEN) is Verdict.OPEN],
        dtype=np.int64,
    )
