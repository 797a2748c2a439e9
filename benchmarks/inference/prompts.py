"""PGO: does telling the rewriter what perturbation does find instructions that survive it better?

    python -m benchmarks.inference.prompts --model FOLDER --name qwen2.5-coder-0.5b --task svamp [--rewriter F]

The tasks are letters of multiple choice (MMLU-STEM) and short numbers (SVAMP). Every score of an instruction on an item
is kept in a log, which the same command continues. Design and criteria: `design.md`, 5. Writes
benchmarks/results/inference_prompts.json.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.inference.common import (
    HERE,
    Log,
    Row,
    drawn,
    gate,
    gate_of_choices,
    mean_difference,
    model_arguments,
    rate,
    rows,
    sampler,
    states,
    text_key,
    write,
)
from benchmarks.inference.second_pass import asked
from semuq.prompts import Item, PerturbedItems, RobustPromptSearch, perturbed_items
from semuq.prompts.items import Score

LETTERS = "ABCD"
NUMBER_TOKENS = 16
KINDS = ("C1", "C2", "C3", "S1", "W2")
DEV = 60
ARMS = {
    "PGO": {"guidance": "differences"},
    "selection only": {"guidance": "none"},
    "paraphrases": {"guidance": "paraphrase"},
    "selection by clean items": {"guidance": "differences", "select_by": "clean"},
}


@dataclass(frozen=True)
class Task:
    """What is asked, how a batch of replies is scored, and where the search starts.

    Args:
        start: the first instruction.
        items: all there are.
        score: a model, prompts and their right answers -> 1 for right and 0 for wrong, each.
        gate: scores of the first instruction -> whether the run is believed.
        max_new_tokens: of a reply.
    """

    start: str
    items: Callable[[], list[Item]]
    score: Callable[[Any, list[str], list[Any]], list[float]]
    gate: Callable[[np.ndarray], Row]
    max_new_tokens: int = 1


def choices() -> list[Item]:
    """Questions of MMLU-STEM with their options."""
    own = rows(HERE.parent / "leaderboard" / "data" / "mmlu_stem.jsonl.gz")
    return [Item(asked({**row, "options": row["choices"]}), LETTERS[int(row["answer"])]) for row in own]


def letters(model: Any, prompts: list[str], answers: list[Any]) -> list[float]:
    """Whether the most probable letter is the right one."""
    best = model.option_probabilities(prompts, list(LETTERS)).argmax(axis=1)
    return [float(LETTERS[int(index)] == answer) for index, answer in zip(best, answers, strict=True)]


def sums() -> list[Item]:
    """Word problems of SVAMP."""
    own = rows(HERE.parent / "leaderboard" / "data" / "svamp.jsonl.gz")
    return [Item(f"{row['Body']} {row['Question']}", f"{row['Answer']:g}") for row in own]


def numbers(model: Any, prompts: list[str], answers: list[Any]) -> list[float]:
    """Whether the last number of the reply is the right one."""
    texts = [own.texts[0] for own in model.sample(prompts, n=1)]
    return [float(states(text, answer)) for text, answer in zip(texts, answers, strict=True)]


TASKS = {
    "mmlu": Task(
        start="Choose the right option. Reply with one letter.",
        items=choices,
        score=letters,
        gate=lambda right: gate_of_choices(right, 1 / len(LETTERS)),
    ),
    "svamp": Task(
        start="Solve the problem. Reply with the number only.",
        items=sums,
        score=numbers,
        gate=lambda right: gate(float(right.mean())),
        max_new_tokens=NUMBER_TOKENS,
    ),
}


def split(found: Sequence[Item], wanted: int) -> tuple[list[Item], list[Item]]:
    """Dev and test, disjoint."""
    keyed = [{"id": str(number), "item": item} for number, item in enumerate(found)]
    chosen = [own["item"] for own in drawn(keyed, lambda own: own["id"])]
    return chosen[:DEV], chosen[DEV : DEV + wanted]


class Scored:
    """Scores of instructions on items, each asked once and kept in the log."""

    def __init__(self, model: Any, task: Task, log: Log) -> None:
        self.model, self.task, self.log = model, task, log

    def __call__(self, instruction: str, items: Sequence[Item]) -> list[float]:
        wanted = [
            {"id": text_key(f"{instruction}\x00{item.text}"), "prompt": f"{instruction}\n\n{item.text}", "item": item}
            for item in items
        ]
        return [row["right"] for row in self.log.fill(wanted, self._scored, chunk=96, minutes=None)]

    def _scored(self, part: Sequence[Row]) -> list[Row]:
        right = self.task.score(self.model, [own["prompt"] for own in part], [own["item"].answer for own in part])
        return [{"id": own["id"], "right": value} for own, value in zip(part, right, strict=True)]


def rewriting(model: str | None) -> Callable[[str], Callable[[str], str]]:
    """An arm's name -> a prompt -> a reply of the model, drawn at temperature 0.8, each call from another seed."""
    drawing = sampler(model, max_new_tokens=120, temperature=0.8)

    def of(arm: str) -> Callable[[str], str]:
        calls = count(list(ARMS).index(arm) * 1000)
        return lambda prompt: str(drawing.at(seed=next(calls)).sample(prompt, n=1).texts[0])

    return of


def tested(instruction: str, test: PerturbedItems, score: Score) -> tuple[Row, np.ndarray]:
    """An instruction on the test items, and its mean over kinds for each item."""
    clean, by_kind = test.score(instruction, score)
    perturbed = np.mean(list(by_kind.values()), axis=0)
    means = {kind: float(own.mean()) for kind, own in by_kind.items()}
    worst = min(means, key=lambda kind: means[kind])
    found: Row = {
        "instruction": instruction,
        "clean": rate(clean),
        "perturbed": round(float(perturbed.mean()), 4),
        "worst_kind": worst,
        "worst": round(means[worst], 4),
        "drop_rate": round(1 - float(perturbed.mean() / clean.mean()), 4) if clean.any() else None,
    }
    return found, perturbed


def _known(score: float) -> float | None:
    return None if np.isnan(score) else round(score, 4)


def main() -> None:
    """Search with every arm, test all on the same items, write."""
    parser = model_arguments("prompts")
    parser.add_argument("--rewriter", help="the model that rewords; None is the model itself")
    parser.add_argument("--rewriter-name", help="of that model, in the results")
    parser.add_argument("--task", choices=list(TASKS), default="mmlu")
    parser.add_argument("--dev", type=int, default=DEV, help=f"items that proposals are scored on, at most {DEV}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--proposals", type=int, default=4, help="of a round")
    arguments = parser.parse_args()
    task = TASKS[arguments.task]
    model = sampler(arguments.model, max_new_tokens=task.max_new_tokens)
    rewrites = rewriting(arguments.rewriter or arguments.model)
    score = Scored(model, task, Log(f"prompts-{arguments.task}", arguments.name))
    dev, test_items = split(task.items(), arguments.items)
    test = perturbed_items(test_items, KINDS, seed=1)
    found: Row = {}
    kept: dict[str, np.ndarray] = {}
    found["start"], kept["start"] = tested(task.start, test, score)
    open_ = task.gate(test.score(task.start, score)[0])
    for name, options in (ARMS if open_["open"] else {}).items():
        search = RobustPromptSearch(
            kinds=KINDS,
            rounds=arguments.rounds,
            proposals=arguments.proposals,
            dev_items=arguments.dev,
            **options,  # type: ignore[arg-type]
        )
        best = search.run(task.start, dev, score=score, rewrite=rewrites(name))
        found[name], kept[name] = tested(best.best.instruction, test, score)
        found[name]["dev_improvement"] = round(best.improvement.value, 4)
        found[name]["proposals"] = [
            {"fate": own.fate, "instruction": own.instruction, "dev": _known(own.score)} for own in best.log
        ]
    gaps = {
        f"PGO - {name}": mean_difference(kept["PGO"], kept[name]) for name in kept if "PGO" in kept and name != "PGO"
    }
    rewriter = (arguments.rewriter_name or Path(arguments.rewriter).name) if arguments.rewriter else arguments.name
    reworded = [f"reworded by {rewriter}"] if arguments.rewriter else []
    verdict = "gate shut: the first instruction's answers cannot be told from guessing, so nothing was searched"
    if open_["open"]:
        ahead = gaps["PGO - selection only"]["low"] > 0
        verdict = "reproduced" if ahead else "null: not ahead of selection only"
    write(
        "prompts",
        {
            "question": "does telling the rewriter what perturbation does find instructions that survive it better?",
            "command": "python -m benchmarks.inference.prompts --model FOLDER --name NAME --task TASK",
            "design": "benchmarks/inference/design.md, 5",
            "models": {
                ", ".join([arguments.name, arguments.task, *reworded]): {
                    "searched": {
                        "dev_items": arguments.dev,
                        "rounds": arguments.rounds,
                        "proposals": arguments.proposals,
                        "rewriter": rewriter,
                    },
                    "test_items": len(test.items),
                    "dropped": test.dropped,
                    "gate": open_,
                    "arms": found,
                    "differences": gaps,
                    "verdict": verdict,
                }
            },
        },
    )


if __name__ == "__main__":
    main()
