"""ERGO on sharded GSM8K: does starting anew help, and is it the entropy that knows when?

    python -m benchmarks.inference.resets --model FOLDER --name qwen2.5-coder-1.5b --shards 4 --items 64 --calibrate 24

The first problems calibrate the threshold, the others are told shard by shard under every arm. Every answer is kept in
a log, which the same command continues and `--only-tables` reads. Design and criteria: `design.md`, 2. Writes
benchmarks/results/inference_resets.json.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.inference.common import (
    HERE,
    Log,
    Row,
    gate,
    mean_difference,
    model_arguments,
    ranking,
    rate,
    rows,
    sampler,
    states,
    text_key,
    write,
)
from semuq.inference import Dialogue, EntropyReset, listed, reset_threshold, rewrite_prompt
from semuq.samples import split_thought

SYSTEM = (
    "You solve maths problems. Work step by step in a few short lines, then end with a line 'Answer: ' and a number. "
    "If something needed is not known yet, ask for it in one line."
)
MAX_TOKENS = 160

Talk = list[dict[str, str]]
Answer = tuple[str, float | None, int]
"""A text, its mean token entropy (None without tokens) and its number of tokens."""

Batch = Callable[[Sequence[Talk]], list[Answer]]
"""Conversations -> the answer to each."""


@dataclass
class Told:
    """One problem under one arm, as far as it went."""

    talk: Dialogue
    baseline: float = float("inf")
    texts: list[str] = field(default_factory=list)
    entropies: list[float | None] = field(default_factory=list)
    resets: list[bool] = field(default_factory=list)
    tokens: int = 0

    def take(self, answer: Answer, *, anew: bool) -> None:
        text, entropy, tokens = answer
        if anew:
            self.texts[-1], self.entropies[-1], self.resets[-1] = text, entropy, True
        else:
            self.texts.append(text)
            self.entropies.append(entropy)
            self.resets.append(False)
        self.tokens += tokens

    def changes(self) -> list[tuple[int, float]]:
        """At which turns, and by how much, the entropy changed from the turn before, where both are known."""
        return [
            (turn, after - before)
            for turn, (before, after) in enumerate(pairwise(self.entropies), start=1)
            if before is not None and after is not None
        ]


Asking = Generator[list[Talk], list[Answer], list[Told]]
"""An arm: it yields the conversations to be answered next, is sent the answers, and returns what was told."""


class Once:
    """Answers of a model, each conversation asked once and kept in the log.

    Answers are greedy, so arms that have not parted yet share them. Without a model only what is in the log is known.
    """

    def __init__(self, ask: Batch | None, log: Log) -> None:
        self.ask, self.log = ask, log

    def __call__(self, talks: Sequence[Talk]) -> list[Answer]:
        asked = [{"id": text_key(json.dumps(talk)), "talk": talk} for talk in talks]
        found = self.log.fill(asked, self._answered, chunk=len(asked), minutes=0 if self.ask is None else None)
        if len(found) < len(asked):
            raise SystemExit(f"{len(asked) - len(found)} conversations have no answer yet: run without --only-tables")
        return [(row["text"], row["entropy"], row["tokens"]) for row in found]

    def _answered(self, asked: Sequence[Row]) -> Iterator[Row]:
        if self.ask is not None:
            answers = self.ask([own["talk"] for own in asked])
            for own, (text, entropy, tokens) in zip(asked, answers, strict=True):
                short = None if entropy is None else round(entropy, 5)
                yield {"id": own["id"], "text": text, "entropy": short, "tokens": tokens}


def together(arms: Mapping[str, Asking], ask: Batch) -> dict[str, list[Told]]:
    """All arms at the same time, what they ask next in one batch."""
    told: dict[str, list[Told]] = {}
    waiting = {name: next(arm) for name, arm in arms.items()}
    while waiting:
        answers = iter(ask([talk for talks in waiting.values() for talk in talks]))
        for name, talks in list(waiting.items()):
            try:
                waiting[name] = arms[name].send(list(islice(answers, len(talks))))
            except StopIteration as end:
                told[name] = end.value
                del waiting[name]
    return {name: told[name] for name in arms}


def whole(problems: Sequence[Row], *, concatenated: bool) -> Asking:
    """FULL: the problem as it was; CONCAT: all shards in one message."""
    told = [
        Told(Dialogue(system=SYSTEM).user(listed(own["shards"]) if concatenated else own["question"]))
        for own in problems
    ]
    answers = yield [own.talk.to_messages() for own in told]
    for own, answer in zip(told, answers, strict=True):
        own.take(answer, anew=False)
    return told


def bit_by_bit(
    problems: Sequence[Row],
    *,
    show: Callable[[Dialogue], Dialogue] = lambda talk: talk,
    when: Callable[[int, int, Told], bool] = lambda place, turn, told: False,
    rewritten: bool = True,
) -> Asking:
    """Shards one at a time.

    Args:
        problems: with their shards.
        show: what the model sees of a conversation.
        when: place, turn and what was told -> whether the conversation starts anew here.
        rewritten: it does with the model's own words for what was asked, else with the plain list.
    """
    told = [Told(Dialogue(system=SYSTEM)) for _ in problems]
    for turn in range(max(len(own["shards"]) for own in problems)):
        alive = [place for place, own in enumerate(problems) if turn < len(own["shards"])]
        for place in alive:
            told[place].talk = told[place].talk.user(problems[place]["shards"][turn])
        answers = yield [show(told[place].talk).to_messages() for place in alive]
        for place, answer in zip(alive, answers, strict=True):
            told[place].take(answer, anew=False)
        anew = [place for place in alive if turn > 0 and when(place, turn, told[place])]
        if anew:
            messages = [listed(told[place].talk.asked) for place in anew]
            if rewritten:
                replies = yield [
                    Dialogue().user(rewrite_prompt(told[place].talk.asked)).to_messages() for place in anew
                ]
                for place, (_, _, tokens) in zip(anew, replies, strict=True):
                    told[place].tokens += tokens
                messages = [
                    split_thought(text).answer.strip() or plain
                    for (text, _, _), plain in zip(replies, messages, strict=True)
                ]
            for place, message in zip(anew, messages, strict=True):
                told[place].talk = told[place].talk.anew(message)
            again = yield [told[place].talk.to_messages() for place in anew]
            for place, answer in zip(anew, again, strict=True):
                told[place].take(answer, anew=True)
        for place in alive:
            own = told[place]
            own.baseline = own.baseline if own.entropies[-1] is None else own.entropies[-1]
            own.talk = own.talk.assistant(own.texts[-1])
    return told


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

    found = together(
        {
            "FULL": whole(problems, concatenated=False),
            "CONCAT": whole(problems, concatenated=True),
            "SHARDED": bit_by_bit(problems),
            "SNOWBALL": bit_by_bit(problems, show=snowball),
            "OMIT": bit_by_bit(problems, show=Dialogue.without_assistant),
            "ERGO": bit_by_bit(problems, when=jumped),
            "ERGO-verbatim": bit_by_bit(problems, when=jumped, rewritten=False),
            "ALWAYS": bit_by_bit(problems, when=lambda place, turn, told: True),
        },
        ask,
    )
    share = realised(found["ERGO"])
    return found | together(
        {
            "RANDOM": bit_by_bit(problems, when=lambda place, turn, told: bool(rng.random() < share)),
            "FIXED": bit_by_bit(problems, when=lambda place, turn, told: due(turn, share)),
        },
        ask,
    )


def realised(told: Sequence[Told]) -> float:
    """The share of turns, of those at which it may, at which an arm started anew; 0 where there is no such turn."""
    turns = [reset for own in told for reset in own.resets[1:]]
    return float(np.mean(turns)) if turns else 0.0


def due(turn: int, share: float) -> bool:
    """Starting anew at even distances, as often as a share of the turns says: where a whole number is passed."""
    return int(turn * share + 1e-9) > int((turn - 1) * share + 1e-9)


def batch_of(model: Any) -> Batch:
    """Greedy answers of a local model, a batch at a time."""

    def ask(talks: Sequence[Talk]) -> list[Answer]:
        found = []
        for own in model.sample(talks, n=1):
            entropies = own.token_entropies[0]
            found.append((own.texts[0], float(entropies.mean()) if len(entropies) else None, len(entropies)))
        return found

    return ask


def calibration(problems: Sequence[Row], ask: Batch) -> Row:
    """The threshold: the quantile of the changes at the model's accuracy on whole problems."""
    told = together({"FULL": whole(problems, concatenated=False), "SHARDED": bit_by_bit(problems)}, ask)
    changes = [change for own in told["SHARDED"] for _, change in own.changes()]
    accuracy = float(np.mean(rights(problems, told["FULL"], any)))
    return {
        "problems": len(problems),
        "turns": len(changes),
        "accuracy": accuracy,
        "threshold": reset_threshold(changes, accuracy),
    }


def rights(problems: Sequence[Row], told: Sequence[Told], score: Callable[[list[bool]], Any]) -> np.ndarray:
    """(problems,) what a score makes of the turns of each, right or wrong."""
    turns = [[states(text, row["answer"]) for text in own.texts] for row, own in zip(problems, told, strict=True)]
    return np.array([score(own) for own in turns], dtype=float)


def table(problems: Sequence[Row], told: Mapping[str, Sequence[Told]]) -> Row:
    """All arms, scored by the last turn and by any, and the differences that decide."""
    last = {name: rights(problems, own, lambda turns: turns[-1]) for name, own in told.items()}
    any_ = {name: rights(problems, own, any) for name, own in told.items()}
    found: Row = {
        "problems": len(problems),
        "gate": gate(float(last["SHARDED"].mean())),
        "last_turn": {name: rate(own) for name, own in last.items()},
        "any_turn": {name: rate(own) for name, own in any_.items()},
        "tokens": {name: float(np.mean([one.tokens for one in own])) for name, own in told.items()},
        "resets": {name: float(np.mean([sum(one.resets) for one in own])) for name, own in told.items()},
        "differences": {
            f"ERGO - {rival}": mean_difference(last["ERGO"], last[rival]) for rival in told if rival != "ERGO"
        },
        "signal": signal(told["SHARDED"], last["SHARDED"].astype(bool)),
    }
    found["verdict"] = _verdict(found)
    return found


def _verdict(found: Row) -> str:
    ahead = [rival for rival in ("SHARDED", "RANDOM", "OMIT") if found["differences"][f"ERGO - {rival}"]["low"] > 0]
    if {"SHARDED", "RANDOM"} <= set(ahead):
        said = "reproduced" + ("" if "OMIT" in ahead else ", but leaving the model's answers out does as well")
    else:
        only = f"ahead of {' and '.join(ahead)} only" if ahead else "not ahead of SHARDED, RANDOM or OMIT"
        said = f"null: by the last turn ERGO is {only}"
    return said if found["gate"]["open"] else f"gate shut; had it been open: {said}"


def signal(told: Sequence[Told], right: np.ndarray) -> Row:
    """What the change of entropy knows where nothing is reset: of a wrong last answer, and of the answer's length.

    The AUROC is of the change at the last turn; the rank correlation is of all changes with those of the length in
    characters.
    """
    pairs = [
        (change, len(own.texts[turn]) - len(own.texts[turn - 1])) for own in told for turn, change in own.changes()
    ]
    at_the_end = [dict(own.changes()).get(len(own.texts) - 1) for own in told]
    graded = right[[change is not None for change in at_the_end]]
    last = [change for change in at_the_end if change is not None]
    both_vary = all(len(set(values)) > 1 for values in zip(*pairs, strict=True)) and len(pairs) > 1
    return {
        "changes": len(pairs),
        "change with length": round(float(spearmanr(pairs).statistic), 4) if both_vary else None,
        "auroc of the last change": ranking(last, graded) if 0 < graded.sum() < len(graded) else None,
    }


def main() -> None:
    """Calibrate, tell, write."""
    parser = model_arguments("resets")
    parser.add_argument("--calibrate", type=int, default=40, help="problems for the threshold, the first of them")
    parser.add_argument("--shards", type=int, help="only problems of at most so many")
    parser.add_argument("--chunk", type=int, default=20, help="problems told at the same time")
    arguments = parser.parse_args()
    problems = [
        own
        for own in rows(HERE / "data" / "sharded_gsm8k.jsonl.gz")
        if arguments.shards is None or len(own["shards"]) <= arguments.shards
    ][: arguments.items]
    model = None if arguments.only_tables else batch_of(_model(arguments.model))
    ask = Once(model, Log("resets", arguments.name))
    known = calibration(problems[: arguments.calibrate], ask)
    print(known, flush=True)
    rest, end = problems[arguments.calibrate :], time.monotonic() + 60 * (arguments.minutes or float("inf"))
    told: dict[str, list[Told]] = {}
    done = 0
    while done < len(rest) and time.monotonic() < end:
        part = rest[done : done + arguments.chunk]
        for name, own in arms(part, ask, known["threshold"], seed=done).items():
            told.setdefault(name, []).extend(own)
        done += len(part)
        print(f"{done} of {len(rest)}", flush=True)
    entry = {
        "shards": arguments.shards,
        "planned": len(rest),
        "calibration": known,
        "table": table(rest[:done], told),
    }
    write(
        "resets",
        {
            "question": "does starting anew help a conversation told bit by bit, and does the entropy know when?",
            "command": (
                "python -m benchmarks.inference.resets --model FOLDER --name NAME --shards 4 --items 64 --calibrate 24"
            ),
            "design": "benchmarks/inference/design.md, 2",
            "models": {arguments.name: entry},
        },
    )


def _model(name: str | None) -> Any:
    from dataclasses import replace

    return replace(sampler(name, max_new_tokens=MAX_TOKENS), keep=("token_entropies",))


if __name__ == "__main__":
    main()
