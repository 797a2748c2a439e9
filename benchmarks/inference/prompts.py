"""PGO on multiple choice: does telling the rewriter what perturbation does find instructions that survive it better?

    python -m benchmarks.inference.prompts --model FOLDER --name qwen2.5-coder-0.5b [--rewriter FOLDER]

Every score of an instruction on an item is kept in a log, which the same command continues. Design and criteria:
`design.md`, 5. Writes benchmarks/results/inference_prompts.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.inference.common import (
    HERE,
    Log,
    Row,
    drawn,
    gate_of_choices,
    mean_difference,
    model_arguments,
    rate,
    rows,
    sampler,
    write,
)
from benchmarks.leaderboard.answers import append
from semuq.prompts import Item, PerturbedItems, RobustPromptSearch, perturbed_items
from semuq.prompts.items import Score

LETTERS = "ABCD"
START = "Choose the right option. Reply with one letter."
KINDS = ("C1", "C2", "C3", "S1", "W2")
DEV = 60
ARMS = {
    "PGO": {"guidance": "differences"},
    "selection only": {"guidance": "none"},
    "paraphrases": {"guidance": "paraphrase"},
    "selection by clean items": {"guidance": "differences", "select_by": "clean"},
}


def items(count: int) -> tuple[list[Item], list[Item]]:
    """Dev and test, disjoint."""
    found = []
    for number, row in enumerate(rows(HERE.parent / "leaderboard" / "data" / "mmlu_stem.jsonl.gz")):
        options = "\n".join(f"{letter}) {option}" for letter, option in zip(LETTERS, row["choices"], strict=True))
        found.append({"id": str(number), "item": Item(f"{row['question']}\n{options}", LETTERS[int(row["answer"])])})
    chosen = [own["item"] for own in drawn(found, lambda own: own["id"])]
    return chosen[:DEV], chosen[DEV : DEV + count]


class Scored:
    """Scores of instructions on items, each asked once and kept in the log."""

    def __init__(self, model: Any, log: Log) -> None:
        self.model, self.log = model, log
        self.known = {key: row["right"] for key, row in log.read().items()}

    def __call__(self, instruction: str, asked: Sequence[Item]) -> list[float]:
        keys = [_key(instruction, item) for item in asked]
        open_ = {key: item for key, item in zip(keys, asked, strict=True) if key not in self.known}
        for start in range(0, len(open_), 32):
            part = list(open_.items())[start : start + 32]
            prompts = [f"{instruction}\n\n{item.text}" for _, item in part]
            best = self.model.option_probabilities(prompts, list(LETTERS)).argmax(axis=1)
            fresh = [
                {"id": key, "right": float(LETTERS[int(index)] == item.answer)}
                for (key, item), index in zip(part, best, strict=True)
            ]
            append(self.log.path, fresh)
            self.known |= {row["id"]: row["right"] for row in fresh}
        return [self.known[key] for key in keys]


def _key(instruction: str, item: Item) -> str:
    return hashlib.sha256(f"{instruction}\x00{item.text}".encode()).hexdigest()[:24]


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


def main() -> None:
    """Search with every arm, test all on the same items, write."""
    parser = model_arguments("prompts")
    parser.add_argument("--rewriter", help="the model that rewords; None is the model itself")
    parser.add_argument("--dev", type=int, default=DEV, help=f"items that proposals are scored on, at most {DEV}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--proposals", type=int, default=4, help="of a round")
    arguments = parser.parse_args()
    model = sampler(arguments.model, max_new_tokens=1)
    rewriter = sampler(arguments.rewriter or arguments.model, max_new_tokens=120)
    score = Scored(model, Log("prompts", arguments.name))
    dev, test_items = items(arguments.items)
    test = perturbed_items(test_items, KINDS, seed=1)
    found: Row = {}
    kept: dict[str, np.ndarray] = {}
    found["start"], kept["start"] = tested(START, test, score)
    open_ = gate_of_choices(test.score(START, score)[0], 1 / len(LETTERS))
    for name, options in (ARMS if open_["open"] else {}).items():
        search = RobustPromptSearch(
            kinds=KINDS,
            rounds=arguments.rounds,
            proposals=arguments.proposals,
            dev_items=arguments.dev,
            **options,  # type: ignore[arg-type]
        )
        best = search.run(START, dev, score=score, rewrite=lambda prompt: rewriter.sample(prompt, n=1).texts[0])
        found[name], kept[name] = tested(best.best.instruction, test, score)
        found[name]["dev_improvement"] = round(best.improvement.value, 4)
        found[name]["proposals"] = [own.fate for own in best.log]
    gaps = {
        f"PGO - {name}": mean_difference(kept["PGO"], kept[name]) for name in kept if "PGO" in kept and name != "PGO"
    }
    verdict = "gate shut: the first instruction's answers cannot be told from guessing, so nothing was searched"
    if open_["open"]:
        ahead = gaps["PGO - selection only"]["low"] > 0
        verdict = "reproduced" if ahead else "null: not ahead of selection only"
    write(
        "prompts",
        {
            "question": "does telling the rewriter what perturbation does find instructions that survive it better?",
            "command": "python -m benchmarks.inference.prompts --model FOLDER --name NAME",
            "design": "benchmarks/inference/design.md, 5",
            "models": {
                arguments.name: {
                    "searched": {
                        "dev_items": arguments.dev,
                        "rounds": arguments.rounds,
                        "proposals": arguments.proposals,
                        "rewriter": Path(arguments.rewriter).name if arguments.rewriter else arguments.name,
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
