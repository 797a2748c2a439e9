"""`python -m docs.recipes`: writes the graded questions that a recipe reads."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import Any

from semuq.grading import ShortAnswer

ROOT = Path(__file__).parents[1]
STORED = ROOT / "benchmarks" / "leaderboard" / "answers" / "qwen2.5-coder-1.5b" / "triviaqa.jsonl.xz"
QUESTIONS = ROOT / "benchmarks" / "leaderboard" / "data" / "triviaqa.jsonl.gz"
GRADED = Path(__file__).parent / "snippets" / "recipes" / "graded.jsonl"


def question_of(row: dict[str, Any]) -> str:
    """The question of a stored prompt, behind the examples that it begins with."""
    return str(row["prompt"]).rpartition("Question: ")[2].removesuffix("\nAnswer:").strip()


def graded() -> str:
    """A line for each TriviaQA question: ten answers of Qwen2.5-Coder-1.5B, and whether its greedy one is right."""
    with gzip.open(QUESTIONS, "rt", encoding="utf-8") as file:
        golden = {row["id"]: row for row in map(json.loads, file)}
    lines = []
    with lzma.open(STORED, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            question = question_of(row)
            (greedy,) = row["metadata"]["greedy"]["texts"]
            right = bool(ShortAnswer().grade(question, greedy, golden[row["id"]]["golden_answers"]))
            lines.append(json.dumps({"prompt": question, "texts": row["texts"], "correct": right}, ensure_ascii=False))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GRADED.write_text(graded(), encoding="utf-8")
