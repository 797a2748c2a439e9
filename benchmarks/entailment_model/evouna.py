"""Answers of five systems to real questions, each judged right or wrong by people (EVOUNA).

Reads `DIR/qa_equivalence/evouna.jsonl.gz`. Questions are split once, by a hash of their text, into a
training, a small dev and a held-out test part: all answers to a question fall in one of them.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from .example import CONTRADICTION, ENTAILMENT, NOT_ENTAILMENT, Example, digest, normalise, pair

TEST_SHARE = 0.20
DEV_SHARE = 0.03
LONGEST_ANSWER = 60  # words; the first sentence nearly always holds the answer


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, its golden answers, and the answers of the systems: (text, judged right)."""

    text: str
    dataset: str
    golden: tuple[str, ...]
    answers: tuple[tuple[str, bool], ...]


def part(question: str) -> str:
    """ "test", "dev" or "train": decided by the hash of the question."""
    place = int(digest(question), 16) / 16**8
    return "test" if place < TEST_SHARE else "dev" if place < TEST_SHARE + DEV_SHARE else "train"


def questions(directory: Path) -> list[Question]:
    """All questions with the rows that people judged properly; improper rows are left out."""
    rows: dict[str, list[dict[str, object]]] = defaultdict(list)
    with gzip.open(directory / "qa_equivalence" / "evouna.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not row["improper"] and row["answer"].strip():
                rows[normalise(row["question"])].append(row)
    result = []
    for group in rows.values():
        golden = list(dict.fromkeys(str(g).strip() for row in group for g in row["golden"]))  # type: ignore[attr-defined]
        answers = tuple((str(row["answer"]).strip(), bool(row["correct"])) for row in group)
        result.append(
            Question(
                text=str(group[0]["question"]).strip(),
                dataset=str(group[0]["dataset"]),
                golden=tuple(g for g in golden if g),
                answers=answers,
            )
        )
    return [q for q in result if q.golden]


def split(directory: Path) -> dict[str, list[Question]]:
    """The questions of the "train", "dev" and "test" parts."""
    parts: dict[str, list[Question]] = {"train": [], "dev": [], "test": []}
    for question in questions(directory):
        parts[part(question.text)].append(question)
    return parts


def shorten(answer: str, words: int = LONGEST_ANSWER) -> str:
    """The first `words` words of a long answer."""
    parts = answer.split()
    return answer if len(parts) <= words else " ".join(parts[:words])


def sample(question: Question, rng: random.Random) -> list[Example]:
    """A fresh draw of pairs about one question, both directions being equally likely for each.

    Right answer and golden answer: entailment. Right and wrong answer, wrong and golden: not entailment.
    Two names of one golden answer (TriviaQA's aliases): entailment.
    """
    made: list[tuple[str, str, int]] = []
    right = [a for a, correct in question.answers if correct]
    wrong = [a for a, correct in question.answers if not correct]
    for answer in right:
        loose = question.dataset == "TQ" and rng.random() < 0.25  # there, all golden answers are aliases
        alias = rng.choice(question.golden) if loose else closest(answer, question.golden, rng)
        made.append((alias, answer, ENTAILMENT))
    for answer in wrong:
        made.append((rng.choice(question.golden), answer, NOT_ENTAILMENT))
        if right:
            made.append((rng.choice(right), answer, NOT_ENTAILMENT))
    if len(right) > 1:
        first, second = rng.sample(right, 2)
        made.append((first, second, ENTAILMENT))
    if question.dataset == "TQ" and len(question.golden) > 1:
        for _ in range(min(3, len(question.golden) - 1)):
            first, second = rng.sample(question.golden, 2)
            made.append((first, second, ENTAILMENT))
    examples = []
    for a, b, label in made:
        if rng.random() < 0.5:
            a, b = b, a
        context = None if label == ENTAILMENT and rng.random() < 0.05 else question.text
        examples.append(pair(context, shorten(a), shorten(b), label, "evouna"))
    return examples


class Exchange:
    """Answers with their key exchanged: "It was Hugh Jackman." becomes "It was Hugh Grant."

    The other key is a golden answer to a question that begins with the same two words.
    """

    def __init__(self, asked: list[Question]) -> None:
        self.alike: dict[str, list[str]] = defaultdict(list)
        for question in asked:
            self.alike[beginning(question.text)].append(question.golden[0])

    def sample(self, question: Question, rng: random.Random) -> list[Example]:
        """Up to two pairs: a right answer against another key, and an exchanged answer against either key."""
        right = [a for a, correct in question.answers if correct]
        own = {normalise(g) for g in question.golden}
        other = rng.choice(self.alike[beginning(question.text)])
        if not right or normalise(other) in own:
            return []
        answer = shorten(rng.choice(right))
        made = [(answer, other, CONTRADICTION)]
        found = [g for g in question.golden if len(g) > 1 and re.search(rf"(?i)\b{re.escape(g)}\b", answer)]
        if found:
            key = max(found, key=len)
            changed = re.sub(rf"(?i)\b{re.escape(key)}\b", lambda _: other, answer)
            made.append(
                rng.choice(
                    (
                        (changed, key, CONTRADICTION),
                        (changed, answer, CONTRADICTION),
                        (changed, rng.choice(question.golden), CONTRADICTION),
                        (changed, other, ENTAILMENT),
                    )
                )
            )
        return [
            pair(question.text, a, b, label, "evouna")
            if rng.random() < 0.5
            else pair(question.text, b, a, label, "evouna")
            for a, b, label in made
        ]


def beginning(question: str) -> str:
    """The first two words of a question, a rough kind of its answer."""
    return " ".join(normalise(question).split()[:2])


def swapped(question: Question, other: Question, rng: random.Random) -> Example:
    """A golden answer against the golden answer of another question: an easy negative."""
    a, b = rng.choice(question.golden), rng.choice(other.golden)
    if normalise(a) == normalise(b):
        return pair(question.text, a, b, ENTAILMENT, "evouna")
    return pair(question.text, a, b, CONTRADICTION, "evouna")


def closest(answer: str, golden: tuple[str, ...], rng: random.Random) -> str:
    """The golden answer that has the largest share of its words in a right answer; ties by chance."""
    words = set(normalise(answer).split())

    def shared(alias: str) -> float:
        own = normalise(alias).split()
        return sum(word in words for word in own) / max(len(own), 1)

    best = max(shared(alias) for alias in golden)
    return rng.choice([alias for alias in golden if shared(alias) == best])
