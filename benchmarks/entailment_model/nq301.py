"""Answers of twelve systems to 301 questions of NQ-open, each judged acceptable or not by two or three people.

Reads `CLONE/data`: the judgements, the golden answers, and what two other judges made of the same answers: BEM
(arXiv:2202.07654, a BERT trained on answer equivalence) and GPT-4. Only questions that the model was neither trained
on nor watched with are used: the questions are of NQ's test set, most of which EVOUNA judges as well.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from .evouna import Question
from .example import digest, normalise
from .measures import Array

GOLDEN = "model_outputs/NQ_FiD.jsonl"  # any of the systems' files: all hold the golden answers
VERDICTS = {"Yes": 1.0, "": 0.5, "No": 0.0}  # GPT-4 is undecided twice


def unseen(clone: Path, trained: Collection[str]) -> tuple[list[Question], dict[str, Array]]:
    """The questions whose digest is not in `trained`, with their judged answers.

    Returns:
        The questions, and for each other judge (answers,), its belief that an answer is right, question by question.
    """
    with (clone / "data" / GOLDEN).open(encoding="utf-8") as lines:
        golden = {normalise(row["question"]): tuple(row["answer"]) for row in map(json.loads, lines)}
    answers: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    others: dict[str, list[tuple[float, float]]] = defaultdict(list)
    rows = (_rows(clone, name) for name in ("human", "BEM", "gpt-4"))
    for human, bem, gpt in zip(*rows, strict=True):
        text, answer = human["Question"].strip(), human["Model answer"].strip()
        if answer and digest(text) not in trained:
            answers[text].append((answer, human["Acceptable?"] == "Yes"))
            same = max(same for _, same in json.loads(bem["BEM probs per gold answer"]))
            others[text].append((same, VERDICTS[gpt["Acceptable?"]]))
    questions = [
        Question(text=text, dataset="NQ-301", golden=golden[normalise(text)], answers=tuple(judged))
        for text, judged in answers.items()
    ]
    beliefs = np.array([pair for pairs in others.values() for pair in pairs])
    return questions, {"BEM": beliefs[:, 0], "GPT-4": beliefs[:, 1]}


def _rows(clone: Path, judge: str) -> Iterator[dict[str, str]]:
    with (clone / "data" / f"NQ301_{judge}.tsv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")
