"""Are gradients less reliable where semantic entropy is high? Two groups of rollouts a question, no training.

    python -m benchmarks.rl_premise run --model PATH [--questions 300] [--minutes 60]    resumes; a line a question
    python -m benchmarks.rl_premise analyse                                             results/rl_premise.json

For each question two independent groups of 8 rollouts; where both are mixed, the cosine of their two Dr.GRPO
gradients. It is regressed on the semantic entropy of the answers, with an offset for each accuracy. SEED-GRPO
(arXiv:2505.12346) damps questions with high entropy because their gradients are less to be relied on: it predicts a
negative slope. The interval is a bootstrap over questions. Settled before any run: 300 mixed questions, answers alone
(no chain of thought), and that the slope is called negative or positive if its 95% interval leaves 0 out.

Any folder or hub name will do for the model; without one the SmolLM2-135M of the package is taken, to try things out.
With Qwen2.5-Coder-0.5B on two-digit products it takes two to three hours of two cores.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from benchmarks.rl_premise.analysis import summary

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parents[1] / "results" / "rl_premise.json"
GROUP = 8
BATCH = 8
"""Questions whose rollouts are drawn together."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "analyse"])
    parser.add_argument("--model", default="", help="hub name or folder; the package's SmolLM2 without")
    parser.add_argument("--recipe", default="arithmetic-smollm2", help="whose task and adapters are taken")
    parser.add_argument("--set", action="append", default=[], help="override of the recipe")
    parser.add_argument("--questions", type=int, default=300, help="mixed questions that are wanted")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long")
    parser.add_argument("--work", type=Path, default=ROOT / "rl-out" / "premise.jsonl")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.command == "run":
        run(options)
    else:
        lines = [json.loads(line) for line in options.work.read_text().splitlines()]
        mixed = [line for line in lines if line["mixed"]]
        report = {"tried": len(lines), **summary(mixed), "model": lines[0]["model"], "group": GROUP}
        report["versions"] = {name: version(name) for name in ("semuq", "transformers", "torch", "numpy")}
        options.out.write_text(json.dumps(report, indent=1) + "\n")


def run(options: argparse.Namespace) -> None:
    """Measure question after question, from where the file ends."""
    from benchmarks.rl_premise.measure import measure
    from semuq_rl.runs.build import build_task, load_policy
    from semuq_rl.runs.recipe import read_recipe
    from semuq_rl.runs.run import render_prompts

    sets = list(options.set)
    if options.model:
        sets += ["model.source=pretrained", f"model.path={options.model}"]
    recipe = read_recipe(options.recipe, sets)
    task = build_task(recipe.task)
    model, tokenizer = load_policy(recipe, task)
    model.float()  # a cosine of gradients is not to be one of their rounding
    options.work.parent.mkdir(parents=True, exist_ok=True)
    done = options.work.read_text().splitlines() if options.work.exists() else []
    mixed = sum(json.loads(line)["mixed"] for line in done)
    until = time.monotonic() + 60 * options.minutes
    number = len(done)
    problems = islice(task.stream(recipe.seed), number, None)
    while mixed < options.questions and time.monotonic() < until:
        batch = list(islice(problems, BATCH))
        prompts = render_prompts(tokenizer, batch, recipe.model.chat)
        for found in measure(model, tokenizer, task, batch, prompts, group=GROUP, seed=number):
            mixed += found is not None
            record = {"number": number, "model": options.model or "SmolLM2-135M", "mixed": found is not None}
            with options.work.open("a") as file:
                file.write(json.dumps(record | (asdict(found) if found else {})) + "\n")
            number += 1
            if mixed >= options.questions:
                break


if __name__ == "__main__":
    main()
