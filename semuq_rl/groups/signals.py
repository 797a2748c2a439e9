"""`Signal`: any semuq estimator as a number in [0, 1] per prompt, 1 being as uncertain as can be.

Between `GroupBatch` and the modulators: the answers of all groups of a step go through the
estimator in one batch (one pass of the relation) and are put on the estimator's own scale for that
many answers. A group that cannot be scored does not stop a training run: it is unknown, counted,
and modulators leave it alone (factor 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.base import Estimator
from semuq.evidence import Embedder, Evidence, Need, views
from semuq.numerics import BoolArray, FloatArray, IntArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq_rl.groups.answers import Extract, Unparsable, answer_samples, set_apart, whole_text
from semuq_rl.groups.arrays import to_numpy
from semuq_rl.groups.batch import GroupBatch, LogprobsSource

__all__ = ["Limits", "Signal", "SignalResult", "merge_results", "read_signal"]


Limits = Literal["estimator", "log_n"] | tuple[float, float]

_CARRIED = frozenset(
    {Need.RELATION, Need.CLUSTERS, Need.EMBEDDINGS, Need.EMBEDDER, Need.LIKELIHOODS, Need.TOKEN_ENTROPIES}
)
"""What a `GroupBatch`, a relation and an embedder can cover."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SignalResult:
    """What a `Signal` found in one step's groups.

    Args:
        values: (P,) in [0, 1], higher = more uncertain; 0 where not known.
        known: (P,) bool, False for groups that could not be scored.
        raw: (P,) the estimator's own scores, in its units; NaN where not known.
        reasons: why a group could not be scored, by its place in the batch.
        clipped: how many scores lay outside the limits that were passed in place of the estimator's.
        unparsable: how many rollouts had no answer.
        logprobs_source: where the log-probs came from; None if the estimator needs none.
        clusters: the cluster of each answer by the group's place in the batch, -1 where a rollout
            has none; empty for an estimator without clusters.
    """

    values: FloatArray
    known: BoolArray
    raw: FloatArray
    reasons: dict[int, str]
    clipped: int = 0
    unparsable: int = 0
    logprobs_source: LogprobsSource | None = None
    clusters: dict[int, IntArray] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many groups could not be scored."""
        return len(self.reasons)


@dataclass(frozen=True, kw_only=True)
class Signal:
    """How uncertain the policy is about each prompt, by any estimator, on a scale from 0 to 1.

    Formula. u = (score - low) / (high - low) with (low, high) = estimator.bounds(n) for the n
    answers of the group; u = 0 where low = high, as with one answer. For semantic entropy this is
    SE / log G.

    Args:
        estimator: any semuq estimator with finite bounds.
        relation: how answers are compared, where the estimator needs it.
        embedder: embeds answers, where the estimator needs it.
        extract: a rollout -> its answer or None; `extract_boxed` for mathematics. The default takes
            the whole text.
        unparsable: "alone" makes each rollout without answer a meaning of its own, as SEED-GRPO's
            released code does (estimators over embeddings see a placeholder text instead); "drop"
            leaves it out, and n is smaller.
        limits: "estimator" takes the estimator's bounds. "log_n" takes (0, log n), and a pair takes
            itself: scores outside are clipped, and counted in `SignalResult.clipped`.

    Returns (`measure`): a SignalResult.

    Raises:
        InvalidParameter: the estimator has no finite bounds and no limits were passed.
        MissingEvidence: the estimator needs log-probs, a relation or an embedder that is not there.
            What is missing for all groups is an error; what fails in one group is counted.

    Degenerate cases. A group with no parsable rollout, with fewer answers than the estimator's
    `min_samples`, or on which the estimator raises a ValueError or ArithmeticError: not known. A
    rollout without tokens has no likelihood, and is left out where the estimator needs one.

    Cost. One pass of the relation over the whole step; only after a failure one more per group.

    Example:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch
        >>> batch = GroupBatch(prompts=["1+1?", "2+2?"], texts=[["2", "2"], ["4", "5"]], rewards=[[1, 1], [1, 0]])
        >>> Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch()).measure(batch).values
        array([0., 1.])
    """

    estimator: Estimator
    relation: Relation | None = None
    embedder: Embedder | None = None
    extract: Extract = whole_text
    unparsable: Unparsable = "alone"
    limits: Limits = "estimator"

    def __post_init__(self) -> None:
        if not isinstance(self.estimator, Estimator):
            raise InvalidParameter(
                f"Signal.estimator: expected an estimator such as SemanticEntropy(), got {self.estimator!r:.80}"
            )
        if self.unparsable not in get_args(Unparsable):
            raise InvalidParameter(
                f"Signal.unparsable: expected one of {get_args(Unparsable)}, got {self.unparsable!r}"
            )
        needs = self.estimator.needs
        name = type(self.estimator).__name__
        foreign = sorted(need.value for need in needs - _CARRIED)
        if foreign:
            raise MissingEvidence(
                f"Signal.estimator: {name} needs {', '.join(foreign)}, which rollouts do not carry; "
                "take an estimator over texts, log-probs or token entropies"
            )
        if needs & {Need.RELATION, Need.CLUSTERS} and self.relation is None:
            raise MissingEvidence(f"Signal.relation: {name} compares answers, got None; pass relation=ExactMatch()")
        if needs & {Need.EMBEDDINGS, Need.EMBEDDER} and self.embedder is None:
            raise MissingEvidence(f"Signal.embedder: {name} embeds answers, got None; pass embedder=SentenceEmbedder()")
        low, high = self._limits(max(2, self.estimator.min_samples))
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise InvalidParameter(
                f"Signal.estimator: expected finite bounds to put the score on a scale from 0 to 1, but "
                f"{self.estimator!r} has ({low}, {high}); take an estimator or variant with bounds (semantic entropy "
                "with form='shannon'), or pass limits='log_n' or limits=(low, high), which clips and counts"
            )

    def measure(self, batch: GroupBatch) -> SignalResult:
        """The signal of each group of the batch."""
        uses_logprobs = Need.LIKELIHOODS in self.estimator.needs
        if uses_logprobs and batch.logprobs is None:
            raise MissingEvidence(
                f"logprobs: {type(self.estimator).__name__} needs the log-probs of the rollouts, got None; pass "
                "GroupBatch(logprobs=..., token_mask=..., logprobs_source=...), or take an estimator that counts "
                "answers (DiscreteSemanticEntropy)"
            )
        if Need.TOKEN_ENTROPIES in self.estimator.needs and batch.entropies is None:
            raise MissingEvidence(
                f"entropies: {type(self.estimator).__name__} needs the entropies of the rollouts' tokens, got None; "
                "pass GroupBatch(entropies=..., token_mask=...)"
            )
        groups, places, reasons, unparsable = self._answers(batch)
        raw = np.full(len(batch), np.nan)
        clusters = {}
        for p, (score, own) in self._scores(groups, reasons).items():
            raw[p] = score
            if own is not None:
                clusters[p] = np.full(batch.mask.shape[1], -1, dtype=np.int64)
                clusters[p][places[p]] = own
        values = np.zeros(len(batch))
        known = np.isfinite(raw)
        clipped = 0
        for p in map(int, np.flatnonzero(known)):
            low, high = self._limits(len(groups[p]))
            u = (raw[p] - low) / (high - low) if high > low else 0.0
            clipped += not -1e-9 <= u <= 1 + 1e-9
            values[p] = min(max(u, 0.0), 1.0)
        return SignalResult(
            values=values,
            known=known,
            raw=raw,
            reasons=dict(sorted(reasons.items())),
            clipped=clipped,
            unparsable=unparsable,
            logprobs_source=batch.logprobs_source if uses_logprobs else None,
            clusters=clusters,
        )

    def _limits(self, n: int) -> tuple[float, float]:
        if self.limits == "estimator":
            return self.estimator.bounds(n)
        if self.limits == "log_n":
            return (0.0, math.log(n))
        if isinstance(self.limits, tuple) and len(self.limits) == 2 and self.limits[0] < self.limits[1]:
            return self.limits
        raise InvalidParameter(
            f"Signal.limits: expected 'estimator', 'log_n' or a pair (low, high), low < high, got {self.limits!r}"
        )

    def _answers(self, batch: GroupBatch) -> tuple[dict[int, SampleSet], dict[int, IntArray], dict[int, str], int]:
        groups: dict[int, SampleSet] = {}
        places: dict[int, IntArray] = {}
        reasons: dict[int, str] = {}
        unparsable = 0
        for p in range(len(batch)):
            unparsable += sum(self.extract(batch.texts[p][g]) is None for g in batch.rollouts(p))
            try:
                samples, places[p] = answer_samples(
                    batch,
                    p,
                    self.extract,
                    self.unparsable,
                    logprobs=Need.LIKELIHOODS in self.estimator.needs,
                    entropies=Need.TOKEN_ENTROPIES in self.estimator.needs,
                )
            except ValueError as error:
                reasons[p] = str(error)
                continue
            if samples is None:
                tokens = " and has tokens" if not len(places[p]) else ""
                reasons[p] = f"none of {int(batch.mask[p].sum())} rollouts could be parsed{tokens}"
            elif len(samples) < self.estimator.min_samples:
                reasons[p] = f"{len(samples)} answers, {self.estimator.min_samples} needed"
            else:
                groups[p] = samples
        return groups, places, reasons, unparsable

    def _scores(
        self, groups: dict[int, SampleSet], reasons: dict[int, str]
    ) -> dict[int, tuple[float, IntArray | None]]:
        """Score and clusters of all groups at once; where that fails, one by one, to find which it was."""
        if not groups:
            return {}
        relation = self.relation and set_apart(self.relation, list(groups.values()))

        def score(samples: list[SampleSet]) -> list[tuple[float, IntArray | None]]:
            evidence = Evidence(samples, relation, self.embedder)
            scores = self.estimator.score_evidence(evidence).tolist()
            if Need.CLUSTERS not in self.estimator.needs:
                return [(own, None) for own in scores]
            # The estimator has just asked for these, so they cost nothing more.
            options = {
                name: getattr(self.estimator, name)
                for name in ("equivalence", "clustering")
                if hasattr(self.estimator, name)
            }
            return [(own, view.clusters(**options)) for own, view in zip(scores, views(evidence), strict=True)]

        try:
            return dict(zip(groups, score(list(groups.values())), strict=True))
        except (ValueError, ArithmeticError):
            scores = {}
            for p, samples in groups.items():
                try:
                    scores[p] = score([samples])[0]
                except (ValueError, ArithmeticError) as error:
                    reasons[p] = f"{type(error).__name__}: {error}"
            return scores


def merge_results(parts: Sequence[SignalResult], places: Sequence[Sequence[int]], prompts: int) -> SignalResult:
    """The result for a batch of which several were measured: `places[k]` are the prompts of `parts[k]`.

    A prompt in none of them is not known, without a reason.

    >>> part = SignalResult(values=np.ones(1), known=np.ones(1, dtype=bool), raw=np.ones(1), reasons={})
    >>> merge_results([part], [[1]], 2).known
    array([False,  True])
    """
    values, raw, known = np.zeros(prompts), np.full(prompts, np.nan), np.zeros(prompts, dtype=bool)
    reasons: dict[int, str] = {}
    clusters: dict[int, IntArray] = {}
    for part, own in zip(parts, places, strict=True):
        index = list(own)
        values[index], raw[index], known[index] = part.values, part.raw, part.known
        reasons |= {index[p]: reason for p, reason in part.reasons.items()}
        clusters |= {index[p]: labels for p, labels in part.clusters.items()}
    return SignalResult(
        values=values,
        known=known,
        raw=raw,
        reasons=dict(sorted(reasons.items())),
        clipped=sum(part.clipped for part in parts),
        unparsable=sum(part.unparsable for part in parts),
        logprobs_source=next((part.logprobs_source for part in parts), None),
        clusters=dict(sorted(clusters.items())),
    )


def read_signal(signal: Any, prompts: int) -> tuple[FloatArray, BoolArray]:
    """(P,) values and (P,) known, from a SignalResult or an array of P numbers in [0, 1].

    Raises:
        MissingEvidence: there is no signal.
        InvalidParameter: wrong shape, NaN, or outside [0, 1].
    """
    if signal is None:
        raise MissingEvidence("signal: expected a number per prompt, got None; pass signal=Signal(...).measure(batch)")
    if isinstance(signal, SignalResult):
        values, known = signal.values, signal.known
    else:
        values = np.asarray(to_numpy(signal), dtype=np.float64)
        known = np.ones(values.shape, dtype=bool)
    if values.shape != (prompts,):
        raise InvalidParameter(f"signal: expected shape ({prompts},), one number per prompt, got {values.shape}")
    # `not` around both: a NaN must not pass.
    bad = ~((values >= 0) & (values <= 1))
    if bad.any():
        raise InvalidParameter(
            f"signal[{int(np.argmax(bad))}]: expected a number in [0, 1], got {values[bad][0]}; "
            "normalise it, or mark a group that has none by a SignalResult with known=False"
        )
    return values, known
