"""Where sampled answers are kept: a JSONL file that only grows while sampling, a small .xz file in the repository.

A killed run loses the questions it was asking and nothing else: what is in either file is not asked again.
Each line is a SampleSet with the greedy answer in its metadata; log-probs are rounded to 4 decimals.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import lzma
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.questions import Question
from semuq.samples import SampleSet
from semuq.sampling.claims import Splitter, with_claims
from semuq.text import sentences

DIGITS = 4

Record = dict[str, Any]


def record(question: Question, sampled: SampleSet, greedy: SampleSet) -> Record:
    """One line: the ten answers and the greedy one."""
    kept: Record = {"id": question.id, "prompt": question.prompt, **_answers(sampled, slice(None))}
    kept["metadata"] = {"truncated": _truncated(sampled), "greedy": _answers(greedy, slice(0, 1))}
    kept["metadata"]["greedy"]["truncated"] = _truncated(greedy)
    return kept


def append(path: Path, records: Iterable[Record]) -> None:
    """Add lines, in place of a last one that a kill cut short, and leave only when they are on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(len(_whole(path.read_bytes())))
        file.write("".join(map(_line, records)).encode())
        file.flush()
        os.fsync(file.fileno())


def read_growing(path: Path) -> dict[str, Record]:
    """The records of a growing file by id, but for a last line that is not whole."""
    if not path.is_file():
        return {}
    return _records(_whole(path.read_bytes()))


def read_packed(path: Path) -> dict[str, Record]:
    """The records of a packed file by id; none where there is no file."""
    if not path.is_file():
        return {}
    return _records(lzma.decompress(path.read_bytes()))


def pack(path: Path, records: Iterable[Record]) -> None:
    """Write records as .xz: beside its place first, then renamed, so that no half file is ever there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = lzma.compress("".join(map(_line, records)).encode(), preset=9 | lzma.PRESET_EXTREME)
    fresh = path.with_name(f"{path.name}.tmp")
    fresh.write_bytes(data)
    fresh.replace(path)


def answered(questions: Sequence[Question], records: Mapping[str, Record]) -> list[tuple[Question, Record]]:
    """The questions with their answers, in order; answers to a prompt that has changed do not count."""
    return [
        (question, records[question.id])
        for question in questions
        if question.id in records and records[question.id]["prompt"] == question.prompt
    ]


def pack_grown(path: Path, growing: Path) -> None:
    """Add what a growing file holds to a packed one, which is left alone where that is nothing new."""
    grown, kept = read_growing(growing), read_packed(path)
    if grown and (merged := {**kept, **grown}) != kept:
        pack(path, merged.values())


def digest(record: Record) -> str:
    """Names the answers that something was made from."""
    return hashlib.sha256(json.dumps([record["prompt"], record["texts"]]).encode()).hexdigest()[:16]


def made_from(record: Record, known: Mapping[str, Record]) -> bool:
    """Whether something is known of a question that was made from its answers as they are now."""
    return record["id"] in known and known[record["id"]]["answers"] == digest(record)


def sample_set(question: Question, record: Record, split: Splitter = sentences) -> SampleSet:
    """The sampled answers as estimators see them: beside the question alone, with the answer that is judged, and with
    the claims that `split` finds."""
    greedy = record["metadata"]["greedy"]
    own = dataclasses.replace(
        SampleSet.from_dict(record),
        prompt=question.text,
        references=question.references,
        answer=greedy["texts"][0],
        answer_logprobs=greedy["token_logprobs"][0] if "token_logprobs" in greedy else None,
    )
    return with_claims(own, split)


def greedy_set(question: Question, record: Record) -> SampleSet:
    """The greedy answer as a SampleSet of one."""
    own = {name: value for name, value in record["metadata"]["greedy"].items() if name != "truncated"}
    return SampleSet(prompt=question.text, id=question.id, references=question.references, **own)


def _answers(samples: SampleSet, which: slice) -> Record:
    found: Record = {"texts": list(samples.texts[which])}
    if samples.token_logprobs is not None:
        found["token_logprobs"] = [
            [round(value, DIGITS) + 0.0 for value in own.tolist()] for own in samples.token_logprobs[which]
        ]
    return found


def _truncated(samples: SampleSet) -> list[bool]:
    return list(samples.metadata.get("truncated", [False] * len(samples)))


def _records(raw: bytes) -> dict[str, Record]:
    """By id. Lines end in \\n alone: answers may hold other signs that Python takes for the end of a line."""
    return {one["id"]: one for one in map(json.loads, raw.decode().split("\n")[:-1])}


def _whole(raw: bytes) -> bytes:
    """Up to the end of the last line that has one."""
    return raw[: raw.rfind(b"\n") + 1]


def _line(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
