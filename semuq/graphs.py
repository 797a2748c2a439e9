"""Graphs over the answers to one question: clusterings and Laplacians.

Clusterings take an equivalence, an (n, n) boolean matrix, and return cluster ids (n,), always a
partition, numbered in order of first appearance: [0, 1, 0] says that answers 0 and 2 are together.
Laplacians take symmetric weights (n, n) with an empty diagonal.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from semuq.errors import InvalidParameter

__all__ = ["Clustering", "cluster", "components", "greedy", "laplacian", "number_by_appearance"]

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Clustering = Literal["greedy", "components"]


def cluster(equivalent: BoolArray, method: Clustering) -> IntArray:
    """Cluster ids by the named method: `greedy` or `components`."""
    if method == "greedy":
        return greedy(equivalent)
    if method == "components":
        return components(equivalent)
    raise InvalidParameter(f"clustering: expected one of {get_args(Clustering)}, got {method!r}")


def greedy(equivalent: BoolArray) -> IntArray:
    """Each answer joins the first cluster whose first member it is equivalent to, or opens one.

    This is the bidirectional-entailment clustering of Kuhn et al. (2023) and Farquhar et al. (2024).
    Where the equivalence is not transitive the result depends on the order of the answers;
    `components` does not.

    >>> chain = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], dtype=bool)  # 0 ~ 1 ~ 2, but not 0 ~ 2
    >>> greedy(chain), components(chain)
    (array([0, 0, 1]), array([0, 0, 0]))
    """
    labels = np.empty(len(equivalent), dtype=np.int64)
    first_members: list[int] = []
    for answer in range(len(equivalent)):
        for label, member in enumerate(first_members):
            if equivalent[member, answer]:
                labels[answer] = label
                break
        else:
            labels[answer] = len(first_members)
            first_members.append(answer)
    return labels


def components(equivalent: BoolArray) -> IntArray:
    """Connected components: chains of equivalence end up together, whatever the order of the answers."""
    _, labels = connected_components(csr_array(equivalent | equivalent.T), directed=False)
    return number_by_appearance(labels.astype(np.int64))


def number_by_appearance(labels: IntArray) -> IntArray:
    """The same partition with ids 0, 1, ... in order of first appearance.

    >>> number_by_appearance(np.array([7, 3, 7]))
    array([0, 1, 0])
    """
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def laplacian(weights: FloatArray, *, normalised: bool = False) -> FloatArray:
    """L = D - W, or with `normalised` D^(-1/2) L D^(-1/2), where an isolated answer has a row of zeros."""
    degrees = weights.sum(axis=1)
    matrix = np.diag(degrees) - weights
    if not normalised:
        return matrix
    inverse_root = np.zeros_like(degrees)
    inverse_root[degrees > 0] = degrees[degrees > 0] ** -0.5
    return inverse_root[:, None] * matrix * inverse_root[None, :]
