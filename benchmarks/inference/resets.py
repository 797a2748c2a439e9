"""ERGO on sharded GSM8K: does starting anew help, and is it the entropy that knows when?

    python -m benchmarks.inference.resets --model FOLDER --name qwen2.5-coder-0.5b --items 160 --minutes 20

The first 40 problems calibrate the threshold, the others are told shard by shard under every arm. One log, which the
same command continues. Design and criteria: `design.md`, 2. Writes benchmarks/results/inference_resets.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.inference.common import (
    HERE,
    Log,
    Row,
    gate,
    mean_difference,
    model_arguments,
    rate,
    rows,
    sampler,
    write,
)
from semuq.inference import Dialogue, EntropyReset, listed, reset_threshold, rewrite_prompt
from semuq.relations.maths import extract_answer
from semuq.samples import split_thought

SYSTEM = (
    "You solve maths problems. Work step by step in a few short lines, then end with a line 'Answer: ' and a number. "
    "If something needed is not known yet, ask for it in one line."
)
CALIBRATE, MAX_TOKENS, CHUNK = 40, 160, 20

Batch = Callable[[Sequence[list[dict[str, str]]]], list[tuple[str, float | None, int]]]
"""Conversations -> for each the answer, its mean token entropy (None without tokens) and its number of tokens."""


@dataclass
class Told:
    """One problem under one arm, as far as it went."""

    talk: Dialogue
    baseline: float = float("inf")
    texts: list[str] = field(default_factory=list)
    entropies: list[float | None] = field(default_factory=list)
    resets: list[bool] = field(default_factory=list)
    tokens: int = 0

    def take(self, answer: tuple[str, float | None, int], *, anew: bool) -> None:
        text, entropy, tokens = answer
        if anew:
            self.texts[-1], self.entropies[-1], self.resets[-1] = text, entropy, True
        else:
            self.texts.append(text)
            self.entropies.append(entropy)
            self.resets.append(False)
        self.tokens += tokens


def whole(problems: Sequence[Row], ask: Batch, *, concatenated: bool) -> list[Told]:
    """FULL: the problem as it was; CONCAT: all shards in one message."""
    told = [
        Told(Dialogue(system=SYSTEM).user(listed(own["shards"]) if concatenated else own["question"]))
        for own in problems
    ]
    for own, answer in zip(told, ask([own.talk.to_messages() for own in told]), strict=True):
        own.take(answer, anew=False)
    return told


def bit_by_bit(
    problems: Sequence[Row],
    ask: Batch,
    *,
    show: Callable[[Dialogue], Dialogue] = lambda talk: talk,
    when: Callable[[int, int, Told], bool] = lambda place, turn, told: False,
    rewrite: Batch | None = None,
) -> list[Told]:
    """Shards one at a time; `show` is what the model sees, `when` says at which turns the conversation starts anew."""
    told = [Told(Dialogue(system=SYSTEM)) for _ in problems]
    for turn in range(max(len(own["shards"]) for own in problems)):
        alive = [place for place, own in enumerate(problems) if turn < len(own["shards"])]
        for place in alive:
            told[place].talk = told[place].talk.user(problems[place]["shards"][turn])
        answers = ask([show(told[place].talk).to_messages() for place in alive])
        for place, answer in zip(alive, answers, strict=True):
            told[place].take(answer, anew=False)
        anew = [place for place in alive if turn > 0 and when(place, turn, told[place])]
        if anew:
            for place, message in zip(anew, _messages([told[place] for place in anew], rewrite), strict=True):
                told[place].talk = told[place].talk.anew(message)
            again = ask([told[place].talk.to_messages() for place in anew])
            for place, answer in zip(anew, again, strict=True):
                told[place].take(answer, anew=True)
        for place in alive:
            own = told[place]
            own.baseline = own.baseline if own.entropies[-1] is None else own.entropies[-1]
            own.talk = own.talk.assistant(own.texts[-1])
    return told


def _messages(told: Sequence[Told], rewrite: Batch | None) -> list[str]:
    plain = [listed(own.talk.asked) for own in told]
    if rewrite is None:
        return plain
    asked = [Dialogue().user(rewrite_prompt(own.talk.asked)).to_messages() for own in told]
    found = []
    for own, message, (text, _, tokens) in zip(told, plain, rewrite(asked), strict=True):
        own.tokens += tokens
        found.append(split_thought(text).answer.strip() or message)
    return found


def snowball(talk: Dialogue) -> Dialogue:
    """Every message of the user's repeats all before it."""
    asked, seen, turns = talk.asked, 0, []
    for message in talk.messages:
        seen += message.role == "user"
        turns.append((message.role, listed(asked[:seen]) if message.role == "user" else message.text))
    return Dialogue(system=talk.system, messages=tuple(turns))  # type: ignore[arg-type]


def arms(problems: Sequence[Row], ask: Batch, threshold: float, seed: int) -> dict[str, list[Told]]:
    """Every arm over some problems. RANDOM and FIXED start anew as often a turn as ERGO did on the same problems."""
    guard, rng = EntropyReset(threshold=threshold), np.random.default_rng(seed)

    def jumped(place: int, turn: int, told: Told) -> bool:
        return guard.triggers(told.entropies[-1], told.baseline)

    ergo = bit_by_bit(problems, ask, when=jumped, rewrite=ask)
    share = realised(ergo)
    return {
        "FULL": whole(problems, ask, concatenated=False),
        "CONCAT": whole(problems, ask, concatenated=True),
        "SHARDED": bit_by_bit(problems, ask),
        "SNOWBALL": bit_by_bit(problems, ask, show=snowball),
        "OMIT": bit_by_bit(problems, ask, show=Dialogue.without_assistant),
        "ERGO": ergo,
        "ERGO-verbatim": bit_by_bit(problems, ask, when=jumped),
        "RANDOM": bit_by_bit(problems, ask, when=lambda place, turn, told: bool(rng.random() < share), rewrite=ask),
        "FIXED": bit_by_bit(problems, ask, when=lambda place, turn, told: due(turn, share), rewrite=ask),
        "ALWAYS": bit_by_bit(problems, ask, when=lambda place, turn, told: True, rewrite=ask),
    }


def realised(told: Sequence[Told]) -> float:
    """The share of turns, of those at which it may, at which an arm started anew; 0 where there is no such turn."""
    turns = [reset for own in told for reset in own.resets[1:]]
    return float(np.mean(turns)) if turns else 0.0


def due(turn: int, share: float) -> bool:
    """Starting anew at even distances, as often as a share of the turns says: where a whole number is passed."""
    return int(turn * share + 1e-9) > int((turn - 1) * share + 1e-9)


def right(text: str, answer: str) -> bool:
    """Whether the last number stated is the answer."""
    try:
        return float(extract_answer(text, "last-number").replace(",", "").strip("$%. ")) == float(answer)
    except ValueError:
        return False


def batch_of(model: Any) -> Batch:
    """Greedy answers of a local model, a batch at a time."""

    def ask(talks: Sequence[list[dict[str, str]]]) -> list[tuple[str, float | None, int]]:
        found = []
        for own in model.sample(talks, n=1):
            entropies = own.token_entropies[0]
            found.append((own.texts[0], float(entropies.mean()) if len(entropies) else None, len(entropies)))
        return found

    return ask


def kept(problem: Row, told: dict[str, Told], **more: Any) -> Row:
    """One line of the log."""
    return {
        "id": problem["id"],
        "answer": problem["answer"],
        **more,
        "arms": {
            name: {
                "texts": own.texts,
                "entropies": [None if value is None else round(value, 5) for value in own.entropies],
                "resets": own.resets,
                "tokens": own.tokens,
            }
            for name, own in told.items()
        },
    }


def calibration(records: Sequence[Row]) -> Row:
    """The threshold: the quantile of the changes at the model's accuracy on whole problems."""
    changes = []
    for row in records:
        values = row["arms"]["SHARDED"]["entropies"]
        changes += [b - a for a, b in pairwise(values) if a is not None and b is not None]
    accuracy = float(np.mean([right(row["arms"]["FULL"]["texts"][-1], row["answer"]) for row in records]))
    return {"turns": len(changes), "accuracy": accuracy, "threshold": reset_threshold(changes, accuracy)}


def table(records: Sequence[Row]) -> Row:
    """All arms, scored by the last turn and by any, and the differences that decide."""
    names = list(records[0]["arms"])
    last, any_ = (
        {
            name: np.array(
                [score([right(text, row["answer"]) for text in row["arms"][name]["texts"]]) for row in records],
                dtype=float,
            )
            for name in names
        }
        for score in (lambda turns: turns[-1], any)
    )
    found: Row = {
        "problems": len(records),
        "gate": gate(float(last["SHARDED"].mean())),
        "last_turn": {name: rate(own) for name, own in last.items()},
        "any_turn": {name: rate(own) for name, own in any_.items()},
        "tokens": {name: float(np.mean([row["arms"][name]["tokens"] for row in records])) for name in names},
        "resets": {name: float(np.mean([sum(row["arms"][name]["resets"]) for row in records])) for name in names},
        "differences": {
            f"ERGO - {rival}": mean_difference(last["ERGO"], last[rival]) for rival in names if rival != "ERGO"
        },
    }
    ahead = [rival for rival in ("SHARDED", "RANDOM", "OMIT") if found["differences"][f"ERGO - {rival}"]["low"] > 0]
    if not found["gate"]["open"]:
        found["verdict"] = "gate shut"
    elif {"SHARDED", "RANDOM"} <= set(ahead):
        found["verdict"] = "reproduced" + (
            "" if "OMIT" in ahead else ", but leaving the model's answers out does as well"
        )
    else:
        found["verdict"] = (
            f"null: by the last turn ERGO is ahead of {', '.join(ahead) or 'neither SHARDED nor RANDOM'} only"
        )
    return found


def main() -> None:
    """Calibrate, tell, write."""
    arguments = model_arguments("resets").parse_args()
    problems = rows(HERE / "data" / "sharded_gsm8k.jsonl.gz")[: arguments.items]
    minutes = 0 if arguments.only_tables else arguments.minutes
    ask = batch_of(None if arguments.only_tables else _model(arguments.model))

    def calibrate(part: Sequence[Row]) -> Iterator[Row]:
        told = {"FULL": whole(part, ask, concatenated=False), "SHARDED": bit_by_bit(part, ask)}
        for place, problem in enumerate(part):
            yield kept(problem, {name: own[place] for name, own in told.items()})

    first = Log("resets-calibration", arguments.name).fill(
        problems[:CALIBRATE], calibrate, chunk=CHUNK, minutes=minutes
    )
    if len(first) < CALIBRATE:
        raise SystemExit(f"calibration: {len(first)} of {CALIBRATE} problems; run the same command again")
    known, log = calibration(first), Log("resets", arguments.name)

    def tell(part: Sequence[Row]) -> Iterator[Row]:
        told = arms(part, ask, known["threshold"], seed=len(log.read()))
        for place, problem in enumerate(part):
            yield kept(problem, {name: own[place] for name, own in told.items()})

    records = log.fill(problems[CALIBRATE:], tell, chunk=CHUNK, minutes=minutes)
    if not records:
        raise SystemExit("no problem was told")
    entry = {"planned": len(problems) - CALIBRATE, "calibration": known, "table": table(records)}
    write(
        "resets",
        {
            "question": "does starting anew help a conversation told bit by bit, and does the entropy know when?",
            "command": "python -m benchmarks.inference.resets --model FOLDER --name NAME",
            "design": "benchmarks/inference/design.md, 2",
            "models": {arguments.name: entry},
        },
    )


def _model(name: str | None) -> Any:
    from dataclasses import replace

    return replace(sampler(name, max_new_tokens=MAX_TOKENS), keep=("token_entropies",))


if __name__ == "__main__":
    main()
