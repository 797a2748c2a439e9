"""What the recipe `arithmetic-smollm2` gains: held-out accuracy before and after, on a machine without a GPU.

    python -m benchmarks.rl_smollm2 [--out runs/smollm2] [--resume]

Trains the SmolLM2-135M of `semuq[demo]` with adapters by the recipe as it stands, one seed, and writes
benchmarks/results/rl_smollm2.json: greedy accuracy on held-out sums with 95% Wilson intervals, the learning curve, and
the time it took (after a resume: steps times the time per step of the last part). One seed shows that training works,
not that one method beats another.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from semuq_rl.runs.log import read_log
from semuq_rl.runs.recipe import read_recipe
from semuq_rl.runs.resume import last_checkpoint
from semuq_rl.runs.run import run

RESULTS = Path(__file__).parent / "results" / "rl_smollm2.json"
RECIPE = "arithmetic-smollm2"


def report(log: list[dict[str, Any]], summary: dict[str, Any], problems: int, begun: int = 0) -> dict[str, Any]:
    """The numbers of the results file; `begun` is the step that the timed part, after a resume, began from."""
    rewards = [record["reward"] for record in log if "reward" in record]
    tenth = max(1, len(rewards) // 10)
    return {
        "before": accuracy(summary["greedy_before"], problems),
        "after": accuracy(summary["greedy_after"], problems),
        "curve": {str(record["step"]): record["greedy"] for record in log if "greedy" in record},
        "reward_of_the_first_tenth": round(sum(rewards[:tenth]) / tenth, 4),
        "reward_of_the_last_tenth": round(sum(rewards[-tenth:]) / tenth, 4),
        "steps": summary["steps"],
        "seconds_per_step": round(summary["seconds"] / (summary["steps"] - begun), 1),
        "minutes": round(summary["seconds"] / (summary["steps"] - begun) * summary["steps"] / 60, 1),
        "timed_steps": summary["steps"] - begun,
    }


def accuracy(share: float, problems: int) -> dict[str, float]:
    """A share of right answers with its 95% Wilson interval."""
    interval = binomtest(round(share * problems), problems).proportion_ci(method="wilson")
    return {"value": round(share, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/smollm2"))
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    recipe = read_recipe(RECIPE)
    checkpoint = last_checkpoint(options.out) if options.resume else None
    summary = run(recipe, options.out, resume=options.resume, save_every=10, progress=print, quiet=True)
    results = {
        "question": "Does a small language model learn verifiable sums on two CPU cores in minutes?",
        "recipe": recipe.as_dict(),
        **report(
            read_log(options.out / "log.jsonl"), summary, recipe.evaluation.problems, checkpoint[0] if checkpoint else 0
        ),
        "machine": {"processor": "two cores, no GPU", "threads": int(os.environ.get("OMP_NUM_THREADS", 0)) or "all"},
        "system": platform.system(),
        "versions": {name: version(name) for name in ("semuq", "trl", "transformers", "torch", "peft")},
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
