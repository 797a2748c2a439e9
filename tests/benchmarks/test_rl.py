"""The RL experiment: its order, its store, its statistics, its words, and that its results are those of its records."""

from __future__ import annotations

import itertools
import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_1samp, wilcoxon

from benchmarks.rl import statistics
from benchmarks.rl.analysis import PRIMARY, SECONDARY_TESTS, analyse, compare
from benchmarks.rl.arms import (
    ARMS,
    BASELINE,
    CELLS,
    REGISTERED,
    REGISTERED_STARTS,
    SECONDARY,
    SECONDARY_STARTS,
    TASKS,
    Run,
    queue,
)
from benchmarks.rl.conclusions import first_lines, sentence, verdict
from benchmarks.rl.first import FIRST_RUNS, first_experiment
from benchmarks.rl.page import PAGE, write_page
from benchmarks.rl.runner import recipe_of, work_through
from benchmarks.rl.starts import HIGHEST, LOWEST, MIXED, Start, admitted_start
from benchmarks.rl.statistics import by_start, sign_flip, smallest_detectable
from benchmarks.rl.store import PACKED, claim, finished, keep, pack, read_runs, registered_starts
from benchmarks.rl_smollm2 import report as smollm2
from semuq.metrics import holm
from semuq_rl.runs.run import plan

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "rl.json"


def record(value):
    return {
        "seed": 0,
        "start_accuracy": 0.3,
        "start_mixed": 0.5,
        "refused": [],
        "curve": {"0": 0.3, "10": value},
        "greedy": value,
        "area": round(value, 5),
        "training": {"reward": 0.4, "step_factor": 0.6},
        "instructions": "AVX2, pinned",
        "cpu": 1.0,
    }


def world(effects, starts=REGISTERED_STARTS, noise=0.01, seed=0):
    """Runs with a planted effect per arm, noise per run, and a shared level per task and start."""
    rng = np.random.default_rng(seed)
    return {
        Run(task, arm, start): record(level + effects.get(arm, 0.0) + rng.normal(0, noise))
        for task in TASKS
        for start in range(starts)
        for level in [rng.normal(0.6, 0.1)]
        for arm in (*REGISTERED, *(SECONDARY if start < SECONDARY_STARTS else ()))
    }


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_is_a_sound_plan_and_differs_in_nothing_else(arm, tmp_path):
    recipe, base = recipe_of(Run("modular", arm, 3)), recipe_of(Run("modular", BASELINE, 3))
    plan(recipe, tmp_path)
    differing = {key for key, value in recipe.as_dict().items() if value != base.as_dict()[key]}
    assert differing <= {"signal", "modulator"}
    assert (recipe.modulator == {}) == (arm == BASELINE)


@pytest.mark.parametrize("task", TASKS)
def test_a_cell_uses_the_same_rollouts_in_other_steps(task, tmp_path):
    plans = [plan(recipe_of(Run(task, "seed-1", cell)), tmp_path) for cell in range(len(CELLS))]
    assert {own.prompts for own in plans} == {480}
    assert [own.prompts_per_step for own in plans] == [16, 16, 16, 2, 2, 2]
    assert len({own.config.learning_rate for own in plans[:3]}) == 3


def test_a_queue_cut_off_anywhere_leaves_complete_pairs_of_the_registered_contrast():
    runs = list(queue())
    assert len(runs) == len(set(runs))
    first = runs[: len(TASKS) * REGISTERED_STARTS * 2]
    assert {run.arm for run in first} == set(PRIMARY) == set(REGISTERED)
    for pair in itertools.batched(first, 2) if hasattr(itertools, "batched") else zip(*[iter(first)] * 2, strict=True):
        assert len({(run.task, run.start) for run in pair}) == 1


def test_a_finished_run_is_kept_once_and_packed(tmp_path):
    run, packed = Run("modular", BASELINE, 0), tmp_path / "runs.jsonl.xz"
    assert not finished(tmp_path, run, set())
    keep(tmp_path, run, record(0.5))
    assert finished(tmp_path, run, set())
    size = pack(tmp_path, packed)
    assert packed.stat().st_size == size
    (tmp_path / "runs" / f"{run.key}.json").unlink()
    assert read_runs(tmp_path, packed)[run]["greedy"] == 0.5
    assert finished(tmp_path, run, set(read_runs(tmp_path, packed)))
    keep(tmp_path, Run("addition", BASELINE, 0), record(0.7))
    pack(tmp_path, packed)
    assert len(read_runs(tmp_path, packed)) == 2


def test_runs_from_other_weights_of_the_same_seed_do_not_count(tmp_path):
    here, there = record(0.5), record(0.9) | {"start_accuracy": 0.31}
    keep(tmp_path, Run("modular", "seed-1", 3), here)
    keep(tmp_path, Run("modular", BASELINE, 3), there)
    keep(tmp_path, Run("modular", "same-mean", 3), here)
    keep(tmp_path, Run("addition", BASELINE, 3), there)  # nothing to tell it by
    found = read_runs(tmp_path, tmp_path / "none.xz")
    assert set(found) == {
        Run("modular", "seed-1", 3),
        Run("modular", "same-mean", 3),
        Run("addition", BASELINE, 3),
    }
    assert registered_starts(found) == {("modular", 3): (0, 0.3, 0.5)}


def test_the_committed_runs_of_a_start_began_from_one(tmp_path):
    begun = {}
    for run, own in read_runs(tmp_path).items():
        begun.setdefault((run.task, run.start), set()).add((own["seed"], own["curve"]["0"]))
    assert {len(own) for own in begun.values()} == {1}


def test_a_processor_that_makes_other_weights_leaves_the_start_alone(tmp_path, monkeypatch, capsys):
    keep(tmp_path, Run("addition", "seed-1", 0), record(0.5))
    made = Start(folder=tmp_path, seed=0, accuracy=0.4, mixed=0.5, refused=())
    monkeypatch.setattr("benchmarks.rl.runner.admitted_start", lambda recipe, start, folder: made)
    monkeypatch.setattr("benchmarks.rl.runner._do", lambda work, run, recipe, start: record(0.6))
    monkeypatch.setattr("benchmarks.rl.runner.read_runs", lambda work: read_runs(work, tmp_path / "none.xz"))
    done = work_through(tmp_path, minutes=1, stop=tmp_path / "stop", only="--0")
    assert done == len(ARMS)  # those of modular, where there was no start before; of addition none
    assert "addition--0: this processor makes another start" in capsys.readouterr().out
    assert {run.task for run in read_runs(tmp_path, tmp_path / "none.xz") if run.arm != "seed-1"} == {"modular"}


def _try(work, queue_):
    with claim(work, "a") as free:
        queue_.put(free)


def test_two_processes_never_do_the_same_run(tmp_path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    with claim(tmp_path, "a") as free:
        assert free
        other = context.Process(target=_try, args=(tmp_path, answers))
        other.start()
        assert answers.get(timeout=60) is False
        other.join()
    with claim(tmp_path, "a") as free:
        assert free


def test_a_start_outside_the_rule_is_replaced_and_written_down(tmp_path, monkeypatch):
    skills = iter([(0.9, 0.5), (0.4, 0.1), (0.4, 0.3)])
    made = []
    monkeypatch.setattr("benchmarks.rl.starts.prepare_start", lambda recipe, folder: made.append(recipe.seed))
    monkeypatch.setattr("benchmarks.rl.starts._skill", lambda recipe, folder: next(skills))
    recipe = recipe_of(Run("modular", "seed-1", 7))
    (tmp_path / "7").mkdir()
    found = admitted_start(recipe, 7, tmp_path / "7")
    assert made == [7, 1007, 2007]
    assert (found.seed, found.accuracy, found.mixed) == (2007, 0.4, 0.3)
    assert found.refused == ((7, 0.9, 0.5), (1007, 0.4, 0.1))
    assert LOWEST <= found.accuracy <= HIGHEST
    assert found.mixed >= MIXED
    assert admitted_start(recipe, 7, tmp_path / "7") == found  # from the file: nothing is made again
    assert made == [7, 1007, 2007]


def test_sign_flips_are_exact():
    assert sign_flip(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 8)
    assert sign_flip(np.array([1.0, -1.0])) == 1.0
    values = np.random.default_rng(1).normal(0.4, 1.0, 20)
    assert sign_flip(values) == pytest.approx(wilcoxon(values).pvalue, abs=0.05)
    assert sign_flip(values) == pytest.approx(ttest_1samp(values, 0.0).pvalue, abs=0.03)


def test_sign_flips_of_many_are_counted_and_agree_with_going_through_all(monkeypatch):
    values = np.round(np.random.default_rng(0).normal(0.004, 0.01, 18), 5)
    enumerated = sign_flip(values)
    monkeypatch.setattr(statistics, "ENUMERATED", 5)
    assert sign_flip(values) == pytest.approx(enumerated, abs=1e-12)
    rng = np.random.default_rng(2)
    many = np.round(rng.normal(0.002, 0.01, 120), 5)
    signs = rng.choice((1.0, -1.0), size=(20_000, 120))
    drawn = (np.abs(signs @ many) >= abs(many.sum()) - 1e-9).mean()
    assert sign_flip(many) == pytest.approx(drawn, abs=0.01)


def test_holm_against_its_definition():
    p = [0.04, 0.001, 0.03, 0.2]
    assert holm(p) == pytest.approx([0.09, 0.004, 0.09, 0.2])


def test_the_smallest_detectable_difference_is_found_in_four_of_five_repeats():
    rng = np.random.default_rng(0)
    n, found = 10, 0
    effect = smallest_detectable(rng.normal(0, 1, 4000), 0.05) * np.sqrt(4000 / n)  # spread 1, many degrees of freedom
    for _ in range(2000):
        found += ttest_1samp(rng.normal(effect, 1, n), 0.0).pvalue < 0.05
    assert 0.68 < found / 2000 < 0.84  # ten pairs estimate their own spread, so a little below 0.8


def test_a_planted_effect_is_found_and_a_null_is_not(tmp_path):
    report = analyse(world({"seed-1": 0.006}), tmp_path / "rl.json")
    assert verdict(report["registered"]) == "higher"
    assert report["registered"]["detectable"] < 0.005
    plain = analyse(world({"seed-1": 0.02}), tmp_path / "rl.json")["secondary"]
    assert {verdict(test) for test in plain if test["arm"] == "seed-1"} == {"higher"}
    null = analyse(world({}, seed=1), tmp_path / "rl.json")
    assert verdict(null["registered"]) == "open"
    assert len(null["secondary"]) == len(SECONDARY_TESTS)
    assert all(test["p_holm"] >= test["p"] for test in null["secondary"])
    assert "not established" in first_lines(null, premise())[1]
    assert first_lines(null, premise())[0].startswith(
        "**Established at the corrected level of what SEED-GRPO gains: nothing**"
    )


def premise(**questions):
    own = {"slope": -0.5, "low": -0.7, "high": -0.3, "verdict": "less reliable where uncertain"}
    return {"wanted": 300, "sets": {name: own | {"questions": asked} for name, asked in questions.items()}}


def test_the_premise_is_told_of_complete_sets_alone(tmp_path):
    report = analyse(world({}), tmp_path / "rl.json")
    (_, told, *rest) = first_lines(report, premise(products=300, sums=299))
    assert "on products -0.50 [-0.70, -0.30]: less reliable where uncertain" in told
    assert "sums" not in told
    assert first_lines(report, premise(sums=299)) == [first_lines(report, premise())[0], *rest]


def test_nothing_is_tested_before_all_starts_are_in(tmp_path):
    runs = world({"seed-1": 0.05})
    del runs[Run("modular", "shuffled", 59)]
    report = analyse(runs, tmp_path / "rl.json")
    registered = report["registered"]
    assert (registered["starts"], registered["of"], registered["final"]) == (119, 120, False)
    assert "p" not in registered
    assert verdict(registered) == "unfinished"
    assert "119 of 120 starts" in sentence(registered)
    assert "established" not in sentence(registered)


def test_a_pair_needs_both():
    runs = world({}, starts=5)
    del runs[Run("addition", "shuffled", 0)], runs[Run("modular", "seed-1", 4)]
    assert compare(runs, *PRIMARY, starts=60)["starts"] == 8
    assert compare({}, *PRIMARY, starts=60) == {"starts": 0, "of": 120, "final": False}


def test_the_first_experiment_by_start_establishes_nothing():
    found = {(test["arm"], test["against"], test["outcome"]): test for test in first_experiment()["tests"]}
    assert len(found) == 18
    assert {test["starts"] for test in found.values()} == {10}
    area = [found["seed-1", other, "area"]["p_holm"] for other in ("dr-grpo", "same-mean", "shuffled")]
    assert np.round(area, 2).tolist() == [0.35, 0.6, 0.35]
    assert min(test["p_holm"] for test in found.values()) > 0.05
    assert by_start([1.0, 3.0, 5.0], [0, 1, 0]).tolist() == [3.0, 3.0]
    assert FIRST_RUNS.exists()


@pytest.mark.skipif(not PACKED.exists(), reason="no run has been packed")
def test_the_committed_results_are_those_of_the_committed_runs(tmp_path):
    analyse(read_runs(tmp_path), tmp_path / "rl.json")
    ours, committed = json.loads((tmp_path / "rl.json").read_text()), json.loads(RESULTS.read_text())
    for part in ("runs", "levels", "learning", "registered", "secondary", "exploratory", "cells", "first"):
        assert ours[part] == committed[part]


def test_the_page_shows_every_test_and_every_arm(tmp_path):
    report = analyse(world({"seed-1": 0.03}), tmp_path / "rl.json")
    write_page(report, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    for test in (report["registered"], *report["secondary"]):
        assert sentence(test) in page
    assert page.count("<polyline") == len(REGISTERED) * len(TASKS)
    assert "nan" not in page


@pytest.mark.skipif(not PACKED.exists(), reason="no run has been packed")
def test_the_committed_page_is_that_of_the_committed_results(tmp_path):
    write_page(json.loads(RESULTS.read_text()), tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text() == PAGE.read_text()


def test_what_smollm2_gained_comes_with_its_interval():
    log = [{"step": step, "reward": step / 20} for step in range(1, 21)] + [{"step": 0, "greedy": 0.4}]
    summary = {"greedy_before": 0.4, "greedy_after": 0.8, "steps": 20, "seconds": 90.0}
    results = smollm2(log, summary, 100)
    assert results["after"] == {"value": 0.8, "low": 0.7112, "high": 0.8666}  # Wilson's, by hand
    assert results["reward_of_the_last_tenth"] == pytest.approx((19 + 20) / 2 / 20, abs=1e-4)
    assert results["minutes"] == 1.5
