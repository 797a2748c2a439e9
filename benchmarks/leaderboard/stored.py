"""`python -m benchmarks.leaderboard.stored`: answers that others sampled and published, in the form of ours.

The first answer to a question is taken for the one that is judged, the others for the sampled ones: there is no greedy
answer, and any one of them is as good.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from benchmarks.leaderboard.answers import Record, pack
from benchmarks.leaderboard.questions import read_datasets

HERE = Path(__file__).parent


def record(row: dict, prompt: str) -> Record:
    """One line: the first answer apart from the others; no answer is known to be cut."""
    first, *others = row["answers"]
    judged = {"texts": [first], "truncated": [False]}
    return {
        "id": row["id"],
        "prompt": prompt,
        "texts": others,
        "metadata": {"truncated": [False] * len(others), "greedy": judged},
    }


def main() -> None:
    """Write the packed file of LLaMA-13B's answers."""
    (data,) = read_datasets(["stored/triviaqa_llama"])
    prompts = {question.id: question.prompt for question in data.load()}
    rows = [json.loads(line) for line in gzip.decompress(data.file.read_bytes()).decode().splitlines()]
    kept = [record(row, prompts[row["id"]]) for row in rows if row["id"] in prompts]
    pack(HERE / "answers" / "llama-13b" / f"{data.name}.jsonl.xz", kept)


if __name__ == "__main__":
    main()
