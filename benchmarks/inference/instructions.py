"""PertBench's nine kinds of perturbation on a real model: which do harm, and does an instruction that warns help?

    python -m benchmarks.inference.instructions --model FOLDER --name NAME --rewriter FOLDER --rewriter-name NAME

The questions are the test problems of `prompts`. Five kinds are made by rule, four by the rewriter, of which
those count that hold the numbers of the problem. Copies and scores are kept in logs, which the same command continues.
Design and criteria: `design.md`, 5a. Writes benchmarks/results/inference_instructions.json.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.inference.common import (
    Log,
    Row,
    mean_difference,
    model_arguments,
    rate,
    sampler,
    text_key,
    write,
)
from benchmarks.inference.prompts import TASKS, Scored, split
from benchmarks.rl.statistics import LEVEL, sign_flip
from semuq.metrics import holm, performance_drop_rate
from semuq.prompts import Item
from semuq.sampling.perturbations import KINDS, perturb
from semuq.sampling.perturbations.asked import ASKED

TASK = TASKS["svamp"]
INSTRUCTIONS = {
    "first": TASK.start,
    "warned": "The problem may contain typing errors, stray signs or odd wording: work out what is meant. Solve the "
    "problem. Reply with the number only.",
    "expert": "You are a careful teacher of arithmetic. Solve the problem. Reply with the number only.",
    "checked": "Read the problem twice and note what is asked. Solve the problem. Reply with the number only.",
    "terse": "Reply with one number: the answer.",
}
READ = {"rewordings": 40, "other_questions": {"W1": 0, "W3": 2, "S2": 1, "S3": 1}}
"""Ten of each kind, drawn with seed 0 and read by hand: how many ask for something else than the problem."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def same_numbers(one: str, other: str) -> bool:
    """Whether both hold the same numbers as often.

    >>> same_numbers("2 pears and 3 figs", "3 figs, 2 pears"), same_numbers("2 pears", "two pears")
    (True, False)
    """
    return Counter(_NUMBER.findall(one)) == Counter(_NUMBER.findall(other))


def copies(items: Sequence[Item], rewriter: Any, log: Log) -> list[dict[str, str]]:
    """For each problem, kind -> one copy of it with the same numbers, where one could be made."""

    def made(part: Sequence[Row]) -> Iterator[Row]:
        found = perturb([own["item"].text for own in part], tuple(KINDS), per_kind=4, rewriter=rewriter, attempts=2)
        for own, others in zip(part, found, strict=True):
            text = own["item"].text
            kept = [other for other in others if other.kind not in ASKED or same_numbers(text, other.text)]
            yield {"id": own["id"], "copies": {other.kind: other.text for other in reversed(kept)}}

    wanted = [{"id": text_key(item.text), "item": item} for item in items]
    return [row["copies"] for row in log.fill(wanted, made, chunk=10, minutes=None)]


def studied(model: Any, items: Sequence[Item], made: Sequence[dict[str, str]], log: Log) -> Row:
    """The table of instructions by kind, what each kind takes, and what each instruction adds to the first.

    A kind is looked at on the problems that have a copy of it; an instruction on the mean over the kinds of a problem.
    """
    score = Scored(model, TASK, log)
    have = {kind: np.array([kind in own for own in made]) for kind in KINDS}
    right = np.full((len(INSTRUCTIONS), len(KINDS) + 1, len(items)), np.nan)
    for row, instruction in enumerate(INSTRUCTIONS.values()):
        right[row, -1] = score(instruction, items)
        for column, kind in enumerate(KINDS):
            asked = [Item(own[kind], item.answer) for item, own in zip(items, made, strict=True) if kind in own]
            right[row, column, have[kind]] = score(instruction, asked)
    kinds = {
        kind: (right[:, column, have[kind]].mean(axis=0), right[:, -1, have[kind]].mean(axis=0))
        for column, kind in enumerate(KINDS)
    }
    over_kinds = np.nanmean(right[:, :-1], axis=1)
    return {
        "problems": len(items),
        "copies": {kind: int(own.sum()) for kind, own in have.items()},
        "gate": TASK.gate(right[0, -1]),
        "instructions": {
            name: {
                "instruction": instruction,
                "clean": rate(own[-1]),
                "perturbed": {
                    kind: round(float(values[have[kind]].mean()), 4)
                    for kind, values in zip(KINDS, own[:-1], strict=True)
                },
                "drop_rates": {
                    kind: round(performance_drop_rate(own[-1][have[kind]], values[have[kind]]), 4)
                    for kind, values in zip(KINDS, own[:-1], strict=True)
                },
            }
            for (name, instruction), own in zip(INSTRUCTIONS.items(), right, strict=True)
        },
        "by_kind": compared(kinds),
        "less_the_first_over_kinds": compared(
            {name: (over_kinds[row], over_kinds[0]) for row, name in enumerate(INSTRUCTIONS) if row}
        ),
    }


def compared(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> Row:
    """Paired differences with their intervals and p-values: signs flipped, Holm over the family."""
    p = [sign_flip(np.round(one - other, 5)) for one, other in pairs.values()]
    return {
        name: {**mean_difference(one, other), "p_holm": round(corrected, 4)}
        for (name, (one, other)), corrected in zip(pairs.items(), holm(p), strict=True)
    }


def verdict(found: Row) -> str:
    """What the tables say, against the criteria of the design."""
    if not found["gate"]["open"]:
        return "gate shut: too few or too many problems are solved at all"
    harmful = [kind for kind, own in found["by_kind"].items() if own["p_holm"] < LEVEL and own["value"] < 0]
    told = {name: own for name, own in found["less_the_first_over_kinds"].items() if own["p_holm"] < LEVEL}
    better = ", ".join(name for name, own in told.items() if own["value"] > 0)
    worse = ", ".join(name for name, own in told.items() if own["value"] < 0)
    return (
        f"harm established for {', '.join(harmful) or 'no kind'}; "
        f"more robust than the first instruction: {better or 'none'}; less: {worse or 'none'}"
    )


def main() -> None:
    """Make the copies, ask with every instruction, write."""
    parser = model_arguments("instructions")
    parser.add_argument("--rewriter", help="the model that rewords; None is the model itself")
    parser.add_argument("--rewriter-name", help="of that model, in the log and the results")
    arguments = parser.parse_args()
    name = arguments.rewriter_name or arguments.name
    _, items = split(TASK.items(), arguments.items)
    rewording = sampler(arguments.rewriter or arguments.model, temperature=0.5, max_new_tokens=100)
    made = copies(items, rewording, Log("perturbations-svamp", name))
    del rewording
    model = sampler(arguments.model, max_new_tokens=TASK.max_new_tokens)
    found = studied(model, items, made, Log("prompts-svamp", arguments.name))
    write(
        "instructions",
        {
            "question": "which of nine kinds of perturbation do harm, and do instructions that warn of them help?",
            "command": "python -m benchmarks.inference.instructions --model FOLDER --name NAME --rewriter FOLDER",
            "design": "benchmarks/inference/design.md, 5a",
            "kinds": dict(KINDS),
            "read by hand": READ,
            "models": {arguments.name: {**found, "reworded by": name, "verdict": verdict(found)}},
        },
    )


if __name__ == "__main__":
    main()
