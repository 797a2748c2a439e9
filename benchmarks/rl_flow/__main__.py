"""Does GRPO-Guard make clipping act on both sides, and does the true reward gain by it?

    python -m benchmarks.rl_flow                 results/rl_flow.json, in a few minutes of one core

Mechanism and effect are told apart. Each arm's clip range is set on tuning seeds so that all clip the same share of
ratios in the first generation; then ten seeds each, started from the same pretrained flow per seed. Mechanism: the
share of ratios beyond the range above and below, and by step. Effect: the true reward where the paid one has reached
the same height, paired by seed.
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import hardware

RESULTS = Path(__file__).parents[1] / "results" / "rl_flow.json"
GROUPS, GROUP = 8, 24
GENERATIONS, PASSES = 25, 3
RATE = 1e-3
CLIPPED = 0.2
"""Share of ratios of the last pass of the first generation that lie beyond the clip range, in every arm."""

TUNING = (100, 101, 102)
SEEDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    from semuq_rl.runs.machine import instruction_set, pin_instructions

    pin_instructions()
    import torch

    from benchmarks.rl_flow.flow import ARMS

    torch.set_num_threads(1)
    clips = {name: clip_range(name) for name in ARMS}
    runs = {name: [train(name, seed, clips[name]) for seed in range(options.seeds)] for name in ARMS}
    height = 0.9 * min(max(run["proxy"]) for own in runs.values() for run in own)
    report = {
        "question": "Does GRPO-Guard make clipping act on both sides, and does the true reward gain by it?",
        "seeds": options.seeds,
        "generations": GENERATIONS,
        "height_of_the_paid_reward": round(height, 4),
        "arms": {name: summary(own, runs["plain"], clips[name], height) for name, own in runs.items()},
        "hardware": hardware(),
        "instructions": instruction_set(),
        "versions": {name: version(name) for name in ("semuq", "torch", "numpy")},
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n")


def clip_range(name: str) -> float:
    """The range beyond which a fifth of the ratios lie, on tuning seeds."""
    found = [train(name, seed, clip=1e9, generations=1)["sizes"] for seed in TUNING]
    return float(np.quantile(np.concatenate(found), 1 - CLIPPED))


def train(name: str, seed: int, clip: float, generations: int = GENERATIONS) -> dict[str, Any]:
    """A run: paid and true reward by generation, and what clipping did."""
    import torch

    from benchmarks.rl_flow.flow import ARMS, gold_reward, pretrained, proxy_reward, rollout, update

    model, reference = pretrained(seed), pretrained(seed)
    generator = torch.Generator().manual_seed(1000 + seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    proxy, gold, above, below = [], [], [], []
    sizes, norms = np.zeros(0), np.zeros(0)
    for _ in range(generations):
        path = rollout(model, GROUPS * GROUP, generator)
        rewards = proxy_reward(path.final)
        proxy.append(float(rewards.mean()))
        gold.append(float(gold_reward(path.final).mean()))
        grouped = rewards.reshape(GROUPS, GROUP)
        advantages = (grouped - grouped.mean(1, keepdim=True)) / (grouped.std(1, keepdim=True) + 1e-4)
        for number in range(PASSES):
            first = not len(norms) and number == PASSES - 1
            ratios, own = update(
                model, reference, optimiser, path, advantages.reshape(-1), ARMS[name], clip, measure=first
            )
            norms = np.array(own) if first else norms
        moved = torch.stack(ratios)  # (steps, B) of the last pass
        above.append((moved.exp() > 1 + clip).float().mean(1).numpy())
        below.append((moved.exp() < 1 - clip).float().mean(1).numpy())
        sizes = (moved.exp() - 1).abs().numpy().reshape(-1)
    return {
        "proxy": proxy,
        "gold": gold,
        "above": np.mean(above, 0),
        "below": np.mean(below, 0),
        "sizes": sizes,
        "norms": norms,
    }


def summary(runs: list[dict[str, Any]], plain: list[dict[str, Any]], clip: float, height: float) -> dict[str, Any]:
    """Means over seeds; the effect paired with the plain arm, with a bootstrap interval over seeds."""
    at = np.array([_gold_at(run, height) for run in runs])
    base = np.array([_gold_at(run, height) for run in plain])
    difference = at - base
    draws = np.random.default_rng(0).integers(len(difference), size=(10_000, len(difference)))
    low, high = np.quantile(difference[draws].mean(axis=1), [0.025, 0.975])
    norms = np.mean([run["norms"] for run in runs], axis=0)
    return {
        "clip": float(f"{clip:.3g}"),
        "clipped_above": round(float(np.mean([run["above"] for run in runs])), 4),
        "clipped_below": round(float(np.mean([run["below"] for run in runs])), 4),
        "clipped_by_step": [round(float(x), 3) for x in np.mean([run["above"] + run["below"] for run in runs], axis=0)],
        "gradient_norm_spread": round(float(norms.max() / norms.min()), 2),
        "final_proxy": round(float(np.mean([run["proxy"][-1] for run in runs])), 4),
        "final_gold": round(float(np.mean([run["gold"][-1] for run in runs])), 4),
        "gold_at_height": round(float(at.mean()), 4),
        "less_plain": [round(float(x), 4) for x in (difference.mean(), low, high)],
    }


def _gold_at(run: dict[str, Any], height: float) -> float:
    """The true reward, interpolated, where the paid one first reaches the height."""
    proxy, gold = run["proxy"], run["gold"]
    for before, after in zip(range(len(proxy) - 1), range(1, len(proxy)), strict=True):
        if proxy[after] >= height:
            share = (height - proxy[before]) / (proxy[after] - proxy[before]) if proxy[after] != proxy[before] else 1.0
            return float(gold[before] + min(max(share, 0.0), 1.0) * (gold[after] - gold[before]))
    return float(gold[-1])


if __name__ == "__main__":
    main()
