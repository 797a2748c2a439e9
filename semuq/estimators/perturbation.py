"""Perturbation estimators: what happens to the answers when the question is put in other words.

The rewordings and their answers are evidence (`SampleSet.perturbations`), made while sampling; an
embedder compares questions with questions and answers with answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, Units, one_of
from semuq.evidence import EvidenceView, Need
from semuq.numerics import fill_diagonal

__all__ = ["InvEntropy", "inverse_model"]

FloatArray = NDArray[np.float64]

Mode = Literal["diagonal", "full"]


@dataclass(frozen=True, kw_only=True)
class InvEntropy(Estimator):
    """How hard it is to tell from an answer which wording of the question it was given to.

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
    references: ClassVar[tuple[str, ...]] = (
        "Song, Ji, Shi, Lai, Al Kontar, Inv-Entropy: A Fully Probabilistic Framework for Uncertainty "
        "Quantification in Language Models, NeurIPS 2025, arXiv:2506.09684",
    )

    def __post_init__(self) -> None:
        one_of(self, get_args(Mode), mode=self.mode)
        for name, least in (("draws", 1), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InvalidParameter(f"InvEntropy.{name}: expected an integer >= {least}, got {value!r}")

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
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    similar = fill_diagonal(np.abs(unit @ unit.swapaxes(-1, -2)), 1.0)
    return np.asarray(similar / similar.sum(axis=-1, keepdims=True))
