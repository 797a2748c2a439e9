"""Makes `data/` from the published files: rows that may be asked, in a drawn order, at most 400 of a set.

    python -m benchmarks.leaderboard.prepare --source DIR

DIR holds the files that `data/SOURCES.md` lists. Rows keep their fields, apart from those nothing reads.
Left out are questions the entailment model may have seen in training, in the normalised form in which it
lists them (all of EVOUNA's, and `benchmarks/entailment_model/trained_questions.txt.gz` where it exists).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.entailment_model.example import normalise

HERE = Path(__file__).parent
KEEP = 400

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One published file: how to read it, which rows may be asked, which fields are kept."""

    file: str
    rows: Callable[[str], Iterable[Row]]
    fields: tuple[str, ...]
    allowed: Callable[[Row], bool] = lambda row: True
    unseen: bool = False


def lines(text: str) -> Iterator[Row]:
    """The rows of JSON lines."""
    return (json.loads(line) for line in text.split("\n") if line.strip())


def squad(text: str) -> Iterator[Row]:
    """SQuAD's nested format as one row per question."""
    for article in json.loads(text)["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                answers = list(dict.fromkeys(answer["text"] for answer in question["answers"]))
                yield {
                    "id": question["id"],
                    "passage": paragraph["context"],
                    "question": question["question"],
                    "answers": answers,
                }


def truthful(text: str) -> Iterator[Row]:
    """TruthfulQA's table; its answers are lists, written with semicolons."""
    for row in csv.DictReader(io.StringIO(text)):
        split = {
            name: [part.strip() for part in row[column].split(";") if part.strip()]
            for name, column in (("correct", "Correct Answers"), ("incorrect", "Incorrect Answers"))
        }
        yield {"question": row["Question"].strip(), **split}


def popular(text: str) -> Iterator[Row]:
    """PopQA's rows with the popularity of what is asked for as a field of its own."""
    for row in lines(text):
        yield {**row, "answer_popularity": row["metadata"]["o_pop"]}


def small(row: Row, largest: float = 15) -> bool:
    """Whether no number of an SVAMP problem's sum, nor its answer, is above `largest`."""
    numbers = [float(number) for number in re.findall(r"\d+\.?\d*", row["Equation"])]
    return max(*numbers, row["Answer"]) <= largest


def easy(row: Row, largest: float = 100) -> bool:
    """Whether a GSM8K solution has at most two sums, and no number in them is above `largest`."""
    sums = re.findall("<<(.*?)>>", row["answer"])
    numbers = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", " ".join(sums))]
    return 0 < len(sums) <= 2 and max(numbers) <= largest


PARTS: dict[str, Part] = {
    "triviaqa": Part(
        file="triviaqa_sub_test.jsonl.gz",
        rows=lines,
        fields=("id", "question", "golden_answers"),
        allowed=lambda row: len(row["golden_answers"]) >= 10,
        unseen=True,
    ),
    "nq_open": Part(file="nq_open_dev.jsonl.gz", rows=lines, fields=("question", "answer"), unseen=True),
    "popqa": Part(
        file="popqa_sub_test.jsonl.gz",
        rows=popular,
        fields=("id", "question", "golden_answers"),
        allowed=lambda row: row["answer_popularity"] >= 30_000,
        unseen=True,
    ),
    "squad": Part(file="squad_xquad_en.json.gz", rows=squad, fields=("id", "passage", "question", "answers")),
    "truthfulqa": Part(file="truthfulqa.csv.gz", rows=truthful, fields=("question", "correct", "incorrect")),
    "svamp": Part(file="svamp_test.jsonl.gz", rows=lines, fields=("ID", "Body", "Question", "Answer"), allowed=small),
    "gsm8k_easy": Part(file="gsm8k_test.jsonl.gz", rows=lines, fields=("question", "answer"), allowed=easy),
    "mmlu_stem": Part(
        file="mmlu_stem_test.jsonl.gz",
        rows=lines,
        fields=("question", "type", "choices", "answer"),
        allowed=lambda row: len(row["question"]) + sum(map(len, row["choices"])) <= 400,
    ),
}


def select(rows: Iterable[Row], part: Part, seen: frozenset[str], keep: int = KEEP) -> list[Row]:
    """The rows that may be asked, each question once, in an order drawn by the hash of their text."""
    chosen: dict[str, Row] = {}
    for row in rows:
        question = normalise(str(row.get("question", row.get("ID"))))
        if part.allowed(row) and not (part.unseen and question in seen):
            chosen.setdefault(hashlib.sha256(question.encode()).hexdigest(), row)
    return [{name: chosen[key][name] for name in part.fields} for key in sorted(chosen)[:keep]]


def write(path: Path, rows: list[Row]) -> None:
    """Gzipped JSON lines, the same bytes for the same rows."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(
    source: Annotated[Path, typer.Option(help="Folder of the published files.")],
    evouna: Annotated[Path, typer.Option(help="EVOUNA, whose questions are left out.")],
) -> None:
    """Write every file of `data/` anew."""
    with gzip.open(evouna, "rt", encoding="utf-8") as file:
        seen = frozenset(normalise(json.loads(line)["question"]) for line in file)
    for name, part in PARTS.items():
        text = gzip.decompress((source / part.file).read_bytes()).decode()
        rows = select(part.rows(text), part, seen)
        write(HERE / "data" / f"{name}.jsonl.gz", rows)
        print(f"{name}: {len(rows)} rows")


if __name__ == "__main__":
    typer.run(main)
