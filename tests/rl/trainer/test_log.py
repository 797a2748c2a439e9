"""What a step writes into the log: sizes and shares, by hand."""

import numpy as np
import pytest

from semuq_rl import GroupBatch, SignalResult
from semuq_rl.trainer.log import signal_metrics, step_metrics


def result(values):
    values = np.array(values, dtype=float)
    return SignalResult(values=values, known=np.ones(len(values), dtype=bool), raw=values, reasons={})


def test_the_correlation_is_with_the_mean_reward_of_each_group():
    batch = GroupBatch(prompts=["a", "b", "c"], texts=[["x", "y"]] * 3, rewards=[[1, 1], [1, 0], [0, 0]])
    assert signal_metrics(result([0.0, 0.5, 1.0]), batch)["signal_accuracy_correlation"] == pytest.approx(-1)
    assert signal_metrics(result([0.2, 1.0, 0.2]), batch)["signal_accuracy_correlation"] == pytest.approx(0)
    assert "signal_accuracy_correlation" not in signal_metrics(result([0.3, 0.3, 0.3]), batch)


def test_the_step_factor_weighs_by_the_size_of_the_advantage():
    before = np.array([[0.75, -0.25], [0.1, -0.1], [0.0, 0.0]])
    after = before * [[0.5], [1.0], [1.0]]
    found = step_metrics(before, after, np.ones((3, 2), dtype=bool), [True, True, False])
    assert found["step_factor"] == pytest.approx((0.5 * 1.0 + 0.2) / 1.2)
    assert found["multiplier_mean"] == pytest.approx(0.75)
    assert found["zero_variance"] == pytest.approx(1 / 3)
