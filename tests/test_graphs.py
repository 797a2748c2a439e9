"""Clusterings are partitions, numbered by first appearance; Laplacians have zero row sums."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import InvalidParameter
from semuq.graphs import cluster, components, greedy, laplacian, louvain, number_by_appearance, spectral


def equivalences(max_n=9):
    """Symmetric boolean matrices with a true diagonal, most of them not transitive."""

    def build(n, bits):
        matrix = np.eye(n, dtype=bool)
        matrix[np.triu_indices(n, 1)] = bits[: n * (n - 1) // 2]
        return matrix | matrix.T

    return st.integers(1, max_n).flatmap(
        lambda n: st.lists(st.booleans(), min_size=n * n, max_size=n * n).map(lambda bits: build(n, bits))
    )


METHODS = ["greedy", "components", "spectral", "louvain"]


@pytest.mark.parametrize("method", METHODS)
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
def test_all_find_the_classes_of_a_transitive_equivalence(labels):
    labels = np.array(labels)
    equivalent = labels[:, None] == labels[None, :]
    for method in METHODS:
        assert (cluster(equivalent, method) == number_by_appearance(labels)).all()


@pytest.mark.parametrize("method", METHODS)
@given(equivalent=equivalences())
def test_clusters_stay_within_components_and_come_out_the_same_twice(method, equivalent):
    labels, whole = cluster(equivalent, method), components(equivalent)
    assert len(set(zip(labels.tolist(), whole.tolist(), strict=True))) == labels.max() + 1
    assert (cluster(equivalent, method) == labels).all()


def two_groups(sizes, rng, bridges=1):
    """Two meanings joined by a few false equivalences, answers shuffled: (equivalent, true labels)."""
    labels = np.repeat([0, 1], sizes)
    equivalent = labels[:, None] == labels[None, :]
    for _ in range(bridges):
        i, j = rng.choice(np.flatnonzero(labels == 0)), rng.choice(np.flatnonzero(labels == 1))
        equivalent[i, j] = equivalent[j, i] = True
    order = rng.permutation(len(labels))
    return equivalent[np.ix_(order, order)], number_by_appearance(labels[order])


@given(first=st.integers(4, 8), second=st.integers(4, 8), seed=st.integers(0, 999))
def test_spectral_and_louvain_cut_a_false_bridge_that_components_cross(first, second, seed):
    equivalent, labels = two_groups((first, second), np.random.default_rng(seed))
    assert (spectral(equivalent) == labels).all()
    assert (louvain(equivalent) == labels).all()
    assert (components(equivalent) == 0).all()


@given(first=st.integers(4, 8), second=st.integers(4, 8), seed=st.integers(0, 999))
def test_spectral_does_not_depend_on_the_order_where_nothing_ties(first, second, seed):
    rng = np.random.default_rng(seed)
    equivalent, _ = two_groups((first, second), rng, bridges=2)
    order = rng.permutation(len(equivalent))
    shuffled = spectral(equivalent[np.ix_(order, order)])
    assert (shuffled == number_by_appearance(spectral(equivalent)[order])).all()


def test_spectral_agrees_with_scikit_learn_on_clear_groups():
    from sklearn.cluster import SpectralClustering

    for seed in range(5):
        equivalent, _ = two_groups((6, 9), np.random.default_rng(seed))
        peer = SpectralClustering(2, affinity="precomputed", random_state=0).fit_predict(equivalent.astype(float))
        assert (number_by_appearance(peer.astype(np.int64)) == spectral(equivalent)).all()


def test_louvain_raises_modularity_over_one_cluster_and_takes_a_seed():
    equivalent, _ = two_groups((5, 7), np.random.default_rng(3), bridges=3)
    graph = nx.from_numpy_array(equivalent & ~np.eye(12, dtype=bool))
    for seed in range(5):
        labels = louvain(equivalent, seed=seed)
        parts = [set(np.flatnonzero(labels == label).tolist()) for label in range(labels.max() + 1)]
        assert nx.community.modularity(graph, parts) > nx.community.modularity(graph, [set(range(12))])


def test_a_match_with_a_later_cluster_does_not_rename_an_earlier_one():
    # 0 ~ 2 and 1 ~ 2: the answer belongs to the first match, [0, 1, 0], not to the last, [0, 1, 1].
    assert greedy(np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1]], dtype=bool)).tolist() == [0, 1, 0]


def test_unknown_clusterings_are_refused():
    with pytest.raises(InvalidParameter, match=r"clustering: expected one of \('greedy', .*'louvain'\), got 'kmeans'"):
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


def test_louvain_ends_where_floating_point_moves_in_circles():
    # networkx 3.6.1 never returns from this one.
    graph = nx.Graph([(0, 1), (0, 3), (0, 5), (2, 5), (2, 6), (3, 5), (3, 6), (4, 5), (4, 6), (5, 6)])
    assert louvain(nx.to_numpy_array(graph, nodelist=range(7)) > 0).tolist() == [0, 0, 1, 0, 1, 1, 1]


@given(equivalent=equivalences(6))
def test_louvain_finds_no_worse_communities_than_components(equivalent):
    labels, whole = louvain(equivalent), components(equivalent)
    edges = (equivalent | equivalent.T) & ~np.eye(len(equivalent), dtype=bool)
    if not edges.any():
        return
    graph = nx.from_numpy_array(edges.astype(int))

    def modularity(own):
        return nx.community.modularity(graph, [set(np.flatnonzero(own == label)) for label in np.unique(own)])

    assert modularity(labels) >= modularity(whole) - 1e-12
    assert all(len(set(whole[labels == label])) == 1 for label in np.unique(labels))
