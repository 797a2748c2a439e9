"""Logs of lm-evaluation-harness (`--log_samples`): the answers to each question as a SampleSet, with the metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from semuq.errors import InvalidSamples
from semuq.samples.messages import Conversation, noted, question_of
from semuq.samples.sample_set import SampleSet

__all__ = ["harness_samples", "is_harness_record"]

_FIELDS = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps"}


def is_harness_record(record: Mapping[str, Any]) -> bool:
    """Whether a line is one that the harness writes."""
    return record.keys() >= _FIELDS


def harness_samples(record: Mapping[str, Any], question: str | None = None) -> SampleSet:
    """One line of a `samples_TASK_DATE.jsonl`.

    `texts` are the raw answers, as many as the task's `repeats`; `references` are the target; `id` is the `doc_id`.
    `answer` is what the line's filter made of them, where that is one text, and `metadata["correct"]` its first
    metric, where that is in [0, 1]. `metadata["metrics"]` holds all metrics, `metadata["filter"]` the filter.

    Args:
        record: the line.
        question: the field of the task's document that holds the question; None takes the prompt as the model saw it,
            with instructions and examples.

    Raises:
        InvalidSamples: the task compares likelihoods of given options, so that there are no answers; or a malformed
            field.
    """
    asked = _prompt(record) if question is None else record["doc"].get(question)
    if not isinstance(asked, str | Conversation):
        raise InvalidSamples(f"doc: expected a question in {question!r}, got fields {sorted(record['doc'])!r:.80}")
    responses = record["resps"]
    texts = responses[0] if isinstance(responses, list) and len(responses) == 1 else None
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise InvalidSamples(
            f"resps: expected the texts of one request, got {responses!r:.60}; log a task that generates "
            "(output_type: generate_until), not one that compares likelihoods of options"
        )
    metrics = {name: record[name] for name in record.get("metrics") or () if name in record}
    metadata: dict[str, Any] = {"filter": record.get("filter"), "metrics": metrics, **noted(asked)}
    answer = _one_text(record["filtered_resps"])
    first = next(iter(metrics.values()), None)
    if answer is not None and isinstance(first, int | float) and 0 <= first <= 1:
        metadata["correct"] = first
    target = record["target"]
    return SampleSet(
        prompt=question_of(asked),
        texts=tuple(texts),
        answer=answer,
        references=(target,) if isinstance(target, str) else tuple(target),
        id=str(record["doc_id"]),
        metadata=metadata,
    )


def _prompt(record: Mapping[str, Any]) -> str | Conversation:
    """What the model was shown: text, or messages, which the harness writes as JSON, for chat servers in a list."""
    arguments = record["arguments"]
    first = next(iter(arguments.values()), None) if isinstance(arguments, Mapping) else arguments[0]
    shown = first.get("arg_0") if isinstance(first, Mapping) else first[0] if isinstance(first, list) else None
    if isinstance(shown, list) and len(shown) == 1:
        shown = shown[0]
    if not isinstance(shown, str):
        raise InvalidSamples(f"arguments: expected the prompt of a request, got {arguments!r:.60}")
    if shown.startswith('[{"role"'):
        try:
            return Conversation.of(json.loads(shown))
        except ValueError:
            return shown
    return shown


def _one_text(filtered: Any) -> str | None:
    """What the filter made of the answers, where that is one text."""
    while isinstance(filtered, Sequence) and not isinstance(filtered, str) and len(filtered) == 1:
        filtered = filtered[0]
    return filtered if isinstance(filtered, str) else None
