"""`Grader`: is an answer right, given the gold answers? What metrics are measured against.

A grader is a frozen dataclass that says how right one answer is: 1 right, 0 wrong, between for graders
that give part credit. Gold answers (`references`) are read here and never by an estimator.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from semuq.errors import InvalidSamples
from semuq.numerics import FloatArray
from semuq.samples import SampleSet, as_batch

__all__ = ["Grader"]


class Grader(ABC):
    """An answer and its gold answers in, a number in [0, 1] out; the best-matching gold answer counts."""

    def grade(self, prompt: str, answer: str, references: Sequence[str]) -> float:
        """How right one answer is.

        Args:
            prompt: the question.
            answer: what the model said; may be empty.
            references: at least one gold answer; aliases of one another.

        Returns: in [0, 1]; NaN only where a grader says so (a judge without a verdict).

        Raises:
            InvalidSamples: there is no gold answer, or something is not text.
        """
        return float(self.grade_batch([prompt], [answer], [references])[0])

    def grade_batch(
        self, prompts: Sequence[str], answers: Sequence[str], references: Sequence[Sequence[str]]
    ) -> FloatArray:
        """(n,) grades of n answers, each with its own prompt and gold answers; batch = singles.

        Raises:
            InvalidSamples: as `grade`, naming the position, or lengths differ.
        """
        _check_lengths(prompts, answers, references)
        cases = [
            (_text("prompts", i, prompt), _text("answers", i, answer), _golden(i, golden))
            for i, (prompt, answer, golden) in enumerate(zip(prompts, answers, references, strict=True))
        ]
        return self._grade_cases(cases)

    def grade_samples(self, batch: SampleSet | Sequence[SampleSet]) -> list[FloatArray]:
        """The grades of every answer of every question, by the question's own `references`."""
        samples = as_batch(batch)
        flat = self.grade_batch(
            [one.prompt for one in samples for _ in one],
            [text for one in samples for text in one],
            [one.references for one in samples for _ in one],
        )
        return np.split(flat, np.cumsum([len(one) for one in samples])[:-1]) if samples else []

    @abstractmethod
    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> FloatArray:
        """(n,) grades of checked (prompt, answer, gold answers)."""


class _Pairwise(Grader):
    """A grader that compares an answer with one gold answer at a time, without the question."""

    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> FloatArray:
        return np.array([max(self._match(answer, gold) for gold in golden) for _, answer, golden in cases], dtype=float)

    @abstractmethod
    def _match(self, answer: str, gold: str) -> float:
        """How right an answer is by one gold answer."""


def _check_lengths(prompts: Sequence[Any], answers: Sequence[Any], references: Sequence[Any]) -> None:
    for name, values in (("prompts", prompts), ("answers", answers), ("references", references)):
        if isinstance(values, str | bytes):
            raise InvalidSamples(f"{name}: expected a list, got {type(values).__name__}; use `grade` for one answer")
    if not len(prompts) == len(answers) == len(references):
        raise InvalidSamples(
            f"answers: expected a prompt and a list of references for each, got {len(prompts)} prompts, "
            f"{len(answers)} answers, {len(references)} lists of references"
        )


def _text(name: str, index: int, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidSamples(f"{name}[{index}]: expected str, got {type(value).__name__}; pass the text")
    return value


def _golden(index: int, references: Any) -> tuple[str, ...]:
    if isinstance(references, str | bytes) or not isinstance(references, Sequence):
        raise InvalidSamples(
            f"references[{index}]: expected a list of gold answers, got {type(references).__name__}; wrap it in a list"
        )
    if not references:
        raise InvalidSamples(
            f"references[{index}]: expected at least one gold answer, got none; leave this question out"
        )
    return tuple(_text(f"references[{index}]", i, value) for i, value in enumerate(references))
