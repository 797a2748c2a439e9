"""What share of a training step do signal and modulation take?

    python -m benchmarks.rl_overhead [--steps 15] [--recipe arithmetic-smollm2]

Trains a recipe. In each step all signals are measured on the same rollouts, one after the other,
through the trainer's own code (gathering, signal, modulation, metrics), so that they are paired; the
share of one is its seconds over the seconds of the step with that signal and no other. The first
step, which starts worker processes and loads weights, is given apart.
Writes benchmarks/results/rl_overhead.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from semuq import DiscreteSemanticEntropy, Entailment, ExactMatch, MathEquivalence, SemanticEntropy
from semuq_rl import Signal, UncertaintyGRPOTrainer, seed_grpo
from semuq_rl.groups.answers import whole_text
from semuq_rl.runs.build import load_policy
from semuq_rl.runs.recipe import read_recipe
from semuq_rl.runs.run import plan, render_prompts
from semuq_rl.trainer.gather import gather_rollouts

RESULTS = Path(__file__).parents[1] / "results" / "rl_overhead.json"
COUNTS = DiscreteSemanticEntropy()
LIKELIHOODS = SemanticEntropy(duplicates="count")


def signals(answer: Any) -> dict[str, Signal]:
    """By name, what is measured in every step."""
    return {
        "exact": Signal(estimator=COUNTS, relation=ExactMatch(), extract=answer),
        "maths": Signal(estimator=COUNTS, relation=MathEquivalence(), extract=answer),
        "entailment": Signal(estimator=COUNTS, relation=Entailment(), extract=answer),
        "entailment of whole rollouts": Signal(estimator=COUNTS, relation=Entailment(), extract=whole_text),
        "exact with recomputed likelihoods": Signal(estimator=LIKELIHOODS, relation=ExactMatch(), extract=answer),
    }


class Timed(UncertaintyGRPOTrainer):
    """Trains on its own signal, and measures others in every step."""

    def __init__(self, *args: Any, timed: dict[str, Signal], **options: Any) -> None:
        super().__init__(*args, **options)
        self.timed = timed
        self.seconds: dict[str, list[float]] = {name: [] for name in timed}
        self.distinct: list[float] = []

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        own = self.signal
        for name, signal in self.timed.items():
            self.signal = signal
            needs = {"logprobs"} if signal.estimator is LIKELIHOODS else set()
            start = time.perf_counter()
            rollouts = gather_rollouts(self, output, self._rewards_per_func, needs=needs, steps=self._steps)
            if rollouts.batch is not None:
                self._modulate(dict(output), rollouts, rollouts.batch)
            self.seconds[name].append(time.perf_counter() - start)
        self.signal = own
        texts = list(self._logs["completion"])
        groups = [texts[start : start + self.num_generations] for start in range(0, len(texts), self.num_generations)]
        self.distinct.append(float(np.mean([len(set(group)) for group in groups])))
        return output


def train(name: str, steps: int, folder: Path, overrides: Sequence[str] = ()) -> Timed:
    """The run that is measured; `overrides` as on the trainer's command line."""
    recipe = read_recipe(name, [f"trainer.max_steps={steps}", *overrides])
    planned = plan(recipe, folder, report_to="none", save_strategy="no")
    task = planned.task
    model, tokenizer = load_policy(recipe, task)
    # Scores of earlier runs would be read from the cache.
    os.environ["SEMUQ_CACHE_DIR"] = str(folder)
    problems = list(islice(task.stream(recipe.seed), steps * planned.prompts_per_step))

    def right(completions: list[str], problem: list[int], **columns: Any) -> list[float]:
        return [float(task.right(problems[index], text)) for index, text in zip(problem, completions, strict=True)]

    prompts = render_prompts(tokenizer, problems, recipe.model.chat)
    trainer = Timed(
        model=model,
        reward_funcs=right,
        args=planned.config,
        train_dataset=Dataset.from_dict({"prompt": prompts, "problem": list(range(len(problems)))}),
        processing_class=tokenizer,
        modulator=seed_grpo(alpha=1.0),
        signal=Signal(estimator=COUNTS, relation=ExactMatch(), extract=task.answer),
        timed=signals(task.answer),
    )
    trainer.train()
    return trainer


def rest_of_steps(trainer: Timed) -> Any:
    """(steps,) seconds of each step without any signal, the trainer's own and those timed beside it."""
    logs = [log for log in trainer.state.log_history if "step_time" in log]
    own = np.array([log["modulation/seconds"] for log in logs])
    return np.array([log["step_time"] for log in logs]) - own - np.sum(list(trainer.seconds.values()), axis=0)


def spread(values: Any) -> dict[str, float]:
    """Median, quartiles and extremes over the steps."""
    low, first, median, third, high = np.percentile(values, [0, 25, 50, 75, 100])
    return {"median": median, "first_quartile": first, "third_quartile": third, "min": low, "max": high}


def main() -> None:
    """Train, divide, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--recipe", default="arithmetic-smollm2")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trainer = train(given.recipe, given.steps, Path(folder))
    logs = [log for log in trainer.state.log_history if "step_time" in log]
    base = rest_of_steps(trainer)
    shares = {name: np.array(seconds) / (base + seconds) for name, seconds in trainer.seconds.items()}
    result = {
        "about": "seconds of signal and modulation over seconds of the whole step, steps after the first",
        "command": f"python -m benchmarks.rl_overhead --steps {given.steps} --recipe {given.recipe}",
        "rollouts": {
            "per_step": len(trainer._logs["completion"]),
            "per_question": trainer.num_generations,
            "mean_tokens": float(np.mean([log["completions/mean_length"] for log in logs])),
            "distinct_texts_per_question": float(np.mean(trainer.distinct)),
            "mean_reward": float(np.mean([log["reward"] for log in logs])),
        },
        "share": {name: spread(values[1:]) for name, values in shares.items()},
        "first_step_share": {name: float(values[0]) for name, values in shares.items()},
        "hardware": f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
        "versions": {name: version(name) for name in ("trl", "transformers", "torch", "peft", "numpy")}
        | {"python": platform.python_version()},
    }
    RESULTS.write_text(json.dumps(rounded(result), indent=1, ensure_ascii=False) + "\n")
    for name, seconds in trainer.seconds.items():
        share = shares[name][1:]
        print(f"{name:36}{np.median(share):8.2%} of a step, {np.median(seconds[1:]) * 1e3:8.1f} ms")
    print(f"the rest of a step {np.median(base[1:]):.2f} s")


def rounded(value: Any) -> Any:
    """Numbers to four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
