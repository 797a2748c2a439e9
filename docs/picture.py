"""`python -m docs.picture`: the picture of the README, real answers as `semuq ask` shows them.

The answers are stored ones of the leaderboard: ten of Qwen2.5-Coder-1.5B to each of two questions of TriviaQA.
"""

from __future__ import annotations

import importlib
import io
import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from rich.console import Console

from docs.recipes import STORED, question_of
from semuq import Entailment, SampleSet
from semuq.scoring import score_stream

PICTURE = Path(__file__).parent / "picture.svg"
CHOSEN = ("test_5429", "test_9851")
WIDTH = 84


def chosen() -> Iterator[SampleSet]:
    """The questions with their answers and log-probs."""
    with lzma.open(STORED, "rt", encoding="utf-8") as file:
        rows = {row["id"]: row for row in map(json.loads, file)}
    for name in CHOSEN:
        row = rows[name]
        yield SampleSet(prompt=question_of(row), texts=row["texts"], token_logprobs=row["token_logprobs"])


def drawn() -> str:
    """The terminal as SVG, with no font from elsewhere."""
    ask = importlib.import_module("semuq.cli.ask")  # `semuq.cli.ask` itself is the command
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    with patch.object(ask, "result_console", lambda: console):
        for number, score in enumerate(score_stream(chosen(), None, Entailment())):
            console.print("\n" * bool(number), end="")
            ask.show(score)
    svg = console.export_svg(title="ten answers, and what they mean", unique_id="semuq")
    svg = re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)
    svg = re.sub(r"Fira Code", "ui-monospace, Menlo, Consolas", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
