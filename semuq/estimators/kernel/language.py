"""Kernel language entropy: the von Neumann entropy of a kernel over the semantic graph.

Semantic entropy must put two answers in one cluster or in two; a kernel lets them be partly the
same. The evidence is a relation; the variant `KernelLanguageEntropyFull` mixes in likelihoods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, get_args, runtime_checkable

import numpy as np

from semuq.checks import one_of, positive, within
from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, Units
from semuq.estimators.semantic import cluster_log_masses
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering, laplacian
from semuq.numerics import FloatArray, IntArray, symmetric_function, unit_trace, von_neumann_entropy
from semuq.relations.base import Edges, Equivalence, RelationScores

__all__ = [
    "Heat",
    "Kernel",
    "KernelLanguageEntropy",
    "KernelLanguageEntropyFull",
    "KernelProduct",
    "KernelSum",
    "Matern",
    "block_kernel",
    "check_graph_options",
]


_DOUBLING = "twice the nodes mix faster: the kernel's degrees grow with the number of answers"
_PAPER = "Nikitin, Kossen, Gal, Marttinen, Kernel Language Entropy, NeurIPS 2024, arXiv:2405.20003"


@runtime_checkable
class Kernel(Protocol):
    """A positive semidefinite (n, n) matrix from a graph Laplacian (n, n)."""

    def matrix(self, laplacian: FloatArray) -> FloatArray:
        """The kernel of the graph; every diagonal entry is > 0."""
        ...


@dataclass(frozen=True, kw_only=True)
class Heat:
    """K = exp(-t L), the matrix exponential: heat after time t.

    Args:
        t: time > 0; larger mixes more. "auto" takes 3 / n: the paper's 0.3 at its n = 10, and the
            same exponent for identical answers at every n (ours, not the paper's).

    Example:
        >>> Heat(t=0.3).matrix(np.array([[1.0, -1.0], [-1.0, 1.0]])).round(3)
        array([[0.774, 0.226],
               [0.226, 0.774]])
    """

    t: float | Literal["auto"] = 0.3

    def __post_init__(self) -> None:
        if self.t != "auto":
            positive(self, t=self.t)

    def matrix(self, laplacian: FloatArray) -> FloatArray:
        """(..., n, n) exp(-t L)."""
        t = 3 / laplacian.shape[-1] if self.t == "auto" else self.t
        return symmetric_function(laplacian, lambda eigenvalues: np.exp(-t * eigenvalues))


@dataclass(frozen=True, kw_only=True)
class Matern:
    """K = (2 nu / kappa^2 I + L)^(-nu), a matrix power.

    Args:
        kappa: length scale > 0; larger mixes more.
        nu: smoothness > 0.
    """

    kappa: float = 1.0
    nu: float = 1.0

    def __post_init__(self) -> None:
        positive(self, kappa=self.kappa, nu=self.nu)

    def matrix(self, laplacian: FloatArray) -> FloatArray:
        """(..., n, n) (2 nu / kappa^2 I + L)^(-nu)."""
        shift = 2 * self.nu / self.kappa**2
        return symmetric_function(laplacian, lambda eigenvalues: (shift + np.clip(eigenvalues, 0.0, None)) ** -self.nu)


@dataclass(frozen=True, kw_only=True)
class KernelProduct:
    """The entrywise product of kernels, which is a kernel (Schur): answers mix only where they do under each.

    >>> one = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> KernelProduct(parts=(Heat(t=0.3), Heat(t=0.3))).matrix(one).round(4)
    array([[0.5997, 0.0509],
           [0.0509, 0.5997]])
    """

    parts: tuple[Kernel, ...]

    def __post_init__(self) -> None:
        _check_parts(self, self.parts)

    def matrix(self, laplacian: FloatArray) -> FloatArray:
        """(n, n) the product of the parts."""
        return np.asarray(np.prod([part.matrix(laplacian) for part in self.parts], axis=0))


@dataclass(frozen=True, kw_only=True)
class KernelSum:
    """A weighted sum of kernels, each brought to a unit diagonal first.

    Args:
        parts: kernels.
        weights: a number > 0 for each; None weighs them alike.
    """

    parts: tuple[Kernel, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        _check_parts(self, self.parts)
        if self.weights is not None:
            if len(self.weights) != len(self.parts):
                raise InvalidParameter(
                    f"KernelSum.weights: expected {len(self.parts)} numbers (one per kernel), got {self.weights}"
                )
            positive(self, **{f"weights[{index}]": weight for index, weight in enumerate(self.weights)})

    def matrix(self, laplacian: FloatArray) -> FloatArray:
        """(n, n) the sum of the parts."""
        parts = [unit_trace(part.matrix(laplacian)) for part in self.parts]
        return np.asarray(np.average(parts, axis=0, weights=self.weights))


@dataclass(frozen=True, kw_only=True)
class KernelLanguageEntropy(Estimator):
    r"""Kernel language entropy (KLE): how many different things the model says, where two may be partly the same.

    What it says. High: the answers scatter over unrelated meanings. Low: they say one thing in
    whatever words. Semantic entropy must put two answers in one cluster or in two; this need not.

    Intuition. Answers are nodes and agreement is conduction. Put heat on every node and wait a time
    t: it mixes where answers agree and stays where they do not. The entropy of the result counts
    the meanings that did not mix.

    Formula.
        W_ij = w(i -> j) + w(j -> i) for i != j,  W_ii = 0          weights of agreement, in [0, 2]
        L    = diag(W 1) - W                                        graph Laplacian
        K    = exp(-t L)                                            matrix exponential, not elementwise
        rho_ij = K_ij / (n sqrt(K_ii K_jj))                         positive semidefinite, trace 1
        H    = -sum_k lambda_k log lambda_k,  0 log 0 = 0           lambda: the eigenvalues of rho
    All matrices are (n, n) for n answers; w(i -> j) is 1, 1/2 or 0 if answer i entails, is neutral
    to, or contradicts answer j (`worth`).

    Args:
        kernel: `Heat(t=0.3)`, or `Matern(kappa=1.0, nu=1.0)`, a `KernelSum` or `KernelProduct` of such, or any
            object whose `.matrix(laplacian)` is positive semidefinite with a positive diagonal.
            The larger their parameters, the more the answers mix (the lower H).
        edges: "hard" takes the most probable of the three labels, as the paper does; "soft" takes
            the expectation of w under their probabilities.
        worth: what (entailment, neutral, contradiction) are worth; not increasing, in [0, 1].
        normalised_laplacian: use D^(-1/2) L D^(-1/2); needs far larger t to mix anything.

    Returns (`score`): float64 (questions,), nats, within `bounds(n)` = (0, log n).

    Raises:
        MissingEvidence: no relation between the answers was passed.
        InvalidParameter: a parameter is outside the limits above.

    Degenerate cases. One answer: 0. All contradict: log n, exactly. All the same: NOT 0, because
    rho keeps n nodes: 0.541, 0.680, 0.153, 0.0015 at n = 2, 5, 10, 20 with t = 0.3. So scores of
    questions with different n do not compare: `evaluate` warns. Repeated answers count each time.

    Cost. For u distinct answers u (u - 1) ordered pairs, from the matrix that all estimators of one
    `evaluate` share; no forward pass of its own; two symmetric eigendecompositions, O(n^3).

    Variant. The paper's KLE(K_heat), Eq. 8: hard labels, unnormalised Laplacian, t = 0.3. The
    authors' code defaults to t = 0.4 and divides by log n, which is undefined at n = 1; for that
    number take `score / log(n)`. The variant that adds answer likelihoods needs other evidence:
    `KernelLanguageEntropyFull`.

    Laws. The order of answers is irrelevant. At equal n, identical answers give the minimum and
    all-contradicting ones the maximum. Not a law: raising one W_ij can raise H a little.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> batch = [SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"))]
        >>> KernelLanguageEntropy().score(batch, relation=ExactMatch()).round(4)
        array([0.9972])

    See also: DiscreteSemanticEntropy (hard clusters: 0.6365 here).

    References: arXiv:2405.20003, Eq. 8 (heat), Eq. 9 (Matern), App. C (defaults).
    """

    kernel: Kernel = Heat()
    edges: Edges = "hard"
    worth: tuple[float, float, float] = (1.0, 0.5, 0.0)
    normalised_laplacian: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "errors on which all answers agree; how likely the answers are; questions with other n"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_graph_options(self)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The number of answers matters, as in the paper."""
        return {"doubling": _DOUBLING}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n); the lower end is reached only in the limit of full mixing."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return von_neumann_entropy(graph_density(self, stack.relation))

    @classmethod
    def examples(cls) -> tuple[KernelLanguageEntropy, ...]:
        """Both kernels, both kinds of edges, both Laplacians."""
        return (
            cls(),
            cls(kernel=Heat(t="auto"), edges="soft"),
            cls(kernel=Matern()),
            cls(kernel=Heat(t=5.0), normalised_laplacian=True),
            cls(kernel=KernelSum(parts=(Heat(), KernelProduct(parts=(Heat(), Matern()))), weights=(2.0, 1.0))),
        )


@dataclass(frozen=True, kw_only=True)
class KernelLanguageEntropyFull(Estimator):
    """Full kernel language entropy: KLE that also knows how likely the model finds each meaning.

    What it says. As `KernelLanguageEntropy`, with clusters the model finds unlikely counted less.

    Formula.
        rho  = alpha rho_graph + (1 - alpha) K_SE
        K_SE = (p_c / |c|) 1 1^T on each cluster c, 0 elsewhere     block diagonal, trace 1
        H    = -Tr[rho log rho]
    rho_graph is that of `KernelLanguageEntropy`; p_c the mass of cluster c as in `SemanticEntropy`.
    At alpha = 0 this is semantic entropy, exactly (Theorem 3.5).

    Args:
        alpha: share of the graph kernel, in [0, 1].
        kernel, edges, worth, normalised_laplacian: as in `KernelLanguageEntropy`.
        length_normalised: mean log-prob per token (True, as the paper) or their sum.
        equivalence, clustering: as in `SemanticEntropy`.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: a parameter is outside its limits.

    Degenerate cases. One answer: 0. All contradict and are equally likely: log n. Neither matrix is
    renormalised after mixing: that would turn p_c into |c| / n.

    Cost. As `KernelLanguageEntropy`.

    Variant. K_full of the paper with duplicates counted each time, since the matrix has a row for each.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"),
        ...                     token_logprobs=([-0.5], [-0.5], [-1.5]))
        >>> round(KernelLanguageEntropyFull().score(samples, ExactMatch()), 4)
        0.8052

    See also: KernelLanguageEntropy (no log-probs), SemanticEntropy (alpha = 0).

    References: arXiv:2405.20003, Sec. 3.3, Theorem 3.5, App. C (alpha = 0.5).
    """

    alpha: float = 0.5
    kernel: Kernel = Heat()
    edges: Edges = "hard"
    worth: tuple[float, float, float] = (1.0, 0.5, 0.0)
    normalised_laplacian: bool = False
    length_normalised: bool = True
    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "errors on which all answers agree; questions with other n"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_graph_options(self)
        within(self, 0.0, 1.0, alpha=self.alpha)
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The number of answers matters, unless the graph has no share."""
        return {"doubling": _DOUBLING} if self.alpha > 0 else {}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        masses = np.exp(cluster_log_masses(stack.loglik(length_normalised=self.length_normalised), clusters))
        mixed = self.alpha * graph_density(self, stack.relation) + (1 - self.alpha) * block_kernel(masses, clusters)
        return von_neumann_entropy(mixed)

    @classmethod
    def examples(cls) -> tuple[KernelLanguageEntropyFull, ...]:
        """Both kernels and both ends of the mixture."""
        return (cls(), cls(kernel=Matern(), length_normalised=False), cls(alpha=0.0), cls(alpha=1.0))


def block_kernel(masses: FloatArray, clusters: IntArray) -> FloatArray:
    """(..., n, n) K_SE: p_c / |c| within cluster c, 0 elsewhere; its entropy is that of the masses."""
    together = clusters[..., :, None] == clusters[..., None, :]
    share = np.take_along_axis(masses, clusters, axis=-1) / together.sum(axis=-1)
    return np.where(together, share[..., :, None], 0.0)


def _check_parts(owner: object, parts: tuple[Kernel, ...]) -> None:
    if not isinstance(parts, tuple) or not parts or not all(isinstance(part, Kernel) for part in parts):
        raise InvalidParameter(f"{type(owner).__name__}.parts: expected a tuple of kernels, got {parts!r:.60}")


def densities(kernel: Kernel, laplacians: FloatArray) -> FloatArray:
    """(q, n, n) kernels of q graphs, each of trace 1 with equal diagonal entries."""
    if isinstance(kernel, Heat | Matern):
        return unit_trace(kernel.matrix(laplacians))
    # A kernel of the user's own promises to take one Laplacian, not a stack of them.
    return unit_trace(np.stack([kernel.matrix(own) for own in laplacians]))


def graph_density(options: KernelLanguageEntropy | KernelLanguageEntropyFull, relation: RelationScores) -> FloatArray:
    """(..., n, n) the kernel over the answers of one question, or of many behind a leading axis, of trace 1."""
    weights = relation.weights(options.edges, options.worth)
    laplacians = laplacian(weights, normalised=options.normalised_laplacian)
    return (
        densities(options.kernel, laplacians)
        if laplacians.ndim == 3
        else densities(options.kernel, laplacians[None])[0]
    )


class GraphOptions(Protocol):
    """The parameters that say which kernel over which graph."""

    @property
    def kernel(self) -> Kernel: ...
    @property
    def edges(self) -> Edges: ...
    @property
    def worth(self) -> tuple[float, float, float]: ...


def check_graph_options(options: GraphOptions) -> None:
    """Refuse what is no kernel, no kind of edges or no worth of labels."""
    name = type(options).__name__
    if not isinstance(options.kernel, Kernel):
        raise InvalidParameter(
            f"{name}.kernel: expected Heat(t=0.3) or Matern(kappa=1.0, nu=1.0), got {options.kernel!r}"
        )
    one_of(options, get_args(Edges), edges=options.edges)
    worth = options.worth
    if len(worth) != 3 or not 1 >= worth[0] >= worth[1] >= worth[2] >= 0:
        raise InvalidParameter(
            f"{name}.worth: expected (entailment, neutral, contradiction), not increasing and in [0, 1], got {worth}"
        )
