"""Reinforcement inference on multiple choice: is asking again worth it, and does entropy know where?

    python -m benchmarks.inference.second_pass --model FOLDER --name qwen2.5-coder-0.5b --minutes 20

Every question is asked again in every way, so that all budgets and controls come from one log (`logs/`), which the
same command continues. Design and criteria: `design.md`. Writes benchmarks/results/inference_second_pass.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.cross_fitting import FOLDS, Places, cross_fitted
from benchmarks.inference.common import (
    HERE,
    Log,
    Row,
    drawn,
    gate_of_choices,
    mean_difference,
    model_arguments,
    rate,
    resampled,
    rows,
    sampler,
    write,
)
from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.fitted.probes import LinearProbe
from semuq.inference import second_prompt
from semuq.metrics import auroc, second_pass_curve, selection_efficiency
from semuq.numerics import BoolArray, FloatArray, entropy
from semuq.relations.letters import chosen_letter
from semuq.sampling.elicit import with_p_true

LETTERS, CHUNK = "ABCDE", 50
BUDGETS = (0.25, 0.5, 0.61, 0.75)
CONCLUDE = "So which option is it? Reply with its letter only."
TRIGGERS = ("entropy", "top_probability", "entropy of five letters", "1 - P(true)", "probe")
"""What may say that a question is to be asked again; the last two need what an older log has not."""
STATE = 32
"""Directions, drawn once, that a hidden state is looked at in: enough for a probe of so few questions."""


def items(count: int) -> list[Row]:
    """MMLU-STEM and AQuA in turn, so that a run cut short has as many of each."""
    mmlu = [
        {"set": "mmlu_stem", "question": row["question"], "options": row["choices"], "answer": int(row["answer"])}
        for row in rows(HERE.parent / "leaderboard" / "data" / "mmlu_stem.jsonl.gz")
    ]
    aqua = [
        {
            "set": "aqua",
            "question": row["question"],
            "options": [option.partition(")")[2].strip() for option in row["options"]],
            "answer": LETTERS.index(row["correct"] if "correct" in row else row["answer"]),
        }
        for row in rows(HERE / "data" / "aqua.jsonl.gz")
    ]
    sets = [[{**row, "id": f"{row['set']}-{number}"} for number, row in enumerate(own)] for own in (mmlu, aqua)]
    chosen = [drawn(own, lambda row: row["id"])[:count] for own in sets]
    return [row for pair in zip(*chosen, strict=False) for row in pair]


def asked(item: Row, order: Sequence[int] | None = None) -> str:
    """Question and options, in an order."""
    order = range(len(item["options"])) if order is None else order
    shown = "\n".join(f"{letter}) {item['options'][index]}" for letter, index in zip(LETTERS, order, strict=False))
    return f"{item['question']}\n{shown}"


def ask(model: Any, part: Sequence[Row]) -> Iterator[Row]:
    """Both passes and all controls for some questions."""
    first = [_both_orders(model, item, lambda text: second_prompt(text, cue=False, reason=False)) for item in part]
    guesses = [LETTERS[int(np.argmax(p))] for p, _ in first]
    beliefs = believed(model, part, guesses)
    cued = [
        _both_orders(model, item, lambda text, own=own: second_prompt(text, reason=False))
        for item, own in zip(part, guesses, strict=True)
    ]
    again = [second_prompt(asked(item), answer=own) for item, own in zip(part, guesses, strict=True)]
    plain = [second_prompt(asked(item), cue=False) for item in part]
    answered = model.sample([*again, *plain], n=1)
    replies = [own.texts[0] for own in answered]
    tokens = [len(own.token_logprobs[0]) for own in answered]
    letters = concluded(model, [*again, *plain], replies, [item["options"] for item in part] * 2)
    for index, item in enumerate(part):
        yield {
            "id": item["id"],
            "set": item["set"],
            "options": len(item["options"]),
            "answer": item["answer"],
            "first": first[index][0],
            "first_in_order": first[index][1],
            **beliefs[index],
            "cue_only": cued[index][0],
            "cue_and_reason": replies[index],
            "reason_only": replies[len(part) + index],
            "letters": {"cue_and_reason": letters[index], "reason_only": letters[len(part) + index]},
            "tokens": [tokens[index], tokens[len(part) + index]],
        }


def believed(model: Any, part: Sequence[Row], guesses: Sequence[str]) -> list[Row]:
    """P(true) of each guess, and the state of the middle layer at it, in a few directions."""
    said = [f"{own}) {item['options'][LETTERS.index(own)]}" for item, own in zip(part, guesses, strict=True)]
    judged = with_p_true(
        model, [SampleSet(prompt=asked(item), texts=(own,)) for item, own in zip(part, said, strict=True)]
    )
    answers = [
        SampleSet(prompt=second_prompt(asked(item), cue=False, reason=False), texts=(own,))
        for item, own in zip(part, guesses, strict=True)
    ]
    states = np.stack([own.hidden_states[0] for own in model.keeping("hidden_states").read(answers)])
    directions = np.random.default_rng(0).normal(size=(states.shape[1], STATE)) / np.sqrt(STATE)
    return [
        {"p_true": round(float(own.p_true[0]), 6), "state": state.round(3).tolist()}
        for own, state in zip(judged, states @ directions, strict=True)
    ]


def concluded(
    model: Any, prompts: Sequence[str], replies: Sequence[str], options: Sequence[Sequence[str]]
) -> list[str]:
    """The letter of each reply; one that states none, mostly since it was cut, is asked for it in a further turn."""
    found = [chosen_letter(text, LETTERS[: len(own)]) for text, own in zip(replies, options, strict=True)]
    for size in sorted({len(own) for own in options}):
        open_ = [place for place, letter in enumerate(found) if letter is None and len(options[place]) == size]
        if not open_:
            continue
        talks = [
            [
                {"role": "user", "content": prompts[place]},
                {"role": "assistant", "content": replies[place]},
                {"role": "user", "content": CONCLUDE},
            ]
            for place in open_
        ]
        for place, p in zip(open_, model.option_probabilities(talks, list(LETTERS[:size])), strict=True):
            found[place] = LETTERS[int(np.argmax(p))]
    return [str(letter) for letter in found]


def _both_orders(model: Any, item: Row, prompt: Any) -> tuple[list[float], list[float]]:
    """The distribution over options, averaged over their order and its reverse; and that of the order as given."""
    size = len(item["options"])
    orders = (list(range(size)), list(reversed(range(size))))
    given, turned = model.option_probabilities([prompt(asked(item, order)) for order in orders], list(LETTERS[:size]))
    return [round(float(p), 6) for p in (given + turned[::-1]) / 2], [round(float(p), 6) for p in given]


def table(records: Sequence[Row]) -> Row:
    """All arms of one set (or of both) and what selection is worth."""
    answer = np.array([row["answer"] for row in records])
    first = np.array([np.argmax(row["first"]) for row in records]) == answer
    arms = {
        "first pass": first,
        "first pass, one order": np.array([np.argmax(row["first_in_order"]) for row in records]) == answer,
        "second direct pass with cue": np.array([np.argmax(row["cue_only"]) for row in records]) == answer,
        "reasoning for all": _replied(records, "reason_only"),
        "cue and reasoning for all": _replied(records, "cue_and_reason"),
    }
    scores = triggers(records, first)
    second = arms["cue and reasoning for all"]
    found: Row = {
        "questions": len(records),
        "gate": gate_of_choices(first, float(np.mean([1 / row["options"] for row in records]))),
        "accuracy": {name: rate(right) for name, right in arms.items()},
        "over_first": {name: mean_difference(right, first) for name, right in arms.items() if name != "first pass"},
        "repaired": int((second & ~first).sum()),
        "spoiled": int((first & ~second).sum()),
        "asked for the letter": {
            name: sum(chosen_letter(row[name], LETTERS[: row["options"]]) is None for row in records)
            for name in ("reason_only", "cue_and_reason")
        },
        "tokens": float(np.mean([row["tokens"][0] for row in records])),
    }
    for name, score in scores.items():
        found[name] = _selection(score, first, second)
    found["verdict"] = _verdict(found)
    return found


def triggers(records: Sequence[Row], right: BoolArray) -> dict[str, FloatArray]:
    """The scores of `TRIGGERS`, in their order, as far as the log has what they need."""
    first = [np.array(row["first"]) for row in records]
    drawn_letters = [_five(row["first_in_order"], row["id"]) for row in records]
    found = {
        "entropy": np.array([float(entropy(p)) for p in first]),
        "top_probability": np.array([1 - p.max() for p in first]),
        "entropy of five letters": np.array([float(entropy(np.bincount(own) / 5)) for own in drawn_letters]),
    }
    if all("p_true" in row for row in records):
        found["1 - P(true)"] = np.array([1 - row["p_true"] for row in records])
    states = np.array([row["state"] for row in records]) if all("state" in row for row in records) else None
    if states is not None and min(right.sum(), (~right).sum()) >= 2 * FOLDS:
        found["probe"] = _probed(states, right)
    return found


def _five(p: Sequence[float], name: str) -> Any:
    """Five answers at temperature 1: letters drawn from the first pass."""
    seed = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed).choice(len(p), size=5, p=np.array(p) / np.sum(p))


def _probed(states: FloatArray, right: BoolArray) -> FloatArray:
    """How probably each first answer is wrong, by a probe of the other questions' states."""

    def scores(inside: Places, outside: Places) -> FloatArray:
        return LinearProbe.of_correctness(states[inside], right[inside], strength=10.0).probability(states[outside])

    return cross_fitted(right, scores)


def _replied(records: Sequence[Row], arm: str) -> Any:
    """Right or wrong by the letter a reply came to."""
    return np.array([LETTERS.index(row["letters"][arm]) == row["answer"] for row in records])


def _selection(u: Any, first: Any, second: Any) -> Row:
    curve = second_pass_curve(u, first, second)
    n = len(u)

    def efficiency(index: Any, budget: float) -> float:
        try:
            return selection_efficiency(u[index], first[index], second[index], budget)
        except InvalidParameter:
            return float("nan")

    def ranking(index: Any, target: Any) -> float:
        return float("nan") if len(set(target[index])) < 2 else auroc(u[index], ~target[index])

    return {
        "efficiency": {f"{b:g}": resampled(lambda index, b=b: efficiency(index, b), n) for b in BUDGETS},
        "accuracy_at": {f"{b:g}": round(float(np.interp(b, curve.budget, curve.accuracy)), 4) for b in BUDGETS},
        "random_at": {f"{b:g}": round(float(np.interp(b, curve.budget, curve.random)), 4) for b in BUDGETS},
        "oracle_at": {f"{b:g}": round(float(np.interp(b, curve.budget, curve.oracle)), 4) for b in BUDGETS},
        "area_over_random": round(curve.area - curve.area_random, 4),
        "auroc_first_wrong": resampled(lambda index: ranking(index, ~first), n),
        "auroc_second_repairs": resampled(lambda index: ranking(index, second & ~first), n),
    }


def _verdict(found: Row) -> str:
    helps, chosen = found["over_first"]["reasoning for all"], found["entropy"]["efficiency"]["0.61"]
    if helps["low"] <= 0:
        said = "null: reasoning for all does not beat the first pass, so there is nothing to select"
    elif chosen["low"] is None or chosen["low"] <= 0:
        said = "null: reasoning for all beats the first pass, but the efficiency of selection covers 0"
    else:
        said = "reproduced: reasoning helps, and entropy selects where"
    if found["gate"]["open"]:
        return said
    why = "is right too seldom or too often" if found["gate"]["beyond chance"] else "cannot be told from guessing"
    return f"gate shut: the first pass {why}; had it been open: {said}"


def main() -> None:
    """Ask, tabulate, write."""
    arguments = model_arguments("second_pass").parse_args()
    log, wanted = Log("second_pass", arguments.name), items(arguments.items)
    minutes = 0 if arguments.only_tables else arguments.minutes
    model = None if arguments.only_tables else sampler(arguments.model, max_new_tokens=256)
    records = log.fill(wanted, lambda part: ask(model, part), chunk=CHUNK, minutes=minutes)
    if not records:
        raise SystemExit("no question was asked")
    sets = {"all": records} | {
        name: own for name in ("mmlu_stem", "aqua") if (own := [row for row in records if row["set"] == name])
    }
    entry = {"planned": len(wanted), "max_new_tokens": 256, "sets": {name: table(own) for name, own in sets.items()}}
    write(
        "second_pass",
        {
            "question": "is asking again, with reasoning, worth it, and does the first pass's entropy know where?",
            "command": "python -m benchmarks.inference.second_pass --model FOLDER --name NAME",
            "design": "benchmarks/inference/design.md, 1",
            "models": {arguments.name: entry},
        },
    )


if __name__ == "__main__":
    main()
