"""Programs from a language model: ten at temperature 1 and the greedy one for each problem; then second answers.

    SEMUQ_WEIGHTS=FOLDER python -m benchmarks.code_equivalence.sampling [--model NAME] [--minutes 90]

A first answer continues the problem's stub. For the second answers the stub is asked again behind the problem with one
of the first answers, as in iterative prompting. A kill loses at most one chunk, and the same command goes on. The
answers grow in `runs/` and are packed into `answers/` at the end of every run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.code_equivalence.problems import HERE, Problem, problems
from benchmarks.leaderboard.answers import append, pack, read_growing, read_packed, record
from benchmarks.leaderboard.models import Model, read_model

MAX_NEW_TOKENS = 160
CHUNK = 15
"""Problems between two writes."""
ROUNDS = ((15, 0), (60, 20), (100, 40), (150, 60))
"""So many problems get first answers, and so many second ones, before any gets more."""
SECOND_FIRSTS = 5
"""So many of the first answers are shown, each in a prompt of its own."""
SECOND_ANSWERS = 4
"""So many second answers are drawn behind each."""

Row = dict[str, Any]


def second_prompt(problem: Problem, answer: str) -> str:
    """The problem again, behind one answer to it; asks for code, as the first prompt does."""
    return (
        f"# Consider the following problem and one answer to it:\n{problem.prompt}    {answer}\n\n"
        f"# Provide an answer to the following problem:\n{problem.prompt}"
    )


class Answers:
    """The answers of one model of one kind, first or second, by problem."""

    def __init__(self, model: str, kind: str) -> None:
        self.growing = Path("runs/code_equivalence") / f"{model}-{kind}.jsonl"
        self.packed = HERE / "answers" / f"{model}-{kind}.jsonl.xz"

    def read(self) -> dict[str, Row]:
        """All there are."""
        return read_packed(self.packed) | read_growing(self.growing)

    def fill(
        self,
        wanted: Sequence[Problem],
        ask: Callable[[Sequence[Problem]], Iterable[Row]],
        end: float | None,
        chunk: int = CHUNK,
    ) -> None:
        """Ask what is missing, chunk by chunk, until the time is up."""
        have = self.read()
        missing = [problem for problem in wanted if problem.id not in have]
        for start in range(0, len(missing), chunk):
            if end is not None and time.monotonic() > end:
                return
            began, part = time.monotonic(), missing[start : start + chunk]
            rows = list(ask(part))
            append(self.growing, rows)
            took = time.monotonic() - began
            tokens = sum(row.get("tokens", 0) for row in rows)
            speed = f"{tokens / took:.0f} tokens/s" if tokens else f"{took:.0f} s"
            print(f"{self.growing.stem}: {len(have) + start + len(part)} problems, {speed}", flush=True)

    def keep(self) -> None:
        """Pack what has grown, in the order of the problems."""
        have = self.read()
        if have:
            pack(self.packed, [have[problem.id] for problem in problems() if problem.id in have])


def first_answers(model: Model, part: Sequence[Problem]) -> Iterable[Row]:
    """One record a problem: sampled answers and the greedy one."""
    sampler: Any = model.ask({"max_new_tokens": MAX_NEW_TOKENS}, greedy=False)
    pairs = sampler.sample_beside_greedy([problem.prompt for problem in part], n=model.answers)
    for problem, (sampled, greedy) in zip(part, pairs, strict=True):
        tokens = sum(len(own) for samples in (sampled, greedy) for own in samples.token_logprobs or ())
        yield {**record(problem, sampled, greedy), "tokens": tokens}  # type: ignore[arg-type]


def second_answers(model: Model, part: Sequence[Problem], first: dict[str, Row]) -> Iterable[Row]:
    """One record a problem: the texts drawn behind each of the first answers shown."""
    sampler: Any = model.ask({"max_new_tokens": MAX_NEW_TOKENS}, greedy=False)
    prompts = [
        [second_prompt(problem, text) for text in first[problem.id]["texts"][:SECOND_FIRSTS]] for problem in part
    ]
    drawn = iter(sampler.sample([prompt for own in prompts for prompt in own], n=SECOND_ANSWERS))
    for problem, own in zip(part, prompts, strict=True):
        sets = [next(drawn) for _ in own]
        tokens = sum(len(one) for samples in sets for one in samples.token_logprobs or ())
        yield {"id": problem.id, "texts": [list(samples.texts) for samples in sets], "tokens": tokens}


def main() -> None:
    """Ask, in rounds, so that a run cut short has both kinds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.code_equivalence.sampling")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--seconds-for", type=int, default=100, help="problems that get second answers")
    parser.add_argument("--minutes", type=float, help="stop after this long; the same command goes on later")
    asked = parser.parse_args()
    end = None if asked.minutes is None else time.monotonic() + 60 * asked.minutes
    model = read_model(str(HERE / "models" / f"{asked.model}.toml"))
    first, second = Answers(asked.model, "first"), Answers(asked.model, "second")
    try:
        for firsts, seconds in (*ROUNDS, (asked.problems, asked.seconds_for)):
            first.fill(problems(min(firsts, asked.problems)), lambda part: first_answers(model, part), end)
            have = first.read()
            shown = [own for own in problems(min(seconds, asked.seconds_for)) if own.id in have]
            second.fill(shown, lambda part, have=have: second_answers(model, part, have), end)  # type: ignore[misc]
    finally:
        first.keep()
        second.keep()


if __name__ == "__main__":
    main()
