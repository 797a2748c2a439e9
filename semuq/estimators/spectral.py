"""Spectral estimators: the answers as a graph of agreement, and what its degrees and eigenvalues say.

Any relation gives the weights: a model's entailment, an equivalence (0 or 1), a lexical or embedding
similarity. Unlike clustering, nothing is decided before the end. `Degree`, `EigenvalueSum` and
`Eccentricity` also score single answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of, positive
from semuq.estimators.base import AnswerEstimator, Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import laplacian
from semuq.numerics import FloatArray
from semuq.relations.base import Affinity, RelationScores, affinity

__all__ = ["Degree", "Eccentricity", "EigenvalueSum", "Laplacian", "SpectralGap"]


Laplacian = Literal["symmetric", "random-walk", "unnormalised"]

_PAPER = "Lin, Trivedi, Sun, Generating with Confidence, TMLR 2024, arXiv:2305.19187"


@dataclass(frozen=True, kw_only=True)
class Degree(AnswerEstimator):
    """Deg, the degree matrix: how little the answers agree with each other, on average over all pairs.

    What it says. High: most answers stand alone. Low: most answers agree with most.

    Formula.
        W_ij = (a(i -> j) + a(j -> i)) / 2,  W_ii = 1       agreement in [0, 1], (n, n)
        U    = 1 - (1/n^2) sum_ij W_ij                      = trace(n I - D) / n^2, D = diag(W 1)
    `score_answers` gives 1 - D_ii / n, one minus the paper's confidence C_Deg; U is their mean.

    Args:
        affinity: a(i -> j) is the probability of "entailment", or one minus that of contradiction
            ("no-contradiction"). The same for relations that are equivalences or similarities.

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1 - 1/n).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: `affinity` is neither of the two.

    Degenerate cases. One answer: 0. All agree: 0. None agree: 1 - 1/n, since each agrees with itself;
    so questions with different n compare only if they agree in part.

    Cost. For u distinct answers u (u - 1) ordered pairs, shared by all estimators of one `evaluate`.

    Variant. U_Deg of the paper, Eq. 8. W is made symmetric before its rows are summed, as the paper has it; the
    released code sums the rows of the directed matrix, so its confidence of an answer is how much that answer is
    entailed by (or entails) the others, one way only. The mean over all answers, and so `score`, is the same either
    way; `score_answers` is not. The released code averages n - D_ii without dividing by n, which
    is n times this, and divides the logits by a temperature first; rank by either alike at equal n.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> Degree().score(samples, ExactMatch())
        0.375
        >>> Degree().score_answers(samples, ExactMatch())
        array([0.25, 0.25, 0.25, 0.75])

    See also: EigenvalueSum, Eccentricity (the same graph), PairwiseDissimilarity (without the diagonal).

    References: Lin, Trivedi, Sun, arXiv:2305.19187, Sec. 4.2.
    """

    affinity: Affinity = "entailment"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "whether disagreement is two camps or many; errors on which all answers agree"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Affinity), affinity=self.affinity)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1 - 1/n)."""
        return (0.0, 1 - 1 / n)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return 1.0 - affinity(stack.relation, self.affinity).mean(axis=-1)

    @classmethod
    def examples(cls) -> tuple[Degree, ...]:
        """Both affinities."""
        return (cls(), cls(affinity="no-contradiction"))


@dataclass(frozen=True, kw_only=True)
class EigenvalueSum(AnswerEstimator):
    """EigV, the sum of eigenvalues: how many meanings the answers have, counted softly.

    What it says. 1: one meaning. n: as many as answers. 2.3: somewhat more than two.

    Intuition. The normalised Laplacian of a graph has one eigenvalue 0 for every connected component.
    Where agreement is a matter of degree, eigenvalues near 0 count nearly 1.

    Formula.
        L = I - D^(-1/2) W D^(-1/2)                 W, D as in `Degree`
        U = sum_k max(0, 1 - lambda_k)              lambda: the n eigenvalues of L, v_k their eigenvectors
        u_i = sum_k max(0, 1 - lambda_k) v_ik^2      answer i's share of U: `score_answers`, in [0, 1]

    Args:
        affinity: as in `Degree`.
        laplacian: "symmetric" is the L above; "random-walk" is I - D^(-1) W, which has the same eigenvalues;
            "unnormalised" is D - W, in which a well-connected group counts as one the sooner the larger it is.

    Returns (`score`): float64 (questions,), dimensionless, within (1, n).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer: 1. All agree fully: 1. None agree: n. For an equivalence it is
    exactly the number of clusters, and an answer among m alike has the share 1/m. Seeing each answer twice
    changes nothing (but for soft relations with "unnormalised").

    Cost. As `Degree`; one symmetric eigendecomposition, O(n^3).

    Variant. U_EigV of the paper, Eq. 6 and its clipped eigenvalues. The shares of single answers are ours.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> round(EigenvalueSum().score(samples, ExactMatch()), 9)
        2.0
        >>> EigenvalueSum().score_answers(samples, ExactMatch()).round(4)
        array([0.3333, 0.3333, 0.3333, 1.    ])

    See also: NumSemanticSets (the hard count).

    References: Lin, Trivedi, Sun, arXiv:2305.19187, Sec. 4.2.
    """

    affinity: Affinity = "entailment"
    laplacian: Laplacian = "symmetric"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "how large the groups are; errors on which all answers agree"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Affinity), affinity=self.affinity)
        one_of(self, get_args(Laplacian), laplacian=self.laplacian)

    def bounds(self, n: int) -> tuple[float, float]:
        """(1, n)."""
        return (1.0, float(n))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        eigenvalues = np.linalg.eigvalsh(_laplacian(stack.relation, self.affinity, self.laplacian))
        return np.asarray(np.clip(1.0 - eigenvalues, 0.0, None).sum(axis=-1))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        eigenvalues, vectors = np.linalg.eigh(_laplacian(stack.relation, self.affinity, self.laplacian))
        # The diagonal of a function of the matrix: equal eigenvalues may choose their eigenvectors freely.
        return np.asarray((vectors**2 * np.clip(1.0 - eigenvalues, 0.0, None)[:, None, :]).sum(axis=-1))

    @classmethod
    def examples(cls) -> tuple[EigenvalueSum, ...]:
        """Both affinities, both spectra."""
        return (cls(), cls(affinity="no-contradiction", laplacian="unnormalised"))


@dataclass(frozen=True, kw_only=True)
class Eccentricity(AnswerEstimator):
    """Ecc, eccentricity: how far the answers lie from their centre, on a map that the graph of agreement draws.

    What it says. High: the map falls into groups that do not touch. Low: one group.

    Intuition. The Laplacian's eigenvectors of small eigenvalue give each answer coordinates in which
    answers that agree lie together. Directions of large eigenvalue are noise and are left out.

    Formula.
        V   = the eigenvectors of L with lambda_k < threshold, (n, k); row v_i is the place of answer i
        U   = sqrt(sum_i |v_i - v|^2),  v = (1/n) sum_i v_i         L as in `EigenvalueSum`
    `score_answers` gives |v_i - v|, the negative of the paper's confidence C_Ecc.

    Args:
        affinity: as in `Degree`.
        laplacian: as in `EigenvalueSum`; "random-walk" takes the eigenvectors of I - D^(-1) W, D^(-1/2) v, which
            puts answers of a large group nearer to the centre.
        threshold: eigenvalues from here on are left out, > 0.

    Returns (`score`): float64 (questions,), dimensionless, within (0, sqrt(n - 1)).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. One answer: 0. All agree fully: 0. None agree: sqrt(n - 1). An equivalence with
    K clusters: sqrt(K - 1) (less for "random-walk", where larger clusters count less). Eigenvalues that
    coincide share their eigenvectors; neither score depends on how they do.

    Cost. As `EigenvalueSum`.

    Variant. U_Ecc of the paper, Eq. 10, with the released code's threshold of 0.9. The score jumps where
    an eigenvalue crosses the threshold.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> round(Eccentricity().score(samples, ExactMatch()), 9)
        1.0
        >>> Eccentricity().score_answers(samples, ExactMatch()).round(4)
        array([0.2887, 0.2887, 0.2887, 0.866 ])

    References: Lin, Trivedi, Sun, arXiv:2305.19187, Sec. 4.2.
    """

    affinity: Affinity = "entailment"
    laplacian: Laplacian = "symmetric"
    threshold: float = 0.9

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "directions beyond its threshold; errors on which all answers agree"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Affinity), affinity=self.affinity)
        one_of(self, get_args(Laplacian), laplacian=self.laplacian)
        positive(self, threshold=self.threshold)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Degrees grow with the number of answers."""
        if self.laplacian != "random-walk":
            return {}
        return {"doubling": "coordinates are divided by the roots of degrees, which grow with the number of answers"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, sqrt(n - 1)): n orthonormal columns, less their mean."""
        return (0.0, float(np.sqrt(n - 1)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(np.linalg.norm(self._stack_answers(stack), axis=1))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        eigenvalues, vectors = np.linalg.eigh(_laplacian(stack.relation, self.affinity, self.laplacian))
        if self.laplacian == "random-walk":
            vectors = vectors / np.sqrt(affinity(stack.relation, self.affinity).sum(axis=-1))[:, :, None]
        places = vectors * (eigenvalues < self.threshold)[:, None, :]  # a coordinate of 0 moves nobody
        return np.asarray(np.linalg.norm(places - places.mean(axis=1, keepdims=True), axis=2))

    @classmethod
    def examples(cls) -> tuple[Eccentricity, ...]:
        """Both affinities, all Laplacians, and a threshold that keeps less."""
        return (
            cls(),
            cls(affinity="no-contradiction", laplacian="unnormalised", threshold=0.5),
            cls(laplacian="random-walk"),
        )


@dataclass(frozen=True, kw_only=True)
class SpectralGap(Estimator):
    """Algebraic connectivity, turned: how close the answers are to falling into two camps.

    What it says. 1: they do fall apart. 0: one block in which all agree alike. It does not tell two
    camps from ten.

    Formula. U = 1 - lambda_2, the second smallest eigenvalue of L, as in `EigenvalueSum`; for the unnormalised L,
    whose eigenvalues reach n, U = 1 - lambda_2 / n.

    Args:
        affinity: as in `Degree`.
        laplacian: as in `EigenvalueSum`.

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer: 0. All agree fully: 0. Two groups without agreement: 1.

    Cost. As `EigenvalueSum`.

    Variant. A design of this package: the algebraic connectivity of Fiedler (1973) on the graph of Lin et
    al., turned so that high means uncertain. No paper proposes it as a score that we know of. It has no share per
    answer: where the second eigenvalue is not alone, its eigenvectors, which would say who is in which camp, are not
    unique.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> round(SpectralGap().score(samples, ExactMatch()), 9)
        1.0

    See also: EigenvalueSum (which counts the camps).

    References: Fiedler, Algebraic connectivity of graphs, Czechoslovak Math. J. 23 (1973); the graph of
        Lin, Trivedi, Sun, arXiv:2305.19187.
    """

    affinity: Affinity = "entailment"
    laplacian: Laplacian = "symmetric"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Fiedler, Algebraic connectivity of graphs, Czechoslovak Math. J. 23 (1973)",
        _PAPER,
    )
    blind_to: ClassVar[str] = "whether there are two camps or ten; errors on which all answers agree"

    def __post_init__(self) -> None:
        one_of(self, get_args(Affinity), affinity=self.affinity)
        one_of(self, get_args(Laplacian), laplacian=self.laplacian)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1), and (0, 0) for one answer: all eigenvalues but the first sum to n - 1 at most."""
        return (0.0, 1.0 if n > 1 else 0.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        if stack.n == 1:
            return np.zeros(len(stack))
        second = np.linalg.eigvalsh(_laplacian(stack.relation, self.affinity, self.laplacian))[:, 1]
        return np.asarray(1.0 - (second / stack.n if self.laplacian == "unnormalised" else second))

    @classmethod
    def examples(cls) -> tuple[SpectralGap, ...]:
        """Both spectra."""
        return (cls(), cls(laplacian="unnormalised"))


def _laplacian(scores: RelationScores, kind: Affinity, form: Laplacian) -> FloatArray:
    """(..., n, n) a symmetric Laplacian; the diagonal of W makes every degree at least 1.

    I - D^(-1) W is similar to the symmetric one: same eigenvalues, eigenvectors times D^(-1/2).
    """
    return laplacian(affinity(scores, kind), normalised=form != "unnormalised")
