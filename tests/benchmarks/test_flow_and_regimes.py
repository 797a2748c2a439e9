"""What the page says in words of GRPO-Guard and of change points is what their recorded numbers say."""

import json
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
PAGE = (Path(__file__).parents[2] / "docs" / "rl" / "more.md").read_text(encoding="utf-8")


def test_the_flow():
    arms = json.loads((RESULTS / "rl_flow.json").read_text())["arms"]
    plain, regularised, *others = arms.values()
    assert "the plain ratio is clipped above\nas often as below" in PAGE
    assert abs(plain["clipped_above"] - plain["clipped_below"]) < 0.05 * plain["clipped_above"]
    assert "of every arm with another ratio is *lower* than the plain one's, each interval clear of 0" in PAGE
    assert all(arm["less_plain"][2] < 0 for arm in others)
    assert regularised["less_plain"][1] > 0
    assert "The spread over steps does even out, in ratios and gradients" in PAGE
    guard, evened = arms["guard"], arms["evened"]
    for arm in (guard, evened):
        assert arm["gradient_norm_spread"] < plain["gradient_norm_spread"] / 3
        assert max(arm["clipped_by_step"]) / min(arm["clipped_by_step"]) < 10
    assert min(plain["clipped_by_step"]) == 0 < max(plain["clipped_by_step"])


def test_a_stream_of_entropies():
    report = json.loads((RESULTS / "regimes.json").read_text())["entropies"]
    assert "That something changed is seen within a few questions. To what is not" in PAGE
    found = report["detectors"]
    delays = {name: own["median_delay_of_far_pairs"] for name, own in found.items()}
    assert min(delays, key=delays.get) == "known regime"
    assert delays["known regime"] < 5
    assert max(delays, key=delays.get) == "new regime"
    assert delays["new regime"] > 2 * delays["window"]
    assert found["new regime"]["found"] < 0.7 * report["pairs"]
    assert report["by_chance"] < report["named_rightly"] < 0.5
    assert len(report["questions"]) == 7


def test_change_points():
    report = json.loads((RESULTS / "regimes.json").read_text())
    rows = {(row["dimensions"], row["detector"]): row["delay"] for row in report["detection"]["rows"]}
    assert "A known regime is found soonest where it is the one that was told (shift 2)" in PAGE
    for d in (1, 2, 4):
        own = {name: delay["2"] for (size, name), delay in rows.items() if size == d}
        assert min(own, key=own.get) == "known regime"
        small = {name: delay["1"] for (size, name), delay in rows.items() if size == d}
        assert max(small, key=small.get) == "new regime"
        assert rows[d, "new regime"]["3"] < 1.2 * rows[d, "GLR, window 20"]["3"]
    assert rows[1, "new regime"]["2"] > 1.5 * rows[1, "GLR, window 20"]["2"]
    agents = report["grid"]["agents"]
    assert "`MbcdAgent` beats one model and a window, and the timer over whole phases" in PAGE
    assert all(agents[name]["mbcd_earned_more_early"][1] > 0 for name in ("one model", "window"))
    assert agents["mbcd"]["reward"] > agents["timer"]["reward"]
    assert agents["timer"]["mbcd_earned_more_early"][1] < 0 < agents["timer"]["mbcd_earned_more_early"][2]
    assert agents["oracle"]["mbcd_earned_more_early"][2] < 0
    assert report["grid"]["seeds"] * (len(report["grid"]["phases"]) - 1) == 100
