"""How the embedded model's temperature and threshold are fitted, on made-up pairs whose best answer is known."""

import numpy as np
import pytest

from benchmarks.entailment_model.calibrate import best_threshold, calibration_error, decided_right, softmax


def test_calibration_error_is_the_gap_of_confidence_and_accuracy():
    confidence = np.repeat([0.55, 0.95], 100)
    right = np.concatenate([np.arange(100) < 55, np.arange(100) < 75])
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.20)


def test_both_kinds_of_pairs_weigh_alike_however_many_there_are():
    merged, same = np.array([0.9, 0.6, 0.8, 0.1, 0.1, 0.1]), np.array([True, True, False, False, False, False])
    assert decided_right(merged, same, 0.7) == pytest.approx((0.5 + 0.75) / 2)
    assert decided_right(merged, same, 0.85) == pytest.approx((0.5 + 1.0) / 2)


def test_the_threshold_lies_above_what_differs_and_merges_what_cannot_be_told_apart():
    rng = np.random.default_rng(0)
    same = np.arange(4000) < 2000
    merged = np.where(same, rng.uniform(0.7, 1.0, 4000), rng.uniform(0.0, 0.7, 4000))
    assert best_threshold(merged, same) == pytest.approx(0.7, abs=0.02)
    assert best_threshold(rng.uniform(0.95, 1.0, 4000), same) == 0.5


def test_a_temperature_keeps_the_order_of_labels():
    logs = np.random.default_rng(0).normal(size=(50, 3))
    assert (softmax(logs).argmax(1) == softmax(logs / 1.5).argmax(1)).all()
    assert softmax(logs / 1.5).max(1).mean() < softmax(logs).max(1).mean()
