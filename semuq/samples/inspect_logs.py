"""Logs of Inspect (`.json` or `.eval`): their samples as they stand, and the answers to each question as a SampleSet.

An epoch is one answer, or several where Inspect asked for `num_choices`. Inspect is not imported.
"""

from __future__ import annotations

import importlib.util
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from semuq.errors import InvalidSamples, MissingExtra
from semuq.samples.answers import answer_fields
from semuq.samples.foreign import written_by
from semuq.samples.grades import as_grade
from semuq.samples.messages import Conversation, noted, question_of
from semuq.samples.replies import read_choices
from semuq.samples.sample_set import SampleSet

__all__ = ["inspect_samples", "is_inspect_log", "read_inspect"]

ZSTANDARD = 93
"""The compression of newer `.eval` files, which Python reads by itself from 3.14 on."""

GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""What Inspect's words for grades are worth, as its own `value_to_float` has it: correct, partial, incorrect, none."""

_REASONS = {"max_tokens": "length", "model_length": "length"}
_BEGINS = re.compile(rb'\s*\{\s*"version":\s*\d+,\s*"status":')
_ATTACHED = "attachment://"


def is_inspect_log(path: str | Path) -> bool:
    """Whether a file begins as a log of Inspect does."""
    path = Path(path)
    if not path.is_file():
        return False
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(_of_sample(name) for name in archive.namelist())
    with path.open("rb") as file:
        return _BEGINS.match(file.read(256)) is not None


def read_inspect(path: str | Path, *, on_error: Callable[[InvalidSamples], None] | None = None) -> Iterator[SampleSet]:
    """The questions of a log, in order, each with the answers of all its epochs; lazily from an `.eval` file.

    Log-probs are there where Inspect was asked for them (`logprobs`) and every answer has them, token entropies with
    `top_logprobs`. `references` are the target, `id` is the sample's. Where there is a score for each answer,
    `metadata["grades"]` holds them, 1 for right, by scorer; `semuq fit` learns from the first scorer's.

    Args:
        path: as Inspect wrote it.
        on_error: called with the error of each question that cannot be read, which is then left out; None raises it.

    Raises:
        InvalidSamples: the file is no such log; a question has no answers.
        MissingExtra: an `.eval` file is compressed by zstandard, and neither Python nor a package can read that.
    """
    for name, epochs in groupby(inspect_samples(path), key=lambda sample: str(sample.get("id"))):
        try:
            with written_by("Inspect"):
                made = _question(name, list(epochs))
        except InvalidSamples as error:
            located = InvalidSamples(f"{path}, sample {name}: {error}")
            if on_error is None:
                raise located from error
            on_error(located)
            continue
        yield made


def inspect_samples(path: str | Path) -> Iterator[Mapping[str, Any]]:
    """The samples of a log, the epochs of one behind each other, with what Inspect stores apart put in its place.

    Raises:
        InvalidSamples, MissingExtra: as `read_inspect`.
    """
    path = Path(path)
    try:
        if zipfile.is_zipfile(path):
            yield from _of_archive(path)
            return
        record = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidSamples(f"{path}: expected a log of Inspect (.json or .eval), got {error}") from error
    if not isinstance(record, Mapping) or not isinstance(record.get("samples"), list):
        raise InvalidSamples(f"{path}: expected a log of Inspect with 'samples', got {str(record)[:60]!r}")
    with written_by("Inspect", f"{path}: "):
        grouped = _grouped(record["samples"], lambda own: (str(own.get("id")), int(own.get("epoch", 1))))
    for sample in grouped:
        yield _whole(sample)


def _of_archive(path: Path) -> Iterator[Mapping[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        named = {info: found for info in archive.infolist() if (found := _of_sample(info.filename))}
        for info in _grouped(named, lambda own: (named[own][1], int(named[own][2]))):
            with written_by("Inspect", f"{path}, {info.filename}: "):
                sample = _whole(json.loads(_content(archive, path, info)))
            yield sample


def _grouped(items: Iterable[Any], key: Callable[[Any], tuple[str, int]]) -> list[Any]:
    """The items with those of one sample together, samples in the order in which they first come, epochs in theirs."""
    listed = list(items)
    places: dict[str, int] = {}
    for item in listed:
        places.setdefault(key(item)[0], len(places))
    return sorted(listed, key=lambda item: (places[key(item)[0]], key(item)[1]))


def _of_sample(name: str) -> re.Match[str] | None:
    return re.fullmatch(r"samples/(.*)_epoch_(\d+)\.json", name)


def _content(archive: zipfile.ZipFile, path: Path, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type != ZSTANDARD or hasattr(zipfile, "ZIP_ZSTANDARD"):
        return archive.read(info)
    if importlib.util.find_spec("zstandard") is None:
        raise MissingExtra(
            f"{path}: compressed by zstandard, which needs a package: pip install 'semuq[inspect]'; "
            "or write the log as JSON (--log-format json)"
        )
    import zstandard

    with path.open("rb") as file:
        file.seek(info.header_offset)
        head = file.read(30)  # of a local file header, whose last two numbers are lengths of what follows it
        file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), io.SEEK_CUR)
        packed = io.BytesIO(file.read(info.compress_size))
    content: bytes = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True).read()
    return content


def _whole(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """A sample with its long texts where they belong."""
    attachments = sample.get("attachments")
    found: Mapping[str, Any] = _attached(sample, attachments if isinstance(attachments, Mapping) else {})
    return found


def _attached(value: Any, attachments: Mapping[str, str]) -> Any:
    """The value with long texts, which Inspect stores once beside a sample, where they belong."""
    if isinstance(value, str):
        return attachments.get(value.removeprefix(_ATTACHED), value) if value.startswith(_ATTACHED) else value
    if isinstance(value, dict):
        return {name: own if name == "attachments" else _attached(own, attachments) for name, own in value.items()}
    return [_attached(own, attachments) for own in value] if isinstance(value, list) else value


def _question(name: str, epochs: list[Mapping[str, Any]]) -> SampleSet:
    choices = [_choices(epoch) for epoch in epochs]
    answers = [answer for own in choices for answer in read_choices({"choices": own})]
    if not answers:
        errors = [(own.get("error") or {}).get("message") for own in epochs]
        raise InvalidSamples(f"expected answers, got none ({next(filter(None, errors), 'no output')!s:.200})")
    fields = answer_fields(answers)
    asked = epochs[0].get("input")
    prompt = asked if isinstance(asked, str) else Conversation.of(asked or (), "input")
    target = epochs[0].get("target") or ()
    metadata = {**fields.pop("metadata"), **noted(prompt)}
    if model := (epochs[0].get("output") or {}).get("model"):
        metadata["model"] = model
    answered = [epoch for epoch, own in zip(epochs, choices, strict=True) if own]
    if len(answered) == len(answers):  # Inspect grades an epoch, which is its first choice
        metadata |= _grades([epoch.get("scores") or {} for epoch in answered])
    return SampleSet(
        prompt=question_of(prompt),
        **fields,
        references=(target,) if isinstance(target, str) else tuple(target),
        id=name,
        metadata=metadata,
    )


def _choices(epoch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices of an epoch in the form of a server's reply."""
    choices = (epoch.get("output") or {}).get("choices") or []
    return [{**own, "finish_reason": _REASONS.get(own.get("stop_reason"), own.get("stop_reason"))} for own in choices]


def _grades(scores: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What the metadata hold of the scores of each answer: those of scorers that graded every answer."""
    grades = {name: [_grade((own.get(name) or {}).get("value")) for own in scores] for name in scores[0]}
    complete = {name: own for name, own in grades.items() if None not in own}
    return {"grades": complete} if complete else {}


def _grade(value: Any) -> float | None:
    if isinstance(value, str):
        return GRADES.get(value, GRADES.get(value.lower()))
    return as_grade(value)
