"""Perturbation estimators: what happens to the answers when the question is put in other words.

The rewordings and their answers are evidence (`SampleSet.perturbations`), made while sampling; an
embedder compares questions with questions and answers with answers.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args, overload

import numpy as np
from scipy.special import entr

from semuq.checks import one_of, whole
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.base import PerQuestionEstimator, Units
from semuq.evidence import Evidence, EvidenceView, Need, views
from semuq.graphs import Clustering, cluster
from semuq.numerics import FloatArray, IntArray, entropy, fill_diagonal, unit_rows
from semuq.relations.base import Equivalence, Relation, affinity
from semuq.samples import SampleSet

__all__ = ["InvEntropy", "PerturbationEntropy", "PerturbationUncertainty", "inverse_model"]


Mode = Literal["diagonal", "full"]


@dataclass(frozen=True, kw_only=True)
class InvEntropy(PerQuestionEstimator):
    """Inv-Entropy: how hard it is to tell from an answer which wording of the question it was given to.

    What it says. High: answers scatter even where the questions hardly differ. About log n for n
    wordings, not 0: all answers are the same.

    Formula. One answer y_i is drawn for each of n wordings x_i, `draws` times over:
        X_ij = |cos(x_i, x_j)|, Y_ij = |cos(y_i, y_j)|      (n, n), of embeddings
        P    = rows of X divided by their sums; Q likewise from Y
        M    = Q P                                           M_ij = P(x_j | y_i), the inverse model
        diagonal   H = -sum_i M_ii log M_ii
        full       H = -sum_i p_i sum_j M_ij log M_ij,  p = (1/n) 1^T Q
    U is the mean of H over the draws.

    Args:
        draws: how often answers are drawn, >= 1.
        seed: of the draws. Answers are sorted before they are drawn from, so that their order does
            not matter.
        mode: "diagonal" is what the released code computes. "full" is the conditional entropy; it
            hardly moves and, on similar wordings, moves the wrong way: for study only.

    Returns (`score`): float64 (questions,), nats, within (0, inf). With k wordings beside the question,
        n = k + 1, the diagonal form is at most n / e and the full form at most log n.

    Raises:
        MissingEvidence: no `perturbations`, or no embedder was passed.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. No perturbation, n = 1: 0. All answers the same: the entropy of the mean row of P,
    which is log n for wordings that are all equally alike, not 0; so questions with different
    numbers of wordings do not compare. A vector of length 0 is like itself only. The diagonal form
    rises with n shares that start at 1/n and grow, only while they are below 1/e: with fewer than
    three wordings beside the question it falls instead, and with wordings whose mean |cos| is below
    about 0.2 it rises and falls again as the answers drift apart.

    Cost. One embedding per distinct wording and answer; O(draws n^3) arithmetic.

    Variant. The released code (its 20 draws are the default) prints the diagonal form under the name of
    a conditional entropy; the forward and distance measures beside it are not here.

    Example:
        >>> from semuq import SampleSet
        >>> class Letters:
        ...     def embed(self, texts):
        ...         return np.array([[text.count(letter) for letter in "acefilnoprsty"] for text in texts], float)
        >>> def asked(*answers):
        ...     wordings = ("Capital of France?", "Which city rules France?", "Seat of the French state?")
        ...     others = [SampleSet(prompt=own, texts=(its,)) for own, its in zip(wordings, answers)]
        ...     return SampleSet(prompt="What is the capital of France?", texts=("Paris",), perturbations=others)
        >>> InvEntropy().score([asked("Paris", "Paris", "Paris"), asked("Lyon", "Nice", "Metz")],
        ...                    embedder=Letters()).round(4)
        array([1.385 , 1.4325])

    References: Song, Ji, Shi, Lai, Al Kontar, Inv-Entropy, NeurIPS 2025, arXiv:2506.09684.
    """

    draws: int = 20
    seed: int = 0
    mode: Mode = "diagonal"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PERTURBATIONS, Need.EMBEDDER})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Song, Ji, Shi, Lai, Al Kontar, Inv-Entropy: A Fully Probabilistic Framework for Uncertainty "
        "Quantification in Language Models, NeurIPS 2025, arXiv:2506.09684",
    )
    blind_to: ClassVar[str] = (
        "negation and numbers, which sentence encoders hardly see; errors that every wording brings out"
    )

    def __post_init__(self) -> None:
        one_of(self, get_args(Mode), mode=self.mode)
        whole(self, 1, draws=self.draws)
        whole(self, 0, seed=self.seed)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf): the limit depends on the number of wordings, not of answers."""
        return (0.0, np.inf)

    def _score_one(self, view: EvidenceView) -> float:
        versions = (view.samples, *(view.samples.perturbations or ()))
        if len(versions) == 1:
            return 0.0
        questions = view.embed([version.prompt for version in versions])
        answers = [view.embed(sorted(version.texts)) for version in versions]
        # A share of the sorted answers rather than an index: the same sample seen twice draws the same.
        shares = np.random.default_rng(self.seed).random((self.draws, len(answers)))
        drawn = [own[(share * len(own)).astype(np.int64)] for own, share in zip(answers, shares.T, strict=True)]
        inverse, marginal = inverse_model(questions, np.stack(drawn, axis=1))
        surprise = entr(inverse)
        if self.mode == "diagonal":
            return float(np.trace(surprise, axis1=1, axis2=2).mean())
        return float((marginal * surprise.sum(axis=2)).sum(axis=1).mean())

    @classmethod
    def examples(cls) -> tuple[InvEntropy, ...]:
        """Both forms."""
        return (cls(), cls(mode="full", draws=3, seed=1))


def inverse_model(questions: FloatArray, answers: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(x_j | y_i) as (..., n, n), rows summing to 1, and P(y) (..., n), from n paired embeddings (..., n, d) each.

    >>> inverse, marginal = inverse_model(np.ones((2, 3)), np.eye(2))
    >>> inverse, marginal
    (array([[0.5, 0.5],
           [0.5, 0.5]]), array([0.5, 0.5]))
    """
    walk_questions, walk_answers = _walk(questions), _walk(answers)
    return walk_answers @ walk_questions, walk_answers.mean(axis=-2)


def _walk(vectors: FloatArray) -> FloatArray:
    """(..., n, n) |cos| with rows divided by their sums."""
    unit = unit_rows(vectors)
    similar = fill_diagonal(np.abs(unit @ unit.swapaxes(-1, -2)), 1.0)
    return np.asarray(similar / similar.sum(axis=-1, keepdims=True))


_PAPER = "Shi et al., Robustness-aware Automatic Prompt Optimization (PertBench), arXiv:2412.18196"


@dataclass(frozen=True, kw_only=True)
class _Perturbed(PerQuestionEstimator):
    """What both share: which perturbations count, and a score for each kind of them."""

    kinds: tuple[str, ...] | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PERTURBATIONS, Need.PERTURBED_RELATION})
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)

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
        for view in views(evidence):
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
        """For each perturbation of these kinds, where its answers are in the relation over all wordings."""
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
    blind_to: ClassVar[str] = "errors that every wording brings out"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _over(self, view: EvidenceView, versions: list[IntArray]) -> float:
        similarity = affinity(view.relation_over(Need.PERTURBED_RELATION))[: view.n]
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
    blind_to: ClassVar[str] = "errors that every wording brings out; how near two meanings are"

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
        same = view.relation_over(Need.PERTURBED_RELATION).equivalence(self.equivalence)[np.ix_(used, used)]
        weights = np.concatenate([np.full(len(own), 1 / len(own)) for own in parts])
        return float(entropy(np.bincount(cluster(same, self.clustering), weights=weights)))

    @classmethod
    def examples(cls) -> tuple[PerturbationEntropy, ...]:
        """All kinds with greedy clusters, one kind with components."""
        return (cls(), cls(kinds=("kind 1",), equivalence="relaxed", clustering="components"))
