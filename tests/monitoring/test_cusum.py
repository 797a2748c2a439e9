import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq.monitoring.cusum import Cusum, average_run_length


def run_lengths(level, k, drift, runs, rng, two_sided=False):
    """Literal simulation of many monitors side by side, each until its first alarm."""
    upper, lower = np.zeros(runs), np.zeros(runs)
    length, alive = np.zeros(runs), np.ones(runs, dtype=bool)
    while alive.any():
        z = rng.normal(size=runs) + drift
        upper = np.maximum(0, upper + z - k)
        lower = np.maximum(0, lower - z - k)
        length[alive] += 1
        alive &= ~((upper >= level) | (two_sided & (lower >= level)))
    return length


@pytest.mark.parametrize(("side", "arl"), [("upper", 50), ("lower", 200), ("both", 100)])
@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_false_alarms_are_as_rare_as_asked(side, arl, shift):
    level = Cusum(mu0=0, sigma0=1, shift=shift, arl=arl, side=side).level
    lengths = run_lengths(level, shift / 2, 0.0, 3000, np.random.default_rng(0), side == "both")
    error = lengths.std() / np.sqrt(len(lengths))
    assert abs(lengths.mean() - arl) < 4 * error + 0.01 * arl


def test_the_monitor_itself_keeps_the_rate():
    monitor = Cusum(mu0=2.0, sigma0=0.5, arl=100)
    stream = np.random.default_rng(1).normal(2.0, 0.5, 60_000)
    alarms = len(monitor.run(stream))
    assert abs(alarms - 600) < 4 * np.sqrt(600)


def test_published_run_lengths():
    # Montgomery, table 9.3: two-sided, k = 1/2
    for level, in_control, shifted in ((4, 168, 8.38), (5, 465, 10.4)):
        assert average_run_length(level) / 2 == pytest.approx(in_control, abs=0.6)
        assert average_run_length(level, drift=1.0) == pytest.approx(shifted, abs=0.03)


def test_a_shift_is_found_after_the_delay_the_theory_gives():
    level = Cusum(mu0=0, sigma0=1, arl=500).level
    lengths = run_lengths(level, 0.5, 1.0, 3000, np.random.default_rng(2))
    assert lengths.mean() == pytest.approx(average_run_length(level, drift=1.0), rel=0.03)


def test_sides():
    up, down = [0.0] * 5 + [3.0] * 5, [0.0] * 5 + [-3.0] * 5
    for side, stream, found in (
        ("upper", up, True),
        ("upper", down, False),
        ("lower", down, True),
        ("lower", up, False),
        ("both", up, True),
        ("both", down, True),
    ):
        assert bool(Cusum(mu0=0, sigma0=1, threshold=4, side=side).run(stream)) == found


def test_statistic_by_hand():
    monitor = Cusum(mu0=1, sigma0=2, shift=1, threshold=2, side="both")
    state, alarm = monitor.update(monitor.start(), 4.0)  # z = 1.5
    assert (state.upper, state.lower, alarm, state.since_reset) == (1.0, 0.0, False, 1)
    state, alarm = monitor.update(state, 4.0)
    assert (state.upper, alarm, state.seen, state.since_reset) == (0.0, True, 2, 0)
    state, alarm = monitor.update(state, -3.0)  # z = -2
    assert (state.lower, alarm) == (1.5, False)


def test_units_do_not_matter():
    stream = np.random.default_rng(3).normal(size=2000)
    plain = Cusum(mu0=0, sigma0=1, arl=100).run(stream)
    assert Cusum(mu0=7, sigma0=3, arl=100).run(7 + 3 * stream) == plain != []


def test_nan_is_refused_or_counted():
    refusing = Cusum(mu0=0, sigma0=1, threshold=3)
    with pytest.raises(InvalidParameter, match="score: expected a number, got nan"):
        refusing.update(refusing.start(), float("nan"))
    skipping = Cusum(mu0=0, sigma0=1, threshold=3, nan="skip")
    state, _ = skipping.update(skipping.start(), 2.0)
    after, alarm = skipping.update(state, float("nan"))
    assert (after.upper, after.seen, after.skipped, alarm) == (state.upper, 2, 1, False)
    with pytest.raises(InvalidParameter, match="score: expected a finite number, got inf"):
        skipping.update(state, float("inf"))


def test_estimate():
    quiet = np.random.default_rng(4).normal(5, 2, 5000)
    monitor = Cusum.estimate(quiet, arl=300)
    assert (monitor.mu0, monitor.sigma0) == (pytest.approx(quiet.mean()), pytest.approx(quiet.std(ddof=1)))
    for constant in ([1.0], [2.0, 2.0, 2.0]):
        with pytest.raises(InvalidParameter, match="expected at least two different finite scores"):
            Cusum.estimate(constant, arl=300)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "expected either arl or threshold"),
        ({"arl": 10, "threshold": 3}, "expected either arl or threshold"),
        ({"arl": 1}, "arl: expected a finite number > 2"),
        ({"threshold": 0}, "threshold: expected a finite number > 0"),
        ({"arl": 9, "sigma0": 0}, "sigma0: expected a finite number > 0"),
        ({"arl": 9, "shift": -1}, "shift: expected a finite number > 0"),
        ({"arl": 9, "mu0": np.nan}, "mu0: expected a finite number"),
        ({"arl": 9, "side": "x"}, "side: expected one of"),
        ({"arl": 9, "nan": "x"}, "nan: expected 'refuse' or 'skip'"),
    ],
)
def test_parameters(options, message):
    with pytest.raises(InvalidParameter, match=message):
        Cusum(**({"mu0": 0, "sigma0": 1} | options))


def test_an_impossible_run_length_is_refused():
    with pytest.raises(InvalidParameter, match="arl: expected more than"):
        _ = Cusum(mu0=0, sigma0=1, shift=4, arl=2.5).level


@pytest.mark.parametrize("scores", [[0.1, np.inf, 0.3], [1e308, -1e308, 0.0]])
def test_a_spread_that_no_number_can_hold_is_refused(scores):
    with pytest.raises(InvalidParameter, match="at least two different finite scores"):
        Cusum.estimate(scores, arl=100)
