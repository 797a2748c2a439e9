"""`DataSet`: a TOML file that says where questions are, how to read and ask them, and how answers are judged.

A user adds a set of questions by adding such a file; `datasets/triviaqa.toml` names every field. Read by all
stages.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.entailment_model.example import digest
from semuq.errors import InvalidParameter

HERE = Path(__file__).parent
TRAINED = HERE.parent / "entailment_model" / "trained_questions.txt.gz"
LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, as it is put to the model (`prompt`) and as answers to it are compared (`text`)."""

    id: str
    text: str
    prompt: str
    references: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    options: str = ""

    @property
    def shown(self) -> str:
        """The question with its options, if it has any: what one has to see to say whether an answer is right."""
        return f"{self.text}\n{self.options}" if self.options else self.text


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A set of questions.

    Args:
        name: of the TOML file, and of everything kept about the set.
        title, about: for readers.
        file: JSON lines, gzipped or not, beside the TOML file's folder in `data/` or beside the TOML file.
        read: field names and templates, see `_question`.
        ask: system message, prompt template, max_new_tokens.
        judge: `grader` and `relation` in text, as `semuq.from_name` reads it; `closest`: an answer is right that the
            grader finds nearer to a right reference than to any wrong one.
        questions: how many are asked; seed: which ones.
        unseen: leave out questions that the entailment model was trained on.
        source: repository, commit, path and licence, for the record.
    """

    name: str
    title: str
    about: str
    file: Path
    read: Mapping[str, Any]
    ask: Mapping[str, Any]
    judge: Mapping[str, Any]
    questions: int = 200
    seed: int = 0
    unseen: bool = False
    source: Mapping[str, str] = field(default_factory=dict)

    def load(self, limit: int | None = None) -> list[Question]:
        """The questions, in an order drawn by the seed: the first k of n are the k of a smaller set."""
        rows = _rows(self.file)
        found = {question.id: question for row in rows for question in [_question(row, self)]}
        if self.unseen:
            trained = trained_questions()
            found = {key: value for key, value in found.items() if digest(value.text) not in trained}
        order = sorted(found, key=lambda key: hashlib.sha256(f"{self.seed}/{key}".encode()).hexdigest())
        return [found[key] for key in order[: self.questions if limit is None else min(limit, self.questions)]]


def read_dataset(path: Path) -> DataSet:
    """The DataSet of a TOML file.

    Raises:
        InvalidParameter: a table or its field is missing or unknown, or the file of questions is not there.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    needed = {"title", "about", "file", "read", "ask", "judge"}
    known = needed | {"questions", "seed", "unseen", "source"}
    if missing := sorted(needed - set(table)):
        raise InvalidParameter(f"{path.name}: {missing} missing; datasets/triviaqa.toml shows every field")
    if unknown := sorted(set(table) - known):
        raise InvalidParameter(f"{path.name}: unknown fields {unknown}; expected some of {sorted(known)}")
    for owner, fields in (("ask", {"prompt", "max_new_tokens"}), ("judge", {"grader", "relation"})):
        if missing := sorted(fields - set(table[owner])):
            raise InvalidParameter(f"{path.name}: [{owner}] lacks {missing}; datasets/triviaqa.toml shows every field")
    file = next(
        (place for place in (path.parent / table["file"], HERE / "data" / table["file"]) if place.is_file()), None
    )
    if file is None:
        raise InvalidParameter(f"{path.name}: file: expected {table['file']!r} beside it or in data/, found none")
    return DataSet(**{**table, "name": path.stem, "file": file})


def read_datasets(names: Sequence[str] = (), folder: Path = HERE / "datasets") -> list[DataSet]:
    """All sets of a folder, or those named: by their name there, or by the path of a TOML file."""
    paths = [Path(name) if name.endswith(".toml") else folder / f"{name}.toml" for name in names]
    for path in paths:
        if not path.is_file():
            there = sorted(known.stem for known in folder.glob("*.toml"))
            raise InvalidParameter(f"set: expected one of {there} or the path of a .toml file, got {path.stem!r}")
    return [read_dataset(path) for path in paths or sorted(folder.glob("*.toml"))]


def trained_questions() -> frozenset[str]:
    """Digests of the questions the entailment model was trained on; none where the list is not there."""
    if not TRAINED.is_file():
        return frozenset()
    return frozenset(gzip.decompress(TRAINED.read_bytes()).decode().split())


def _rows(path: Path) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _question(row: Mapping[str, Any], data: DataSet) -> Question:
    """One row, by the fields of [read].

    `question`, and `prompt` of [ask], are templates over the row's fields; [ask] also knows {question} and
    {options}. `references` and `wrong` name fields with a value or a list; `pattern` takes its first group
    from each reference. `options` names the list of options; then `references` is the place of the right one.
    """
    read = data.read
    text = _tidy(str(read["question"]).format_map(row))
    references = _listed(row[read["references"]])
    values = {**row, "question": text}
    if "options" in read:
        options = row[read["options"]]
        values["options"] = "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))
        references = [LETTERS[int(references[0])]]
    if "pattern" in read:
        references = [re.search(read["pattern"], reference)[1].strip() for reference in references]  # type: ignore[index]
    return Question(
        id=str(row[read["id"]]) if "id" in read else digest(text),
        text=text,
        prompt=str(data.ask["prompt"]).format_map(values),
        references=tuple(references),
        wrong=tuple(_listed(row[read["wrong"]])) if "wrong" in read else (),
        options=str(values["options"]) if "options" in read else "",
    )


def _listed(value: Any) -> list[str]:
    return [
        f"{one:g}" if isinstance(one, float) else str(one) for one in (value if isinstance(value, list) else [value])
    ]


def _tidy(question: str) -> str:
    """Without the quotes that some files keep around and inside from their tables, or the stop of a template twice."""
    text = question.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text.replace('""', '"').replace(".. ", ". ").replace("?. ", "? ").strip()
