"""Numbers that are easily got wrong: extreme log-probs, symmetric matrices, entropies at the edges."""

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from semuq.numerics import (
    DIGITS,
    entropy,
    log_normalise,
    logsumexp,
    rounded,
    symmetric_function,
    unit_trace,
    von_neumann_entropy,
)

logs = st.lists(st.floats(-1e5, 0), min_size=1, max_size=20)


@given(logs)
def test_logsumexp_is_scipys(values):
    assert logsumexp(values) == pytest.approx(scipy.special.logsumexp(values), abs=1e-9)


def test_logsumexp_at_the_edges():
    assert logsumexp([]) == -np.inf
    assert logsumexp([-np.inf, -np.inf]) == -np.inf
    assert logsumexp([-1e300, -1e300]) == pytest.approx(-1e300)


@given(logs)
def test_normalised_masses_sum_to_one(values):
    assert np.exp(log_normalise(values)).sum() == pytest.approx(1)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(lambda masses: sum(masses) > 1e-3))
def test_entropy_is_scipys_and_never_negative(masses):
    assert entropy(masses) == pytest.approx(scipy.stats.entropy(masses), abs=1e-9)
    assert entropy(masses) >= 0


@pytest.mark.parametrize("n", [1, 2, 7])
def test_matrix_functions_are_not_elementwise(n):
    matrix = np.random.default_rng(n).normal(size=(n, n))
    matrix = matrix + matrix.T
    np.testing.assert_allclose(symmetric_function(matrix, np.exp), scipy.linalg.expm(matrix), rtol=1e-9, atol=1e-9)
    if n > 1:
        assert not np.allclose(symmetric_function(matrix, np.exp), np.exp(matrix))


@pytest.mark.parametrize("n", [1, 2, 5, 64])
def test_von_neumann_entropy_between_its_ends(n):
    assert von_neumann_entropy(np.eye(n) / n) == pytest.approx(np.log(n), abs=1e-12)
    assert von_neumann_entropy(np.full((n, n), 1 / n)) == pytest.approx(0, abs=1e-9)
    root = np.random.default_rng(n).normal(size=(n, n))
    kernel = unit_trace(root @ root.T)
    assert np.trace(kernel) == pytest.approx(1)
    logm = scipy.linalg.logm(kernel + 1e-12 * np.eye(n))
    assert von_neumann_entropy(kernel) == pytest.approx(-np.trace(kernel @ logm).real, abs=1e-6)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20))
def test_rounding_keeps_order_and_ten_digits_and_is_done_once(values):
    once = rounded(values)
    assert rounded(once).tolist() == once.tolist()
    assert np.all(np.diff(rounded(sorted(values))) >= 0)
    assert np.all(np.abs(once - values) <= 0.5000001 * 10.0**-DIGITS * np.maximum(1, 10 * np.abs(values)))
    assert rounded(-np.array(values)).tolist() == (0.0 - once).tolist()


def test_rounding_heals_the_last_bits_and_leaves_no_minus_zero():
    assert rounded([5.0000000000000036, 4.999999999999999, 0.1 + 0.2]).tolist() == [5.0, 5.0, 0.3]
    assert np.signbit(rounded([-1e-17, -0.0])).tolist() == [False, False]
    assert rounded([9.99999999999, 10.00000000001]).tolist() == [10.0, 10.0]  # on both sides of a power of ten
    assert rounded(1e300) == pytest.approx(1e300)
