"""Amortised estimators: a trained head reads the spread of meanings off one answer's hidden states.

One answer is enough: what many samples would have shown was learned beforehand (`semuq.fitted.aseu`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, get_args, runtime_checkable

import numpy as np

from semuq.checks import one_of, whole
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.base import AnswerEstimator, Units
from semuq.estimators.embedding import MeanLogDeterminant, eigenscore, mean_cosine_distance
from semuq.evidence import EvidenceView, Need
from semuq.evidence.stack import EvidenceStack
from semuq.fitted.gaussian import GaussianHead
from semuq.fitted.known_states import ReferenceStates
from semuq.numerics import FloatArray

__all__ = ["ASEU", "HiddenEigenScore", "LatentHead", "StateDistance", "cosine_spread"]


Space = Literal["latent", "decoded"]


@runtime_checkable
class LatentHead(Protocol):
    """What reads states: `semuq.fitted.gaussian.GaussianHead`, or one of your own."""

    def posterior(self, states: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(T, k) means and (T, k) standard deviations of latent vectors, for states (T, d)."""
        ...

    def decode(self, latent: FloatArray) -> FloatArray:
        """(..., e) embeddings of latent vectors (..., k)."""
        ...


@dataclass(frozen=True, kw_only=True)
class ASEU(AnswerEstimator):
    """Amortised SEU: how far apart the meanings are that an answer's hidden states leave open, from a single pass.

    What it says. High: while answering, the model's state is one from which it says many things. Low: one from which
    it says one.

    Formula.
        z_tm = mu(h_t) + sigma(h_t) eps_m        m = 1..draws, eps_m ~ N(0, I) the same at every token t
        S_t  = mean_{m != m'} cos(z_tm, z_tm')    over pairs of draws
        u_i  = 1 - median_t S_t                   over the tokens of answer i: `score_answers`
        U    = (1/n) sum_i u_i

    Args:
        head: trained by `semuq.fitted.aseu.train_aseu` on states of the same model and layer.
        draws: >= 2, of latent vectors at each token.
        space: compare the "latent" vectors, as the paper does, or "decoded", the embeddings they stand for.
        seed: of the draws.

    Returns (`score`): float64 (questions,), dimensionless, within (0, draws / (draws - 1)).

    Raises:
        MissingEvidence: no `token_states`, or no head.
        InvalidParameter: a parameter is outside its limits, or the states are not of the head's width.

    Degenerate cases. One answer: its own score, the paper's case. An answer without tokens counts 1: nothing is
    known of it. A vector of length 0 has cosine 0 with all others.

    Cost. None beyond keeping a state per token: no second answer, no embedding. Training once per model.

    Variant. ASEU of the paper's first version; the mean over answers is ours, and so is the training objective
    [inferred], see `train_aseu`. A latent space has no natural origin: the prior's weight in training decides how
    large a spread looks beside the mean, so compare scores of one head only.

    Example:
        >>> from semuq import SampleSet
        >>> class Sure:
        ...     def posterior(self, states):
        ...         return np.ones((len(states), 2)), np.abs(states) @ np.ones((1, 2))
        ...     def decode(self, latent):
        ...         return latent
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "perhaps Lyon"),
        ...                     token_states=[[[0.0]], [[2.0], [4.0]]])
        >>> ASEU(head=Sure()).score_answers(samples).round(4)
        array([0.   , 1.063])

    See also: SemanticEmbeddingUncertainty (from many answers, untrained).

    References: Grewal, Bonilla, Bui, Improving Uncertainty Quantification in Large Language Models via Semantic
        Embeddings, arXiv:2410.22685v1.
    """

    head: LatentHead | None = None
    draws: int = 8
    space: Space = "latent"
    seed: int = 0

    needs: ClassVar[frozenset[Need]] = frozenset({Need.TOKEN_STATES})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = ("Grewal, Bonilla, Bui, arXiv:2410.22685v1",)
    blind_to: ClassVar[str] = "states unlike those its head was trained on; other models"

    def __post_init__(self) -> None:
        one_of(self, get_args(Space), space=self.space)
        if self.head is not None and not isinstance(self.head, LatentHead):
            raise InvalidParameter(f"ASEU.head: expected a GaussianHead, got {self.head!r:.60}; train one")
        whole(self, 2, draws=self.draws)
        whole(self, 0, seed=self.seed)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A trained head is more than its name."""
        if self.head is None:
            return {}
        return {"survives_copying": "the repr names the trained head by a digest of its weights; save and load it"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, draws / (draws - 1)): unit vectors have a mean cosine of at least -1 / (draws - 1)."""
        return (0.0, self.draws / (self.draws - 1))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return stack.each(self._answers)

    def _answers(self, view: EvidenceView) -> FloatArray:
        if self.head is None:
            raise MissingEvidence(
                "head: ASEU needs a trained one, got None; train it with semuq.fitted.aseu.train_aseu"
            )
        head = self.head
        return np.array([self._spread(head, states) for states in view.samples.token_states or ()])

    def _spread(self, head: LatentHead, states: FloatArray) -> float:
        if not len(states):
            return 1.0
        mean, scale = head.posterior(states)
        noise = np.random.default_rng(self.seed).standard_normal((self.draws, mean.shape[1]))
        drawn = mean[:, None, :] + scale[:, None, :] * noise
        return float(np.median(cosine_spread(drawn if self.space == "latent" else head.decode(drawn))))

    @classmethod
    def examples(cls) -> tuple[ASEU, ...]:
        """Both spaces, with an untrained head for states of 8 numbers."""
        rng = np.random.default_rng(0)
        head = GaussianHead(
            {
                "centre": np.zeros(8),
                "scale": np.ones(8),
                "first": rng.normal(size=(8, 6)),
                "first_bias": np.zeros(6),
                "second": rng.normal(size=(6, 8)),
                "second_bias": np.zeros(8),
                "decoder": rng.normal(size=(4, 5)),
            }
        )
        return (cls(head=head), cls(head=head, space="decoded", draws=3, seed=1))


def cosine_spread(vectors: FloatArray) -> FloatArray:
    """(...) 1 - mean pairwise cosine of m vectors (..., m, d), m >= 2, in [0, m / (m - 1)].

    >>> cosine_spread(np.array([[[2.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]]))
    array([0., 1.])
    """
    m = vectors.shape[-2]
    return np.clip(mean_cosine_distance(vectors), 0.0, m / (m - 1))


@dataclass(frozen=True, kw_only=True)
class StateDistance(AnswerEstimator):
    """Mahalanobis distance of hidden states (RDE in its robust form) from questions the model is known to answer.

    What it says. High: inside the model this question looks like none of the reference. Low: like many.

    Formula.
        d(h) = sqrt((h - m)^T C^-1 (h - m))          of the reference's mean and covariance
        u_i  = d(h_i), or d(h_i) - d_0(h_i)            what `score_answers` gives
        U    = (1/n) sum_i u_i
    A robust reference takes kernel principal components of h first (RDE).

    Args:
        reference: from `ReferenceStates.fit` on hidden states of the same model and layer.
        background: a second reference, of any text; its distance d0 is taken off, so that states that are far from
            everything do not count as far (relative Mahalanobis distance).

    Returns (`score`): float64 (questions,), dimensionless, within (0, inf), or (-inf, inf) with a background.

    Raises:
        MissingEvidence: no `hidden_states`, or no reference.
        InvalidParameter: the states are not of the reference's width.

    Degenerate cases. One answer: its own distance, the papers' case. Under a robust reference states that are very far
    from all anchors, beyond the reach of its kernel, look ordinary: choose a smaller gamma.

    Cost. None beyond keeping one state per answer; fitting once.

    Variant. Mahalanobis distance with a Ledoit-Wolf covariance; `method="robust"` is RDE (kernel principal components
    and minimum covariance determinant), there per class of a classifier, here one class; the relative form is that
    of Ren et al. The mean over answers is ours.

    Example:
        >>> from semuq import SampleSet
        >>> known = ReferenceStates({"mean": [0, 0], "precision": [[1, 0], [0, 0.25]]})
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"), hidden_states=[[3, 0], [0, 2]])
        >>> StateDistance(reference=known).score_answers(samples)
        array([3., 1.])

    See also: HiddenEigenScore (the states of several answers against each other), ASEU.

    References: Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018,
        arXiv:1807.03888; Yoo et al., Findings of ACL 2022, arXiv:2203.01677 (RDE); Ren et al., Out-of-Distribution
        Detection and Selective Generation for Conditional Language Models, ICLR 2023, arXiv:2209.15558.
    """

    reference: ReferenceStates | None = None
    background: ReferenceStates | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({Need.HIDDEN_STATES})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018, "
        "arXiv:1807.03888",
        "Yoo et al., Detection of Word Adversarial Examples in Text Classification, Findings of ACL 2022, "
        "arXiv:2203.01677",
        "Ren et al., Out-of-Distribution Detection and Selective Generation for Conditional Language Models, "
        "ICLR 2023, arXiv:2209.15558",
    )
    blind_to: ClassVar[str] = "wrong answers to familiar questions"

    def __post_init__(self) -> None:
        for name in ("reference", "background"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, ReferenceStates):
                raise InvalidParameter(f"StateDistance.{name}: expected ReferenceStates or None, got {value!r:.60}")

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A fitted reference is more than its name."""
        if self.reference is None:
            return {}
        return {"survives_copying": "the repr names the fitted reference by a digest of its weights; save and load it"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf), or (-inf, inf) with a background."""
        return (0.0 if self.background is None else -np.inf, np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return stack.each(self._answers)

    def _answers(self, view: EvidenceView) -> FloatArray:
        if self.reference is None:
            raise MissingEvidence(
                "reference: StateDistance needs a fitted one, got None; see "
                "semuq.fitted.known_states.ReferenceStates.fit"
            )
        states = np.asarray(view.samples.hidden_states)
        distance = self.reference.distance(states)
        return distance if self.background is None else distance - self.background.distance(states)

    @classmethod
    def examples(cls) -> tuple[StateDistance, ...]:
        """Plain and relative, for states of 8 numbers."""
        near = ReferenceStates({"mean": np.zeros(8), "precision": np.eye(8)})
        wide = ReferenceStates({"mean": np.ones(8), "precision": np.eye(8) / 4})
        return (cls(reference=near), cls(reference=near, background=wide))


@dataclass(frozen=True, kw_only=True)
class HiddenEigenScore(MeanLogDeterminant):
    """EigenScore (INSIDE) on hidden states: the volume that the model's own states span.

    What it says. High: inside the model the answers are different things. Low: the same thing.

    Formula. As `EigenScore`, with z_i the hidden state kept for answer i.

    Args:
        alpha: > 0, keeps the determinant from vanishing.

    Returns (`score`): float64 (questions,), dimensionless, within (log alpha, inf).

    Raises:
        MissingEvidence: no `hidden_states`.
        InvalidParameter: `alpha` is not > 0.

    Degenerate cases. As `EigenScore`.

    Cost. None beyond keeping one vector per answer; O(n^2 d + n^3) arithmetic.

    Variant. The paper's score, for which it takes the last token's state in the middle layer; its feature
    clipping happens in the model and is not part of this.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"),
        ...                     hidden_states=[[1, 0, -1], [1, -2, 1]])
        >>> round(HiddenEigenScore().score(samples), 4)
        1.2428

    See also: EigenScore (embeddings of the texts).

    References: Chen et al., INSIDE, ICLR 2024, arXiv:2402.03744, Sec. 3.1.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.HIDDEN_STATES})
    blind_to: ClassVar[str] = "questions with other n; what the kept layer does not hold"

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return eigenscore(stack.answers("hidden_states"), self.alpha)
