"""EVOUNA: answers of five systems to questions of NQ and TriviaQA, each judged right or wrong by people.

Source: github.com/wangcunxiang/QA-Eval (Apache-2.0), gzipped JSON lines with the fields question,
golden, answer, system, dataset, correct, improper. Rows that the judges marked improper are left out.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TEST_SHARE = 0.20


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One answer and the verdict of people."""

    question: str
    golden: tuple[str, ...]
    answer: str
    system: str
    dataset: str
    right: bool

    @property
    def held_out(self) -> bool:
        """Whether the question is in the test fifth; the same split that the entailment model's training uses."""
        words = "".join(c if c.isalnum() or c == "_" else " " for c in _lower(self.question)).split()
        digest = hashlib.blake2b(" ".join(words).encode(), digest_size=4).hexdigest()
        return int(digest, 16) / 16**8 < TEST_SHARE

    @property
    def short(self) -> bool:
        """Whether the answer has at most ten words."""
        return len(self.answer.split()) <= 10


def read(path: Path) -> list[Judged]:
    """All properly judged rows with at least one golden answer."""
    rows = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            golden = tuple(dict.fromkeys(gold.strip() for gold in row["golden"] if gold.strip()))
            if row["improper"] or not golden:
                continue
            rows.append(
                Judged(
                    question=row["question"],
                    golden=golden,
                    answer=row["answer"],
                    system=row["system"],
                    dataset=row["dataset"],
                    right=row["correct"],
                )
            )
    return rows


def verdicts(rows: list[Judged]) -> np.ndarray:
    """(n,) float: 1 where people said right."""
    return np.array([row.right for row in rows], dtype=float)


def _lower(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
