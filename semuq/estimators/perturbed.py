"""Perturbation estimators over a relation: do answers stay the same when the question is put otherwise?

The perturbed questions and their answers are evidence (`SampleSet.perturbations`, made by
`semuq.sampling.perturbations`); the relation compares all answers as answers to the question itself.
`InvEntropy`, which needs an embedder instead, is in `perturbation`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, get_args, overload

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.base import Estimator, Units, one_of
from semuq.estimators.spectral import affinity
from semuq.evidence import Evidence, EvidenceView, Need
from semuq.graphs import Clustering, cluster
from semuq.numerics import entropy
from semuq.relations.base import Equivalence, Relation
from semuq.samples import SampleSet

__all__ = ["PerturbationEntropy", "PerturbationUncertainty"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_PAPER = "Shi et al., Robustness-aware Automatic Prompt Optimization (PertBench), arXiv:2412.18196"


@dataclass(frozen=True, kw_only=True)
class _Perturbed(Estimator):
    """What both share: which perturbations count, and a score for each kind of them."""

    kinds: tuple[str, ...] | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PERTURBATIONS, Need.PERTURBED_RELATION})
    references: ClassVar[tuple[str, ...]] = (_PAPER,)

    def __post_init__(self) -> None:
        kinds = self.kinds
        if kinds is not None and (
            not isinstance(kinds, tuple) or not kinds or not all(isinstance(kind, str) for kind in kinds)
        ):
            raise InvalidParameter(
                f"{type(self).__name__}.kinds: expected None or a tuple of names such as ('C1', 'S2'), got {kinds!r}"
            )

    @overload
    def score_kinds(self, samples: SampleSet, relation: Relation | None = None) -> dict[str, float]: ...
    @overload
    def score_kinds(self, samples: Sequence[SampleSet], relation: Relation | None = None) -> list[dict[str, float]]: ...
    def score_kinds(
        self, samples: SampleSet | Sequence[SampleSet], relation: Relation | None = None
    ) -> dict[str, float] | list[dict[str, float]]:
        """The score over each kind of perturbation alone: kind -> score, for kinds that the question has.

        Perturbations without a kind (`SampleSet.perturbation` is None) are under "".

        Raises:
            MissingEvidence: something in `needs` was not given.
        """
        evidence = Evidence(samples, relation)
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores = []
        for view in evidence.views():
            kinds = dict.fromkeys(other.perturbation or "" for other in view.samples.perturbations or ())
            scores.append({kind: self._over(view, self._versions(view, (kind,))) for kind in kinds})
        return scores[0] if isinstance(samples, SampleSet) else scores

    def _score_one(self, view: EvidenceView) -> float:
        versions = self._versions(view, self.kinds)
        if not versions:
            wanted = "some" if self.kinds is None else f"some of the kinds {self.kinds}"
            raise MissingEvidence(
                f"perturbations: {type(self).__name__} needs {wanted}, got none for {view.samples!r}; "
                "see semuq.sampling.perturbations"
            )
        return self._over(view, versions)

    def _versions(self, view: EvidenceView, kinds: tuple[str, ...] | None) -> list[IntArray]:
        """For each perturbation of these kinds, where its answers are in `view.perturbed_relation`."""
        found, start = [], view.n
        for other in view.samples.perturbations or ():
            if kinds is None or (other.perturbation or "") in kinds:
                found.append(np.arange(start, start + len(other)))
            start += len(other)
        return found

    @abstractmethod
    def _over(self, view: EvidenceView, versions: list[IntArray]) -> float:
        """The score over these perturbations."""


@dataclass(frozen=True, kw_only=True)
class PerturbationUncertainty(_Perturbed):
    """How unlike the answers become when the question is put otherwise.

    What it says. High: a typing error or a synonym is enough to change the answer. Low: the answer does not
    depend on the wording.

    Formula. U = (1/K) sum_k (1 - (1/(n n_k)) sum_{i,j} s(y_0i, y_kj)), with y_0 the n answers to the question, y_k
    the n_k answers to its k-th perturbation, and s in [0, 1] as in `PairwiseDissimilarity`.

    Args:
        kinds: only perturbations of these kinds (`SampleSet.perturbation`); None takes all.

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1). `score_kinds` gives the same for each
        kind of perturbation alone.

    Raises:
        MissingEvidence: no `perturbations`, or none of these kinds, or no relation was passed.
        InvalidParameter: `kinds` is no tuple of names.

    Degenerate cases. One answer each: 1 minus the mean similarity. All alike: 0. Answers that scatter without
    any perturbation score as high as ones that the perturbation moves: compare with `PairwiseDissimilarity`.

    Cost. For u distinct answers to all wordings u (u - 1) ordered pairs; the sampler answers K more questions.

    Variant. Dispersion of answers over PertBench's nine kinds of perturbation. The kinds are the paper's, the score
    is ours [inferred]: the paper measures a task's score under perturbation (see
    `semuq.metrics.performance_drop_rate`).

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> other = [SampleSet(prompt="Captial of France?", texts=("Paris", "Lyon"), perturbation="C1"),
        ...          SampleSet(prompt="Capital of France? @xY3q", texts=("paris",), perturbation="S1")]
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris"), perturbations=other)
        >>> PerturbationUncertainty().score(samples, ExactMatch())
        0.25
        >>> PerturbationUncertainty().score_kinds(samples, ExactMatch())
        {'C1': 0.5, 'S1': 0.0}

    See also: PerturbationEntropy (clusters), InvEntropy (embeddings of questions and answers).

    References: Shi et al., arXiv:2412.18196.
    """

    units: ClassVar[Units] = "dimensionless"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _over(self, view: EvidenceView, versions: list[IntArray]) -> float:
        similarity = affinity(view.perturbed_relation)[: view.n]
        return float(np.mean([1.0 - similarity[:, own].mean() for own in versions]))

    @classmethod
    def examples(cls) -> tuple[PerturbationUncertainty, ...]:
        """All kinds, and one of those that made-up samples have."""
        return (cls(), cls(kinds=("kind 0",)))


@dataclass(frozen=True, kw_only=True)
class PerturbationEntropy(_Perturbed):
    """How many different things the model says, over all wordings of the question.

    What it says. High: many meanings over the wordings. Low: one meaning, whatever the wording.

    Formula. H = -sum_c p_c log p_c over the clusters c of all answers to all K + 1 wordings, p_c the mean over the
    wordings of the share of their answers in c: each wording weighs alike.

    Args:
        kinds: as in `PerturbationUncertainty`.
        equivalence, clustering: as in `DiscreteSemanticEntropy`.

    Returns (`score`): float64 (questions,), nats, within (0, inf); at most the log of the number of answers to all
        wordings.

    Raises:
        MissingEvidence: no `perturbations`, or none of these kinds, or no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. All alike: 0. One answer per wording, all different: log(K + 1).

    Cost. As `PerturbationUncertainty`.

    Variant. `DiscreteSemanticEntropy` over the answers to PertBench's perturbations, pooled; ours [inferred].

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> other = [SampleSet(prompt="Captial of France?", texts=("Lyon",), perturbation="C1")]
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris"), perturbations=other)
        >>> round(PerturbationEntropy().score(samples, ExactMatch()), 4)  # log 2
        0.6931

    See also: PerturbationUncertainty (no clusters), DiscreteSemanticEntropy (one wording).

    References: Shi et al., arXiv:2412.18196; Farquhar et al., Nature 630 (2024).
    """

    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    units: ClassVar[Units] = "nats"

    def __post_init__(self) -> None:
        _Perturbed.__post_init__(self)
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf): the limit depends on the number of wordings too."""
        return (0.0, np.inf)

    def _over(self, view: EvidenceView, versions: list[IntArray]) -> float:
        parts = [np.arange(view.n), *versions]
        used = np.concatenate(parts)
        same = view.perturbed_relation.equivalence(self.equivalence)[np.ix_(used, used)]
        weights = np.concatenate([np.full(len(own), 1 / len(own)) for own in parts])
        return float(entropy(np.bincount(cluster(same, self.clustering), weights=weights)))

    @classmethod
    def examples(cls) -> tuple[PerturbationEntropy, ...]:
        """All kinds with greedy clusters, one kind with components."""
        return (cls(), cls(kinds=("kind 1",), equivalence="relaxed", clustering="components"))
