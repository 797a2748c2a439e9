"""Graphs over the answers to one question: clusterings and Laplacians.

Clusterings take an equivalence, an (n, n) boolean matrix, and return cluster ids (n,), always a
partition, numbered in order of first appearance: [0, 1, 0] says that answers 0 and 2 are together.
Laplacians take symmetric weights (n, n) with an empty diagonal.
"""

from __future__ import annotations

from random import Random
from typing import Literal, get_args

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist

from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray, FloatArray, IntArray

__all__ = [
    "Clustering",
    "cluster",
    "cluster_stack",
    "components",
    "components_stack",
    "greedy",
    "greedy_stack",
    "laplacian",
    "louvain",
    "number_by_appearance",
    "spectral",
]


Clustering = Literal["greedy", "components", "spectral", "louvain"]

DIGITS = 9
"""Eigenvalues and distances are compared after rounding to this many decimals, so that equal ones tie."""


def cluster(equivalent: BoolArray, method: Clustering) -> IntArray:
    """Cluster ids by the named method: `greedy`, `components`, `spectral` or `louvain`."""
    if method == "greedy":
        return greedy(equivalent)
    if method == "components":
        return components(equivalent)
    if method == "spectral":
        return spectral(equivalent)
    if method == "louvain":
        return louvain(equivalent)
    raise InvalidParameter(f"clustering: expected one of {get_args(Clustering)}, got {method!r}")


def cluster_stack(equivalent: BoolArray, method: Clustering) -> IntArray:
    """`cluster` for each of (questions, n, n) equivalences: (questions, n), at once where the method can."""
    if method == "greedy":
        return greedy_stack(equivalent)
    if method == "components":
        return components_stack(equivalent)
    return np.stack([cluster(own, method) for own in equivalent])


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


def greedy_stack(equivalent: BoolArray) -> IntArray:
    """`greedy` for each of (questions, n, n) equivalences at once: (questions, n).

    >>> greedy_stack(np.stack([np.eye(2), np.ones((2, 2))]).astype(bool))
    array([[0, 1],
           [0, 0]])
    """
    questions, n, _ = equivalent.shape
    labels = np.zeros((questions, n), dtype=np.int64)
    opens = np.zeros((questions, n), dtype=bool)  # is an answer the first of its cluster?
    opened = np.zeros(questions, dtype=np.int64)
    rows = np.arange(questions)
    for answer in range(n):
        # Of the clusters' first members that this answer is equivalent to, the earliest; itself if there is none.
        candidates = opens[:, : answer + 1] & equivalent[:, : answer + 1, answer]
        candidates[:, answer] = True
        first = candidates.argmax(axis=1)
        new = first == answer
        labels[:, answer] = np.where(new, opened, labels[rows, first])
        opens[:, answer] = new
        opened += new
    return labels


def components(equivalent: BoolArray) -> IntArray:
    """Connected components: chains of equivalence end up together, whatever the order of the answers."""
    _, labels = connected_components(csr_array(equivalent | equivalent.T), directed=False)
    return number_by_appearance(labels.astype(np.int64))


def components_stack(equivalent: BoolArray) -> IntArray:
    """`components` for each of (questions, n, n) equivalences at once: (questions, n).

    >>> components_stack(np.array([[[1, 1, 0], [1, 1, 1], [0, 1, 1]]], dtype=bool))
    array([[0, 0, 0]])
    """
    n = equivalent.shape[-1]
    reach = (equivalent | equivalent.swapaxes(1, 2)).astype(np.float32)
    for _ in range(int(np.ceil(np.log2(max(n, 2))))):
        reach = np.minimum(reach @ reach, 1.0)  # twice as many steps
    first = reach.argmax(axis=2)
    opens = first == np.arange(n)
    return np.asarray(np.take_along_axis(opens.cumsum(axis=1) - 1, first, axis=1))


def spectral(equivalent: BoolArray) -> IntArray:
    """Connected components, each cut where its normalised Laplacian says that it hardly hangs together.

    In each component of m answers, the eigenvalues l_1 = 0 <= ... <= l_m of the normalised Laplacian have a
    largest gap l_(k+1) - l_k, the first one if several are equal: k is the number of clusters. The rows of
    the first k eigenvectors, at unit length, are joined by average linkage until k groups are left
    (where k-means, as in Ng et al., would need a random start).

    Refines `components`, and equals them where the equivalence is transitive. Deterministic. Does not depend on
    the order of the answers, but for ties: a symmetric graph (a ring) has several equally good cuts, and
    the order chooses one.

    >>> cliques = np.kron(np.eye(2), np.ones((3, 3))).astype(bool)
    >>> cliques[2, 3] = cliques[3, 2] = True  # one doubtful equivalence between two clear meanings
    >>> spectral(cliques), components(cliques)
    (array([0, 0, 0, 1, 1, 1]), array([0, 0, 0, 0, 0, 0]))

    References: Ng, Jordan, Weiss, On spectral clustering, NIPS 2001; von Luxburg, A tutorial on spectral
    clustering, 2007, arXiv:0711.0189, Section 8.3 (the gap).
    """
    labels = components(equivalent)
    weights = np.asarray(equivalent | equivalent.T, dtype=np.float64)
    np.fill_diagonal(weights, 0.0)
    groups = np.zeros(len(labels), dtype=np.int64)
    for label in range(labels.max(initial=-1) + 1):
        members = np.flatnonzero(labels == label)
        if len(members) > 2:
            groups[members] = _cut(weights[np.ix_(members, members)])
    return number_by_appearance(labels * (len(labels) + 1) + groups)


def _cut(weights: FloatArray) -> IntArray:
    """(m,) groups of one connected component of m > 2 answers."""
    values, vectors = np.linalg.eigh(laplacian(weights, normalised=True))
    k = int(np.diff(values).round(DIGITS).argmax()) + 1
    rows = vectors[:, :k] / np.linalg.norm(vectors[:, :k], axis=1, keepdims=True)
    tree = linkage(pdist(rows).round(DIGITS), method="average")
    return np.asarray(fcluster(tree, k, criterion="maxclust"), dtype=np.int64)


def louvain(equivalent: BoolArray, *, seed: int = 0) -> IntArray:
    """Communities of the graph of equivalences: more edges inside than chance would put there.

    Modularity is raised move by move, visiting the answers in an order drawn from `seed`, then communities are
    merged the same way. Refines `components`. The same matrix and seed give the same clusters; shuffled answers may
    give others where the equivalence is not transitive. Long chains and large loose groups are split, which
    `components` never does.

    In whole numbers, so that each move is a gain and there is an end: in floating point two moves of equal worth can
    follow each other for ever, as they do in networkx on a graph of seven answers.

    >>> louvain(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=bool))
    array([0, 0, 1])

    References: Blondel et al., Fast unfolding of communities in large networks, 2008, arXiv:0803.0476.
    """
    weights = np.asarray(equivalent | equivalent.T, dtype=np.int64)
    np.fill_diagonal(weights, 0)
    labels, rng = np.arange(len(weights)), Random(seed)
    while len(weights):
        found = number_by_appearance(_moved(weights, rng))
        size = int(found.max()) + 1
        if size == len(weights):
            break
        labels = found[labels]
        members = np.eye(size, dtype=np.int64)[found]
        weights = members.T @ weights @ members
    return number_by_appearance(labels)


def _moved(weights: IntArray, rng: Random) -> IntArray:
    """(n,) communities once no node gains by joining that of a neighbour; (n, n) weights, loops counted twice."""
    degrees = weights.sum(axis=1)
    twice, totals, homes = int(degrees.sum()), degrees.copy(), np.arange(len(weights))
    order, moving = list(range(len(weights))), True
    rng.shuffle(order)
    while moving:
        moving = False
        for node in order:
            home = homes[node]
            totals[home] -= degrees[node]
            links = weights[node].copy()
            links[node] = 0
            inside = np.zeros_like(totals)
            np.add.at(inside, homes, links)
            worth = twice * inside - degrees[node] * totals
            near = homes[links > 0]
            best = near[worth[near].argmax()] if len(near) else home
            if worth[best] > worth[home]:
                homes[node], moving = best, True
            totals[homes[node]] += degrees[node]
    return homes


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
    """(..., n, n) L = D - W, or with `normalised` D^(-1/2) L D^(-1/2), in which isolated answers have rows of zeros."""
    degrees = weights.sum(axis=-1)
    matrix = degrees[..., None] * np.eye(weights.shape[-1]) - weights
    if not normalised:
        return matrix
    inverse_root = np.power(degrees, -0.5, out=np.zeros_like(degrees), where=degrees > 0)
    return np.asarray(inverse_root[..., :, None] * matrix * inverse_root[..., None, :])
