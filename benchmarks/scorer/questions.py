"""The strings: real answers to real questions, or as many as a setting wants made from them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from itertools import islice, product
from pathlib import Path

from benchmarks.scorer.worker.contestant import Batch

DATA = Path(__file__).parent / "data" / "triviaqa_20_answers.jsonl.gz"
SAMPLED = 20
FROM_THE_FIRST = 40
WRAPPERS = ("It is {}.", "The answer is {}.", "I think it is {}.", "{}, I believe")
HOW = (
    "up to 20 answers: the first real ones; more: the question's 20 real answers, then these answers in sentences "
    f"({', '.join(repr(own) for own in WRAPPERS)}); more than 250 questions: the same questions again, "
    "each answer with the number of the copy behind it, so that no string repeats; fewer than 40 questions: "
    "consecutive ones that need as many pairs as all do on average"
)


@cache
def questions() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(question, its 20 answers), 250 of them."""
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return tuple((row["question"], tuple(row["answers"])) for row in rows)


def make_batch(count: int, answers: int, context: str) -> Batch:
    """`count` questions with `answers` answers each.

    >>> make_batch(1, 2, "question").texts[0][0]
    'Q: The Kalahari Desert lies chiefly in which country? A: Botswana'
    """
    known = questions()
    start = 0 if count >= FROM_THE_FIRST else typical_start(count, min(answers, SAMPLED))
    prompts, texts = [], []
    for index in range(start, start + count):
        copy, place = divmod(index, len(known))
        prompt, own = known[place]
        more = (form.format(text) for form, text in product(WRAPPERS, own))
        chosen = [*own[:answers], *islice(more, max(0, answers - SAMPLED))]
        prompts.append(prompt)
        texts.append([f"{text} ({copy})" for text in chosen] if copy else chosen)
    return Batch(prompts, texts, context)


def typical_start(count: int, answers: int) -> int:
    """Where the consecutive questions begin that need most nearly as many pairs as all do on average."""
    distinct = [len(set(own[:answers])) for _, own in questions()]
    pairs = [n * (n - 1) for n in distinct]
    mean = sum(pairs) / len(pairs)
    return min(range(len(pairs) - count + 1), key=lambda start: abs(sum(pairs[start : start + count]) / count - mean))
