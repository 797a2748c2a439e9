import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq.metrics import indication_diagram, rank_calibration_error
from tests.oracles import metrics as oracle

N = 1000
U = np.linspace(0, 1, N)


def test_published_code_reference_values():
    assert rank_calibration_error(U, 1 - U) == pytest.approx(oracle.RANK_CALIBRATION_REFERENCE["perfect"], abs=5e-5)
    assert rank_calibration_error(U, U) == pytest.approx(oracle.RANK_CALIBRATION_REFERENCE["reversed"], abs=5e-5)


def test_noise_gives_a_third_and_bernoulli_little():
    rng = np.random.default_rng(0)
    independent = [rank_calibration_error(rng.random(N), rng.random(N)) for _ in range(20)]
    assert np.mean(independent) == pytest.approx(0.35, abs=0.03)
    bernoulli = [rank_calibration_error(U, rng.random(N) < 1 - U) for _ in range(20)]
    assert np.mean(bernoulli) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [7, 60, 143])
@pytest.mark.parametrize("p", [1, 2])
def test_agrees_with_a_literal_transcription(seed, n, p):
    rng = np.random.default_rng(seed)
    u, a = rng.random(n).round(1 if seed % 2 else 6), rng.random(n) < 0.5
    if a.all() or not a.any():
        a[0] = not a[0]
    for bins in (1, 4, 7):
        expected = oracle.rank_calibration_error(u, a, bins, p)
        assert rank_calibration_error(u, a, bins, p=p, ties="paper") == pytest.approx(expected, abs=1e-12)


def test_kernel_agrees_with_the_released_code():
    rng = np.random.default_rng(1)
    u, a = rng.random(40), rng.random(40)
    assert rank_calibration_error(u, a, method="kernel") == pytest.approx(
        oracle.rank_calibration_error_kernel(u, a), abs=1e-12
    )


@pytest.mark.parametrize("method", ["kernel", "reflected"])
def test_kernels_have_no_floor(method):
    assert rank_calibration_error(U, 1 - U, method=method) == pytest.approx(0, abs=1e-12)
    assert rank_calibration_error(U, U, method=method) == pytest.approx(0.5, abs=1e-3)


def test_binned_ranks_have_no_floor():
    assert rank_calibration_error(U, 1 - U, ranks="binned") == pytest.approx(0, abs=1e-12)
    assert rank_calibration_error(U, 1 - U, bins=5) == pytest.approx(1 / 20, abs=1e-3)


@pytest.mark.parametrize("method", ["hist", "kernel", "reflected"])
def test_the_order_of_the_rows_is_irrelevant(method):
    rng = np.random.default_rng(3)
    u, a = rng.integers(0, 6, 90).astype(float), (rng.random(90) < 0.6).astype(float)
    values = set()
    for _ in range(5):
        shuffled = rng.permutation(90)
        value = rank_calibration_error(u[shuffled], a[shuffled], 7, method=method)
        values.add(round(value, 12))
    assert len(values) == 1


def test_without_ties_both_rules_agree():
    rng = np.random.default_rng(4)
    u, a = rng.random(200), rng.random(200)
    assert rank_calibration_error(u, a) == pytest.approx(rank_calibration_error(u, a, ties="paper"), abs=1e-12)


@pytest.mark.parametrize(
    ("u", "a", "why"),
    [(U, np.ones(N), "constant correctness"), (np.ones(N), U, "constant scores"), ([1.0], [1.0], "a single answer")],
)
def test_undefined_is_nan_with_a_warning(u, a, why):
    with pytest.warns(RuntimeWarning, match=f"undefined for {why}"):
        assert np.isnan(rank_calibration_error(u, a))
    with pytest.raises(InvalidParameter, match=f"undefined for {why}"):
        indication_diagram(u, a)


def test_a_monotone_transform_changes_nothing():
    rng = np.random.default_rng(5)
    u, a = rng.random(100).round(1), rng.random(100)
    assert rank_calibration_error(np.exp(u), a) == rank_calibration_error(u, a)


def test_more_bins_than_answers():
    assert rank_calibration_error([0.1, 0.2, 0.3], [1, 0.5, 0], bins=50) == 0


def test_diagram_shows_where_the_order_breaks():
    correct = 1 - U.copy()
    correct[:250] = 0.3  # the quarter that claims to be the surest is not
    diagram = indication_diagram(U, correct, bins=4)
    assert diagram.counts.tolist() == [250] * 4
    assert diagram.gap[0] < -0.2
    assert diagram.gap[1] > 0
    np.testing.assert_allclose(diagram.correctness, [0.3, 0.625, 0.375, 0.125], atol=2e-3)
    np.testing.assert_allclose(diagram.expected, 1 - diagram.uncertainty)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"p": 3}, "p: expected one of"),
        ({"method": "x"}, "method: expected one of"),
        ({"ties": "x"}, "ties: expected one of"),
        ({"ranks": "x"}, "ranks: expected one of"),
        ({"bandwidth": 0.0}, "bandwidth: expected a finite number > 0"),
        ({"ranks": "binned", "method": "kernel"}, "ranks: expected 'raw' with method='kernel'"),
        ({"bins": 0}, "bins: expected a whole number >= 1, got 0"),
    ],
)
def test_unknown_options_are_refused(option, message):
    with pytest.raises(InvalidParameter, match=message):
        rank_calibration_error(U, U, **option)
