"""Are gradients less reliable where semantic entropy is high? Two groups of rollouts a question, no training.

    python -m benchmarks.rl_premise run --model PATH --on products [--minutes 60]    resumes; a line a question
    python -m benchmarks.rl_premise analyse                                         results/rl_premise.json

For each question two independent groups of 8 rollouts; where both are mixed, the cosine of their two Dr.GRPO
gradients. It is regressed on the semantic entropy of the answers, with an offset for each accuracy. SEED-GRPO
(arXiv:2505.12346) damps questions with high entropy because their gradients are less to be relied on: it predicts a
negative slope. The interval is a bootstrap over questions.

Settled before the runs: 300 mixed questions of each set, Qwen2.5-Coder-0.5B, answers alone (no chain of thought). The
sets, by a pilot of 16 questions on how often answers are right and groups mixed: products of 11 to 50 (right .21, both
groups mixed .44), sums of 300 to 2,000 (.47, .75). A slope is called negative or positive if 0 is outside its 97.5%
interval: two sets at 5% together.

Any folder or hub name will do for the model; without one the SmolLM2-135M of the package is taken, to try things out.
A set takes about three quarters of an hour of one core.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from benchmarks.machine import hardware
from benchmarks.rl_premise.analysis import summary

LINES = Path(__file__).parent / "lines"
RESULTS = Path(__file__).parents[1] / "results" / "rl_premise.json"
SETS = {
    "products": ("task.name=products", "task.least=11", "task.most=50"),
    "sums": ("task.name=sums", "task.least=300", "task.most=2000"),
}
RECIPE = "arithmetic-smollm2"
GROUP = 8
BATCH = 8
"""Questions whose rollouts are drawn together."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "analyse"])
    parser.add_argument("--model", default="", help="hub name or folder; the package's SmolLM2 without")
    parser.add_argument("--on", choices=list(SETS), default="products", help="the set of questions")
    parser.add_argument("--recipe", default=RECIPE, help="whose task and adapters are taken")
    parser.add_argument("--set", action="append", default=[], help="override of the recipe")
    parser.add_argument("--questions", type=int, default=300, help="mixed questions that are wanted")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long")
    parser.add_argument("--lines", type=Path, default=LINES, help="a folder with a file for each set")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.command == "run":
        run(options)
    else:
        read = {
            name: [json.loads(line) for line in path.read_text().splitlines()]
            for name in SETS
            if (path := options.lines / f"{name}.jsonl").is_file()
        }
        report = {
            "sets": {
                name: {
                    "asked": " ".join(SETS[name]),
                    "model": lines[0]["model"],
                    "tried": len(lines),
                    **summary([line for line in lines if line["mixed"]], tests=len(SETS)),
                }
                for name, lines in read.items()
            },
            "group": GROUP,
            "wanted": options.questions,
            "versions": {name: version(name) for name in ("semuq", "transformers", "torch", "numpy")},
            "hardware": hardware(),
        }
        options.out.write_text(json.dumps(report, indent=1) + "\n")


def run(options: argparse.Namespace) -> None:
    """Measure question after question, from where the file ends."""
    from benchmarks.rl_premise.measure import measure
    from semuq_rl.runs.build import build_task, load_policy
    from semuq_rl.runs.recipe import read_recipe
    from semuq_rl.runs.run import render_prompts

    sets = [*SETS[options.on], *options.set] if options.recipe == RECIPE else list(options.set)
    if options.model:
        sets += ["model.source=pretrained", f"model.path={options.model}"]
    recipe = read_recipe(options.recipe, sets)
    task = build_task(recipe.task)
    model, tokenizer = load_policy(recipe, task)
    model.float()  # a cosine of gradients is not to be one of their rounding
    path = options.lines / f"{options.on}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    done = path.read_text().splitlines() if path.exists() else []
    mixed = sum(json.loads(line)["mixed"] for line in done)
    until = time.monotonic() + 60 * options.minutes
    number = len(done)
    problems = islice(task.stream(recipe.seed), number, None)
    while mixed < options.questions and time.monotonic() < until:
        batch = list(islice(problems, BATCH))
        prompts = render_prompts(tokenizer, batch, recipe.model.chat)
        for found in measure(model, tokenizer, task, batch, prompts, group=GROUP, seed=number):
            mixed += found is not None
            record = {"number": number, "model": Path(options.model or "SmolLM2-135M").name, "mixed": found is not None}
            with path.open("a") as file:
                file.write(json.dumps(record | (asdict(found) if found else {})) + "\n")
            number += 1
            if mixed >= options.questions:
                break


if __name__ == "__main__":
    main()
