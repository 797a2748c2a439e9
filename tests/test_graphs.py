"""Clusterings are partitions, numbered by first appearance; Laplacians have zero row sums."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import InvalidParameter
from semuq.graphs import cluster, components, greedy, laplacian, number_by_appearance


def equivalences(max_n=9):
    """Symmetric boolean matrices with a true diagonal, most of them not transitive."""

    def build(n, bits):
        matrix = np.eye(n, dtype=bool)
        matrix[np.triu_indices(n, 1)] = bits[: n * (n - 1) // 2]
        return matrix | matrix.T

    return st.integers(1, max_n).flatmap(
        lambda n: st.lists(st.booleans(), min_size=n * n, max_size=n * n).map(lambda bits: build(n, bits))
    )


@pytest.mark.parametrize("method", ["greedy", "components"])
@given(equivalent=equivalences())
def test_clusterings_are_partitions_numbered_by_first_appearance(method, equivalent):
    labels = cluster(equivalent, method)
    assert labels.shape == (len(equivalent),)
    assert (number_by_appearance(labels) == labels).all()
    for label in range(labels.max() + 1):
        assert (labels == label).any()


@given(equivalent=equivalences())
def test_greedy_members_are_equivalent_to_the_first_of_their_cluster(equivalent):
    labels = greedy(equivalent)
    firsts = [int(np.flatnonzero(labels == label)[0]) for label in range(labels.max() + 1)]
    for answer, label in enumerate(labels):
        assert equivalent[firsts[label], answer]
        assert not equivalent[firsts[:label], answer].any()


@given(equivalent=equivalences())
def test_components_are_those_of_networkx(equivalent):
    graph = nx.from_numpy_array(equivalent)
    expected = {frozenset(component) for component in nx.connected_components(graph)}
    labels = components(equivalent)
    assert {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())} == expected


@given(equivalent=equivalences(), seed=st.integers(0, 99))
def test_components_do_not_depend_on_the_order(equivalent, seed):
    order = np.random.default_rng(seed).permutation(len(equivalent))
    shuffled = components(equivalent[np.ix_(order, order)])
    assert (shuffled == number_by_appearance(components(equivalent)[order])).all()


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_both_find_the_classes_of_a_transitive_equivalence(labels):
    labels = np.array(labels)
    equivalent = labels[:, None] == labels[None, :]
    assert (greedy(equivalent) == number_by_appearance(labels)).all()
    assert (components(equivalent) == number_by_appearance(labels)).all()


def test_a_match_with_a_later_cluster_does_not_rename_an_earlier_one():
    # 0 ~ 2 and 1 ~ 2: the answer belongs to the first match, [0, 1, 0], not to the last, [0, 1, 1].
    assert greedy(np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1]], dtype=bool)).tolist() == [0, 1, 0]


def test_unknown_clusterings_are_refused():
    with pytest.raises(InvalidParameter, match=r"clustering: expected one of \('greedy', 'components'\), got 'kmeans'"):
        cluster(np.eye(2, dtype=bool), "kmeans")


@given(n=st.integers(1, 8), seed=st.integers(0, 99))
def test_laplacians_are_those_of_networkx(n, seed):
    weights = np.random.default_rng(seed).integers(0, 5, (n, n)) / 2
    weights = np.triu(weights, 1) + np.triu(weights, 1).T
    graph = nx.from_numpy_array(weights)
    np.testing.assert_allclose(laplacian(weights), nx.laplacian_matrix(graph).toarray(), atol=1e-12)
    isolated = weights.sum(1) == 0
    expected = nx.normalized_laplacian_matrix(graph).toarray()
    expected[isolated] = 0  # the pseudo-inverse of the degrees gives isolated nodes 0, as the KLE paper has it
    np.testing.assert_allclose(laplacian(weights, normalised=True), expected, atol=1e-12)
