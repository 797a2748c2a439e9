"""Conformal prediction sets over a fixed list of labels, and what their size says about entropy.

A posterior over labels becomes a set that holds the true label with a stated probability. `semuq.inference.pursuit`
asks the question after which such sets are smallest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr

from semuq.checks import within
from semuq.decisions.conformal import conformal_quantile
from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray, FloatArray

__all__ = ["SplitConformalSets", "as_posteriors", "set_size_entropy_bound"]

Form = Literal["labelled", "simple"]


@dataclass(frozen=True, kw_only=True)
class SplitConformalSets:
    r"""Sets of labels that hold the true one with probability 1 - alpha, for histories of each length.

    Formula. On N calibration cases with posteriors f (K,) and labels y, for histories of length k,
        s_i = -f(h_i)_(y_i),   q_k = the ceil((N + 1)(1 - alpha))-th smallest s_i,   C_k(h) = {y : -f(h)_y <= q_k}.

    Promise. P(label in set) >= 1 - alpha, over the draw of calibration and new cases, if the new history is drawn as
    the calibration histories were. A history chosen by what the sets look like, as `InformationPursuit` chooses it,
    is not: on the path played, coverage may be far lower, and is to be measured.

    Args:
        alpha: in (0, 1).
        quantiles: q_k by length, what `fit` found; leave empty.

    Degenerate cases. Too few calibration cases for alpha, ceil((N + 1)(1 - alpha)) > N: all labels. A posterior below
    the threshold everywhere: the empty set.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> posteriors, labels = rng.dirichlet(np.ones(4), size=99), rng.integers(4, size=99)
        >>> sets = SplitConformalSets(alpha=0.2).fit([posteriors], [labels])
        >>> sets.members([0.7, 0.2, 0.06, 0.04], length=1)
        array([ True,  True, False, False])

    References: Vovk, Gammerman, Shafer 2005; by length: Chan et al., Conformal information pursuit, NeurIPS 2025,
        arXiv:2507.03279, Alg. 1, which prints the other tail of the probabilities.
    """

    alpha: float
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        within(self, 0, 1, open_low=True, open_high=True, alpha=self.alpha)

    def fit(self, posteriors: Sequence[ArrayLike], labels: Sequence[ArrayLike]) -> SplitConformalSets:
        """A fitted copy.

        Args:
            posteriors: for each length 1, 2, ... the (N, K) posteriors of calibration histories of that length.
            labels: for each length the (N,) true labels.
        """
        if len(posteriors) != len(labels) or not len(posteriors):
            raise InvalidParameter(
                f"labels: expected {len(posteriors)} arrays (one per length, at least one), got {len(labels)}"
            )
        quantiles = []
        for length, (own, true) in enumerate(zip(posteriors, labels, strict=True), start=1):
            p, y = as_posteriors(own), np.asarray(true)
            if y.shape != (len(p),) or y.dtype.kind not in "iu" or not ((y >= 0) & (y < p.shape[1])).all():
                raise InvalidParameter(
                    f"labels[{length - 1}]: expected {len(p)} whole numbers from 0 to {p.shape[1] - 1}, "
                    f"got {true!r:.60}"
                )
            quantiles.append(conformal_quantile(-p[np.arange(len(p)), y], self.alpha))
        return replace(self, quantiles=tuple(quantiles))

    def members(self, posterior: ArrayLike, length: int) -> BoolArray:
        """(K,) or (cases, K): which labels are in the set of a history of this length.

        Raises:
            InvalidParameter: not fitted, or no quantile for this length.
        """
        if not 1 <= length <= len(self.quantiles):
            raise InvalidParameter(
                f"length: expected 1 to {len(self.quantiles)} (the lengths of `fit`), got {length!r}; calibrate on more"
            )
        p = np.asarray(posterior, dtype=np.float64)
        as_posteriors(p if p.ndim > 1 else p[None])
        return np.asarray(-p <= self.quantiles[length - 1])


def set_size_entropy_bound(sizes: ArrayLike, covered: ArrayLike, labels: int, form: Form = "labelled") -> float:
    r"""An upper bound on H(Y | X) in nats from the sizes of sets, and on which of them the label lies in its set.

    Formula. With a = 1 - P(Y in C), K labels and h_b the binary entropy,
        "labelled"  h_b(a) + E[1(Y in C) log |C|] + E[1(Y not in C) log(K - |C|)]
        "simple"    h_b(a) + a log K - (1 - a) log(1 - a) + (1 - a) log E|C|,   never below the first.
    Both take the coverage that was seen; with a nominal one in its place they are bounds no more.

    Args:
        sizes: (cases,) how many labels are in each set.
        covered: (cases,) whether the true label is.
        labels: K.
        form: which of the two.

    Raises:
        InvalidParameter: sizes out of range, an empty set that covers, or a full one that does not.

    Example:
        >>> round(set_size_entropy_bound([1, 1, 2, 3], [True, True, True, False], labels=4), 4)
        0.7356

    References: Correia et al., An information theoretic perspective on conformal prediction, NeurIPS 2024;
        Chan et al., arXiv:2507.03279, Prop. 3.1.
    """
    size, inside = np.asarray(sizes, dtype=np.float64), np.asarray(covered, dtype=bool)
    if size.ndim != 1 or not size.size or size.shape != inside.shape or not ((size >= 0) & (size <= labels)).all():
        raise InvalidParameter(
            f"sizes: expected (cases,) numbers from 0 to {labels}, one per `covered`, got {sizes!r:.60}"
        )
    if (inside & (size == 0)).any() or (~inside & (size == labels)).any():
        raise InvalidParameter("covered: expected False for empty sets and True for full ones")
    if form not in get_args(Form):
        raise InvalidParameter(f"form: expected one of {get_args(Form)}, got {form!r}")
    share = float(inside.mean())
    binary = float(entr(share) + entr(1 - share))
    if form == "simple":
        simple = (1 - share) * np.log(labels) + float(entr(share))
        return float(binary + simple + (share * np.log(size.mean()) if share else 0.0))
    logs = np.where(inside, np.log(np.maximum(size, 1)), np.log(np.maximum(labels - size, 1)))
    return float(binary + logs.mean())


def as_posteriors(values: ArrayLike) -> FloatArray:
    """(N, K) checked probabilities over labels."""
    p = np.asarray(values, dtype=np.float64)
    # `not >=` rather than `<`: NaN must fail too.
    if p.ndim != 2 or not p.size or not (p >= 0).all() or not (np.abs(p.sum(axis=1) - 1) <= 1e-6).all():
        raise InvalidParameter(f"posteriors: expected (N, K) probabilities, each row summing to 1, got {values!r:.60}")
    return p
