"""The measurements of calibration and abstention on the leaderboard's own answers."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import benchmarks.calibration.__main__ as command
from benchmarks.calibration.__main__ import from_few
from benchmarks.calibration.plot import reliability_plot
from benchmarks.conformal.__main__ import kept_on, simulate_real
from benchmarks.leaderboard.pooled import Answers, real_answers
from semuq.decisions.calibration import Histogram, cross_fit
from semuq.metrics import brier

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


@pytest.fixture(scope="module")
def sets():
    return real_answers()


def made(name, error_rate, seed=0):
    """A population whose score is of no use and whose error rate is known."""
    rng = np.random.default_rng(seed)
    right = np.ones(1000)
    right[: round(1000 * error_rate)] = 0
    return Answers(name=name, title=name, claimed=rng.random(1000), right=rng.permutation(right))


@pytest.mark.slow
def test_real_answers_are_the_sets_that_count_on_the_leaderboard(sets):
    board = json.loads((RESULTS / "leaderboard_smollm2-135m.json").read_text())["sets"]
    assert {own.name for own in sets} == {name for name, own in board.items() if own["within_10_to_90_percent"]}
    for own in sets:
        # The board of this model was graded before the default grader learned to read values and labels.
        assert own.right.mean() == pytest.approx(board[own.name]["accuracy_greedy"], abs=0.021)
        assert ((own.claimed >= 0) & (own.claimed <= 1)).all()
        assert len(own.claimed) == len(own.right) == board[own.name]["questions"]


@pytest.mark.slow
def test_the_published_brier_scores_are_those_of_the_answers(sets):
    found = json.loads((RESULTS / "calibration.json").read_text())["methods"]
    claimed, right = (np.concatenate([getattr(own, name) for own in sets]) for name in ("claimed", "right"))
    assert found["none"]["brier"]["value"] == pytest.approx(brier(claimed, right), abs=1e-4)
    assert found["isotonic"]["brier"]["value"] == pytest.approx(brier(cross_fit(claimed, right), right), abs=1e-4)


def test_more_answers_make_a_better_calibrator():
    rng = np.random.default_rng(0)
    claimed = rng.random(600)
    right = (rng.random(600) > claimed**2).astype(float)
    few, many = (from_few(Histogram(), claimed, right, size, 40, 0) for size in (20, 400))
    assert many < few


def test_a_promise_is_kept_where_the_error_rate_allows_it_and_broken_where_it_cannot():
    easy, hard = made("easy", 0.02), made("hard", 0.9)
    both = [(own.claimed, own.right) for own in (easy, hard)]
    kept, coverage, abstained = kept_on(both[0], both[0], 20, 300, 0.3, 0.1, 0)
    assert kept == 20
    assert abstained < 0.3
    assert coverage > 0.7
    shifted, _, silent = kept_on(both[0], both[1], 20, 300, 0.3, 0.1, 0)
    assert (shifted, silent) == (round(20 * abstained), abstained)  # only silence keeps it
    kept, coverage, abstained = kept_on(both[1], both[1], 20, 300, 0.3, 0.1, 0)
    assert (kept, coverage, abstained) == (20, 0, 1)
    found = simulate_real([easy, hard], 20, 300, 0.3, 0.1, 0)
    assert found["fitted_on_the_other_sets"]["hard"]["kept"]["value"] == pytest.approx(silent)
    assert found["fitted_on_the_other_sets"]["easy"]["kept"]["value"] == 1


def test_the_published_promise_is_kept_on_exchangeable_answers():
    found = json.loads((RESULTS / "conformal.json").read_text())
    for own in (*found["results"].values(), found["real"]):
        assert own["kept"]["high"] >= found["promised"]
        assert own["kept"]["compatible_with_promise"]


def test_the_diagram_draws_each_bin_at_its_place():
    svg = reliability_plot({"one": {"predicted": [0.0, 1.0], "observed": [0.5, 1.0], "low": [0, 0], "high": [1, 1]}})
    assert svg.count("<circle") == 2
    assert 'cx="34.0" cy="102.0"' in svg
    assert 'cx="194.0" cy="22.0"' in svg


@pytest.mark.slow
def test_the_command_writes_figures_and_diagram(tmp_path, sets, monkeypatch):
    out = ["--out", str(tmp_path / "c.json"), "--diagram", str(tmp_path / "d.svg")]
    monkeypatch.setattr(sys, "argv", ["calibration", "--resamples", "20", "--draws", "2", *out])
    monkeypatch.setattr(command, "real_answers", lambda: sets)
    command.main()
    methods = json.loads((tmp_path / "c.json").read_text())["methods"]
    assert set(methods) == {"none", "isotonic", "platt", "histogram", "beta"}
    assert all(
        methods[name]["brier"]["value"] < methods["none"]["brier"]["value"] for name in methods if name != "none"
    )
    assert (tmp_path / "d.svg").read_text().count("<circle") > 40
