"""Which regime a stream has gone over to: against CUSUM, its exact run lengths, and all change points gone through."""

import numpy as np
import pytest
from scipy.stats import norm

from semuq import Cusum, GaussianRegime, RegimeCusum
from semuq.errors import InvalidParameter
from semuq.monitoring import average_run_length
from semuq.monitoring.regimes import NEW


def play(monitor, state, stream):
    alarms = []
    for x in stream:
        state, alarm = monitor.update(state, x)
        if alarm:
            alarms.append(alarm)
    return state, alarms


def test_of_two_known_means_it_is_cusum_times_its_shift():
    rng = np.random.default_rng(0)
    cusum = Cusum(mu0=1.0, sigma0=2.0, shift=1.5, threshold=1e9)
    monitor = RegimeCusum(threshold=1e9, new_after=None, floor=-1e9)
    one = cusum.start()
    other = monitor.start({"a": GaussianRegime(1.0, 4.0), "b": GaussianRegime(1.0 + 1.5 * 2.0, 4.0)}, current="a")
    for x in rng.normal(2.0, 2.0, 300):
        one, _ = cusum.update(one, x)
        other, _ = monitor.update(other, x)
        assert other.statistics["b"] == pytest.approx(1.5 * one.upper, abs=1e-9)


def test_the_density_is_scipys_and_the_novelty_its_difference_at_two_deviations():
    rng = np.random.default_rng(1)
    mean, variance = rng.normal(size=3), rng.uniform(0.5, 2.0, 3)
    regime = GaussianRegime(mean, variance)
    for x in rng.normal(size=(20, 3)):
        assert regime.log_prob(x) == pytest.approx(norm.logpdf(x, mean, np.sqrt(variance)).sum())
        at_two = norm.logpdf(mean + 2 * np.sqrt(variance), mean, np.sqrt(variance)).sum()
        assert regime.novelty(x, 2.0) == pytest.approx(at_two - regime.log_prob(x))


def test_run_lengths_are_those_of_theory():
    """Threshold h in nats is h / shift in standard deviations."""
    rng = np.random.default_rng(2)
    shift, level, lengths = 1.0, 2.5, []
    monitor = RegimeCusum(threshold=shift * level, new_after=None, floor=-1e9)
    regimes = {"calm": GaussianRegime(0.0, 1.0), "up": GaussianRegime(shift, 1.0)}
    for _ in range(250):
        state, steps = monitor.start(regimes, current="calm"), 0
        while True:
            state, alarm = monitor.update(state, rng.normal())
            steps += 1
            if alarm:
                break
        lengths.append(steps)
    expected = average_run_length(level, shift)
    assert np.mean(lengths) == pytest.approx(expected, abs=3.5 * np.std(lengths) / np.sqrt(len(lengths)))


def test_the_statistic_is_the_best_change_point_of_all():
    rng = np.random.default_rng(3)
    stream = rng.normal(0.4, 1.0, 40)
    a, b = GaussianRegime(0.0, 1.0), GaussianRegime(1.0, 1.0)
    state = RegimeCusum(threshold=1e9, new_after=None).start({"a": a, "b": b}, current="a")
    gains = [b.log_prob(x) - a.log_prob(x) for x in stream]
    for n, x in enumerate(stream, start=1):
        state, _ = RegimeCusum(threshold=1e9, new_after=None).update(state, x)
        assert state.statistics["b"] == pytest.approx(max(0.0, *(sum(gains[k:n]) for k in range(n))))


def test_small_shifts_are_no_news_and_large_ones_are_soon():
    rng = np.random.default_rng(4)
    monitor = RegimeCusum(threshold=10.0, new_after=2.0)
    start = monitor.start({"calm": GaussianRegime(0.0, 1.0)}, current="calm")
    state, returns = start, 0
    for x in rng.normal(1.0, 1.0, 2000):  # drifts down by one a step
        state, alarm = monitor.update(state, x)
        assert alarm is None
        returns += state.statistics[NEW] == 0
    assert returns > 500
    delays = [play(monitor, start, rng.normal(4.0, 1.0, 60))[1][0] for _ in range(60)]
    assert {alarm.regime for alarm in delays} == {NEW}
    assert np.mean([alarm.step for alarm in delays]) == pytest.approx(10 / 6.5 + 0.7, abs=0.5)  # h over the drift


def test_the_names_of_regimes_do_not_matter():
    rng = np.random.default_rng(5)
    stream = np.concatenate([rng.normal(m, 1.0, 40) for m in (0.0, 3.0, -3.0)])
    means = {"a": 0.0, "b": 3.0, "c": -3.0}
    other = {"a": "x", "b": "z", "c": "y"}
    monitor = RegimeCusum(threshold=6.0, new_after=None)
    plain = play(monitor, monitor.start({k: GaussianRegime(m, 1.0) for k, m in means.items()}, current="a"), stream)[1]
    renamed = {other[k]: GaussianRegime(m, 1.0) for k, m in reversed(means.items())}
    moved = play(monitor, monitor.start(renamed, current="x"), stream)[1]
    assert [other[alarm.regime] for alarm in plain] == [alarm.regime for alarm in moved]
    assert [alarm.regime for alarm in plain] == ["b", "c"]


def test_a_new_regime_is_entered_when_it_is_told_and_known_again_later():
    rng = np.random.default_rng(6)
    monitor = RegimeCusum(threshold=8.0, min_steps=5)
    state = monitor.start({"day": GaussianRegime(0.0, 1.0)}, current="day")
    state, alarms = play(monitor, state, rng.normal(6.0, 1.0, 12))
    assert alarms[0].regime == NEW
    state = monitor.enter(state, "night", GaussianRegime.estimate(rng.normal(6.0, 1.0, 300)))
    state, alarms = play(monitor, state, np.concatenate([rng.normal(6, 1, 50), rng.normal(0, 1, 50)]))
    assert [alarm.regime for alarm in alarms] == ["day"]
    assert (state.current, state.seen) == ("day", 112)


def test_equal_regimes_and_warming_up_raise_nothing():
    monitor = RegimeCusum(threshold=1.0, new_after=None)
    twins = monitor.start({"a": GaussianRegime(0, 1), "b": GaussianRegime(0, 1)}, current="a")
    assert play(monitor, twins, np.linspace(-5, 5, 50))[1] == []
    late = RegimeCusum(threshold=1.0, min_steps=50)
    assert play(late, late.start({"a": GaussianRegime(0, 1)}, current="a"), [9.0] * 50)[1] == []


def test_one_impossible_observation_is_worth_its_floor_and_no_more():
    monitor = RegimeCusum(threshold=1e6, new_after=None)
    state = monitor.start({"a": GaussianRegime(0, 1), "b": GaussianRegime(100, 1)}, current="a")
    state, _ = monitor.update(state, 100.0)
    assert state.statistics["b"] == pytest.approx(norm.logpdf(0) - np.log(1e-8))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: RegimeCusum(threshold=0.0), "RegimeCusum.threshold: expected a finite number > 0, got 0.0"),
        (lambda: RegimeCusum(threshold=1.0, new_after=1.0), "RegimeCusum.new_after"),
        (lambda: RegimeCusum(threshold=1.0, min_steps=-1), "RegimeCusum.min_steps"),
        (lambda: GaussianRegime(0.0, 0.0), "GaussianRegime.variance: expected finite numbers > 0"),
        (lambda: GaussianRegime([0.0], [1.0, 1.0]), "expected finite means and as many variances"),
        (lambda: GaussianRegime(0.0, 1.0).log_prob([1.0, 2.0]), "x: expected 1 finite numbers"),
        (lambda: RegimeCusum(threshold=1.0).start({"new": GaussianRegime(0, 1)}, current="new"), "called 'new'"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(InvalidParameter, match=message):
        build()
