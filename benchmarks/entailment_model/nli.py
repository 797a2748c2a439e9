"""Sentence pairs with a label: natural language inference sets, and what is kept away from training.

Reads `DIR/nli/*.tsv.gz` (premise, hypothesis, label, split). `SOURCES.md` says where each file is from.
"""

from __future__ import annotations

import gzip
import random
from collections import Counter
from pathlib import Path

from .example import CONTRADICTION, ENTAILMENT, NEUTRAL, NOT_ENTAILMENT, Example, normalise, side

LABEL_IDS = {
    "contradiction": CONTRADICTION,
    "entailment": ENTAILMENT,
    "neutral": NEUTRAL,
    "not_entailment": NOT_ENTAILMENT,
}
TRAINED_ON = (
    "ling_in_loop",
    "mnli_sample",
    "snli_dev_test",
    "snli_cad",
    "vania_wiki",
    "conjnli",
    "rte",
    "cb",
    "fever_symmetric",
    "factcheck_gpt",
    "med",
    "breaking_nli",
)
TEST_PARTS = {"mnli_dev": ("mnli_sample", "dev"), "snli_test": ("snli_dev_test", "test")}
DEV_PARTS = {"ling_dev": ("ling_in_loop", "dev", 1000), "snli_dev": ("snli_dev_test", "dev", 500)}
# A source that would drown the others is cut to this many rows of one label.
CAPS = {("breaking_nli", CONTRADICTION): 2000, ("factcheck_gpt", NEUTRAL): 900}
LONGEST = 90  # words of premise and hypothesis together, in training
LONGEST_TOLD = 40  # words of a sentence that another premise is told beside
QUESTIONS = (
    *("What happened?", "What does the text say?", "What is going on?", "What is known about it?", "What do we learn?"),
    *("What is true?", "Describe the scene.", "What can be said about it?", "What did they do?", "Why?"),
    *("What is it about?", "Summarise it."),
)


def read(directory: Path, name: str) -> list[tuple[Example, str]]:
    """All rows of one file with their split."""
    with gzip.open(directory / "nli" / f"{name}.tsv.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        rows = (line.rstrip("\n").split("\t") for line in lines)
        return [(Example(row[0], row[1], LABEL_IDS[row[2]], name), row[3]) for row in rows]


def test_sets(directory: Path) -> dict[str, list[Example]]:
    """MNLI dev and SNLI test, never trained on."""
    return {
        part: [example for example, split in read(directory, name) if split == wanted]
        for part, (name, wanted) in TEST_PARTS.items()
    }


def dev_sets(directory: Path) -> dict[str, list[Example]]:
    """Small held-out parts by which training is watched and settings are chosen."""
    sets = {}
    for part, (name, wanted, size) in DEV_PARTS.items():
        rows = [example for example, split in read(directory, name) if split == wanted]
        random.Random(f"dev {part}").shuffle(rows)
        sets[part] = rows[:size]
    return sets


def train_set(directory: Path) -> tuple[list[Example], dict[str, int]]:
    """Training pairs, and how many rows were dropped for what reason.

    A row is dropped when its pair occurs in a test or dev part, when its premise occurs in SNLI test
    (counterfactual revisions keep the premise), or when it is too long.
    """
    held_out = test_sets(directory)
    held_pairs = {key(e) for part in (held_out, dev_sets(directory)) for rows in part.values() for e in rows}
    snli_premises = {normalise(e.premise) for e in held_out["snli_test"]}
    mnli_premises = {normalise(e.premise) for e in held_out["mnli_dev"]}
    reserved = {(name, split) for name, split in TEST_PARTS.values()}
    kept: list[Example] = []
    seen: set[tuple[str, str]] = set()
    dropped: Counter[str] = Counter()
    for name in TRAINED_ON:
        rows = [example for example, split in read(directory, name) if (name, split) not in reserved]
        random.Random(f"train {name}").shuffle(rows)
        per_label: Counter[int] = Counter()
        for example in rows:
            per_label[example.label] += 1
            if key(example) in held_pairs:
                dropped["pair in a test or dev part"] += 1
            elif normalise(example.premise) in snli_premises:
                dropped["premise in SNLI test"] += 1
            elif normalise(example.premise) in mnli_premises:
                dropped["premise in MNLI dev"] += 1
            elif len(f"{example.premise} {example.hypothesis}".split()) > LONGEST:
                dropped["too long"] += 1
            elif key(example) in seen:
                dropped["duplicate"] += 1
            elif per_label[example.label] > CAPS.get((name, example.label), len(rows)):
                dropped["over the cap of its source"] += 1
            else:
                seen.add(key(example))
                kept.append(example)
    return kept, dict(dropped)


def key(example: Example) -> tuple[str, str]:
    """What makes two pairs the same pair."""
    return normalise(example.premise), normalise(example.hypothesis)


def inside(example: Example, stranger: Example, rng: random.Random) -> Example:
    """The pair with another premise told before or after its own: what was entailed, open or excluded stays so."""
    other = stranger.premise.strip()
    if len(other.split()) > LONGEST_TOLD or len(example.premise.split()) > LONGEST_TOLD:
        return example
    told = [example.premise.strip(), other if other.endswith((".", "!", "?")) else f"{other}."]
    if not told[0].endswith((".", "!", "?")):
        told[0] += "."
    return example._replace(premise=" ".join(told if rng.random() < 0.5 else told[::-1]))


def as_answers(example: Example, rng: random.Random) -> Example:
    """The pair as two answers to one question."""
    question = rng.choice(QUESTIONS)
    return example._replace(premise=side(question, example.premise), hypothesis=side(question, example.hypothesis))
