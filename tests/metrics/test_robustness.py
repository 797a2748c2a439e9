"""Robustness of a task's score, and of an uncertainty along a ladder of temperatures."""

from itertools import pairwise

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq.metrics import performance_drop_rate, robustness, temperature_sensitivity


def test_drop_rate_at_its_ends():
    assert performance_drop_rate([1, 0, 1], [1, 0, 1]) == 0
    assert performance_drop_rate([1, 0, 1], [0, 0, 0]) == 1
    assert performance_drop_rate([0.5, 0.5], [1, 0.5]) == -0.5


def test_robustness_equals_loops():
    rng = np.random.default_rng(0)
    for _ in range(50):
        clean = (rng.random(9) < 0.8).astype(float) + 0.1
        perturbed = {kind: clean * (rng.random(9) < 0.7) for kind in ("C1", "S2", "W3")}
        found = robustness(clean, perturbed)
        worst = [min(perturbed[kind][q] for kind in perturbed) for q in range(9)]
        assert found.worst_case == pytest.approx(sum(worst) / 9)
        assert found.worst_case <= min(found.perturbed.values()) == found.perturbed[found.worst_kind]
        for kind, own in perturbed.items():
            assert found.perturbed[kind] == pytest.approx(sum(own) / 9)
            assert found.drop_rates[kind] == pytest.approx(1 - sum(own) / sum(clean))


def test_temperature_sensitivity_equals_loops():
    rng = np.random.default_rng(1)
    for _ in range(50):
        ladder = rng.integers(0, 4, size=(rng.integers(2, 4), 12)).astype(float)
        rising = [all(a < b for a, b in pairwise(own)) for own in ladder.T.tolist()]
        assert temperature_sensitivity(ladder) == pytest.approx(sum(rising) / 12)
    assert temperature_sensitivity([[1.0], [1.0]]) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: performance_drop_rate([0, 0], [0, 0]), "clean: expected a score above 0"),
        (lambda: performance_drop_rate([1, 1], [1]), r"perturbed: expected shape \(2,\)"),
        (lambda: performance_drop_rate([1, np.nan], [1, 1]), "clean: expected .* finite scores"),
        (lambda: robustness([1], {}), "perturbed: expected kind -> scores"),
        (lambda: temperature_sensitivity([[1, 2]]), "at least two temperatures"),
        (lambda: temperature_sensitivity([[1], [np.nan]]), "no NaN"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()
