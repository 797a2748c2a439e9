"""Answers from a file, whatever wrote it: JSONL, tables in CSV, logs of Inspect, logs of lm-evaluation-harness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from semuq.errors import InvalidSamples
from semuq.samples.foreign import written_by
from semuq.samples.harness_logs import harness_samples, is_harness_record
from semuq.samples.inspect_logs import is_inspect_log, read_inspect
from semuq.samples.jsonl import Fields, OnError, read_records
from semuq.samples.sample_set import SampleSet

__all__ = ["read_answers"]


def read_answers(
    path: str | Path, *, prompt_field: str = "prompt", texts_field: str = "texts", on_error: OnError | None = None
) -> Iterator[tuple[str, SampleSet]]:
    """(where, samples) of each question of a file, lazily.

    Args:
        path: a file as `read_samples` takes it, a log of Inspect (`.eval`, `.json`), or the samples that
            lm-evaluation-harness logs. It is told by what stands in it.
        prompt_field, texts_field: as `read_samples`; of the harness the field of its documents that holds the question,
            where the prompt that the model saw is too long to compare by.
        on_error: called with the error of each question that cannot be read, which is then left out; None raises it.

    The harness writes a line for each filter of a task: those of the first filter in the file are read, since the
    answers behind them are the same.

    Raises:
        InvalidSamples: a question cannot be read; the message says where it stands.
        MissingExtra: as `read_inspect`.
    """
    if is_inspect_log(path):
        for samples in read_inspect(path, on_error=on_error):
            yield f"{path}, sample {samples.id}", samples
        return
    fields = Fields(prompt_field, texts_field)
    kept, question = None, None if prompt_field == Fields().prompt else prompt_field
    for number, record in read_records(path, fields=fields, on_error=on_error):
        where, logged = f"{path}, line {number}", is_harness_record(record)
        if logged:
            made_by = str(record.get("filter"))
            kept = kept or made_by
            if made_by != kept:
                continue
        try:
            if logged:
                with written_by("lm-evaluation-harness"):
                    samples = harness_samples(record, question)
            else:
                samples = fields.samples(record)
        except InvalidSamples as error:
            located = InvalidSamples(f"{where}: {error}")
            if on_error is None:
                raise located from error
            on_error(located)
            continue
        yield where, samples
