"""How often the guard is wrong where it decides: on answers that people judged, and on aliases of gold answers.

Aliases are redirects of Wikipedia and labels of Wikidata (TriviaQA, PopQA), and not all of them mean the same: "Amy
Johnson" and "Amy Mollison" do, "Skylab 5" and "Skylab 1" do not. So a conflict among them is at most a mistake.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from semuq.relations.entailment import guard

from .evouna import Question

ALIASES = 12  # of one question that are compared
STRANGERS = 200_000  # pairs of answers to two questions
_LATIN = 0x250  # the first code behind the Latin letters


def on_judged_answers(questions: Sequence[Question], aliases: Callable[[Question], list[str]]) -> dict[str, int]:
    """Answers by verdict and judgement; "conflict" is a conflict with every golden answer."""
    counts: Counter[str] = Counter()
    for question in questions:
        golden = aliases(question)
        for answer, right in question.answers:
            verdicts = [guard.verdict(answer, g) for g in golden]
            verdict = "agree" if 1 in verdicts else "conflict" if max(verdicts) < 0 else "open"
            counts[f"{verdict}, judged {'right' if right else 'wrong'}"] += 1
    return dict(sorted(counts.items()))


def on_aliases(directory: Path, *, strangers: int = STRANGERS) -> dict[str, object]:
    """Verdicts on pairs of golden answers of one question, and of two questions drawn at random.

    Of two questions, only answers that are not the same but for case are counted.
    """
    golden = [answers for name in ("triviaqa", "popqa") for answers in _golden(directory, name)]
    own: Counter[str] = Counter()
    for answers in golden:
        for a, b in itertools.combinations(answers[:ALIASES], 2):
            own[_name(guard.verdict(a, b))] += 1
    rng = random.Random(0)
    others: Counter[str] = Counter()
    agreed = set()
    for _ in range(strangers):
        a, b = (rng.choice(answers) for answers in rng.sample(golden, 2))
        if a.casefold() != b.casefold():
            others[_name(verdict := guard.verdict(a, b))] += 1
            if verdict > 0:
                agreed.add(" = ".join(sorted((a, b))))
    return {
        "of one question": dict(sorted(own.items())),
        "of two questions": dict(sorted(others.items())),
        "of two questions, agreed": sorted(agreed),
    }


def _golden(directory: Path, name: str) -> list[list[str]]:
    with gzip.open(directory / "tasks" / f"{name}_sub_test.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [list(dict.fromkeys(json.loads(line)["golden_answers"])) for line in lines]
    latin = [[a for a in answers if all(ord(sign) < _LATIN or sign in "’‘–—“”" for sign in a)] for answers in rows]
    return [answers for answers in latin if answers]


def _name(verdict: int) -> str:
    return {1: "agree", -1: "conflict", 0: "open"}[verdict]
