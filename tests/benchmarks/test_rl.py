"""The RL experiment: its order, its store, its statistics, and that its results are those of its logs."""

from __future__ import annotations

import itertools
import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_1samp, wilcoxon

from benchmarks.rl.analysis import COMPARISONS, OUTCOMES, analyse, compare, holm, sign_flip, smallest_detectable
from benchmarks.rl.arms import ARMS, BASELINE, MAIN, MAIN_SEEDS, OTHER_SEEDS, TASKS, Run, queue
from benchmarks.rl.page import PAGE, write_page
from benchmarks.rl.runner import recipe_of
from benchmarks.rl.store import PACKED, claim, finished, keep, pack, read_runs
from benchmarks.rl_smollm2 import report as smollm2
from semuq_rl.runs.build import build_modulator, build_signal, build_task
from semuq_rl.runs.run import plan

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "rl.json"


def record(value):
    return {
        "start_accuracy": 0.3,
        "start_pass_at_8": 0.5,
        "greedy": value,
        "pass_at_8": value,
        "area": value,
        "curve": {"0": 0.3, "10": value},
        "training": {"reward": {"10": 0.4}},
        "cpu": 1.0,
    }


def world(effects, seeds=MAIN_SEEDS):
    """Runs with a planted effect per arm, noise per run, and a shared level per task and seed."""
    rng = np.random.default_rng(0)
    levels = {(task, seed): rng.normal(0.6, 0.1) for task in TASKS for seed in range(seeds)}
    return {
        Run(task, arm, seed): record(level + effects.get(arm, 0.0) + rng.normal(0, 0.01))
        for (task, seed), level in levels.items()
        for arm in MAIN
    }


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("task", TASKS)
def test_every_arm_is_a_sound_plan_and_differs_in_nothing_else(task, arm, tmp_path):
    recipe, base = recipe_of(Run(task, arm, 3)), recipe_of(Run(task, BASELINE, 3))
    plan(recipe, tmp_path)
    differing = {key for key, value in recipe.as_dict().items() if value != base.as_dict()[key]}
    assert differing <= {"signal", "modulator"}
    task_object = build_task(recipe.task)
    modulator = build_modulator(recipe.modulator, seed=3)
    assert (modulator is None) == (arm == BASELINE)
    assert (
        modulator is None or "signal" not in modulator.claims.needs or build_signal(recipe.signal, task_object.answer)
    )


def test_a_queue_cut_off_anywhere_leaves_complete_pairs_first():
    runs = list(queue())
    assert len(runs) == len(set(runs)) == len(TASKS) * (MAIN_SEEDS * len(MAIN) + OTHER_SEEDS * (len(ARMS) - len(MAIN)))
    main = runs[: len(TASKS) * MAIN_SEEDS * len(MAIN)]
    assert {run.arm for run in main} == set(MAIN)
    for seed, block in itertools.groupby(main, key=lambda run: run.seed):
        assert len(list(block)) == len(TASKS) * len(MAIN), seed


def test_a_finished_run_is_kept_once_and_packed(tmp_path):
    run, packed = Run(TASKS[0], BASELINE, 0), tmp_path / "runs.jsonl.xz"
    assert not finished(tmp_path, run, set())
    keep(tmp_path, run, record(0.5))
    assert finished(tmp_path, run, set())
    size = pack(tmp_path, packed)
    assert packed.stat().st_size == size
    (tmp_path / "runs" / f"{run.key}.json").unlink()
    assert read_runs(tmp_path, packed)[run]["greedy"] == 0.5
    assert finished(tmp_path, run, set(read_runs(tmp_path, packed)))
    keep(tmp_path, Run(TASKS[1], BASELINE, 0), record(0.7))
    pack(tmp_path, packed)
    assert len(read_runs(tmp_path, packed)) == 2


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


def test_sign_flips_are_exact_for_few_and_close_to_wilcoxon_for_many():
    assert sign_flip(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 8)
    assert sign_flip(np.array([1.0, -1.0])) == 1.0
    values = np.random.default_rng(1).normal(0.4, 1.0, 20)
    assert sign_flip(values) == pytest.approx(wilcoxon(values).pvalue, abs=0.05)
    assert sign_flip(values) == pytest.approx(ttest_1samp(values, 0.0).pvalue, abs=0.03)


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
    report = analyse(world({"seed-1": 0.03}), tmp_path / "rl.json")
    tests = {(test["arm"], test["against"], test["outcome"]): test for test in report["confirmatory"]}
    assert len(tests) == len(COMPARISONS) * len(OUTCOMES)
    for other in (BASELINE, "same-mean", "shuffled"):
        test = tests["seed-1", other, "greedy"]
        assert test["p_holm"] < 0.05
        assert test["low"] < test["difference"] < test["high"]
        assert test["difference"] == pytest.approx(0.03, abs=0.01)
        assert test["smallest_detectable"] < 0.03
    assert all(test["p_holm"] > 0.05 for key, test in tests.items() if key[0] != "seed-1")
    assert json.loads((tmp_path / "rl.json").read_text())["runs"] == len(MAIN) * len(TASKS) * MAIN_SEEDS


def test_a_pair_needs_both(tmp_path):
    runs = world({})
    del runs[Run(TASKS[0], BASELINE, 0)], runs[Run(TASKS[1], "seed-1", 5)]
    assert compare(runs, "seed-1", BASELINE, "greedy", MAIN_SEEDS)["pairs"] == 18
    assert compare({}, "seed-1", BASELINE, "greedy", MAIN_SEEDS) == {"pairs": 0}


@pytest.mark.skipif(not PACKED.exists(), reason="the experiment has not been packed")
def test_the_committed_results_are_those_of_the_committed_runs(tmp_path):
    analyse(read_runs(tmp_path), tmp_path / "rl.json")
    ours, committed = json.loads((tmp_path / "rl.json").read_text()), json.loads(RESULTS.read_text())
    for part in ("runs", "levels", "learning", "confirmatory", "exploratory"):
        assert ours[part] == committed[part]


def test_the_page_shows_every_test_and_every_arm(tmp_path):
    report = analyse(world({"seed-1": 0.03}), tmp_path / "rl.json")
    write_page(report, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    for test in report["confirmatory"]:
        assert f"| `{test['arm']}` | `{test['against']}` | {test['outcome']} | 20 | {test['difference']:+.3f} |" in page
    assert page.count("<polyline") == len(MAIN) * len(TASKS)
    assert "nan" not in page


@pytest.mark.skipif(not PACKED.exists(), reason="the experiment has not been packed")
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
