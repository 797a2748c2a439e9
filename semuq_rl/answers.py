"""From rollouts to answers: what a rollout says in the end, and groups of answers as SampleSets.

A rollout is a page of reasoning; what signals and label-free rewards compare is the answer at its
end. A rollout without one is not equal to anything, not even to another without one: `Alone` keeps
such rollouts apart under every relation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from semuq.relations.base import Kind, Relation, RelationScores
from semuq.samples import SampleSet, as_batch
from semuq_rl.groups import GroupBatch

__all__ = ["Alone", "Extract", "Unparsable", "answer_samples", "extract_boxed", "whole_text"]

Extract = Callable[[str], str | None]
"""A rollout's text -> its answer, or None if it has none."""

Unparsable = Literal["alone", "drop"]

_ALONE = "unparsable"


def whole_text(text: str) -> str | None:
    """The rollout itself as its answer, None if it is blank."""
    return text.strip() or None


def extract_boxed(text: str) -> str | None:
    r"""The content of the last \boxed{}, else of the last <answer></answer>, else None.

    Braces nest; an unclosed box is none. This is the rule of SEED-GRPO's released code.

    >>> extract_boxed(r"so \boxed{1}, no, \boxed{\frac{1}{2}}."), extract_boxed("<answer> 7 </answer>")
    ('\\frac{1}{2}', '7')
    >>> extract_boxed("I do not know") is None
    True
    """
    start = text.rfind("\\boxed{")
    while start >= 0:
        content = _closed(text, start + len("\\boxed{"))
        if content is not None:
            return content.strip() or None
        start = text.rfind("\\boxed{", 0, start)
    head, opened, tail = text.rpartition("<answer>")
    if opened and "</answer>" in tail:
        return tail.partition("</answer>")[0].strip() or None
    return extract_boxed(head) if opened else None


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A relation under which unparsable rollouts contradict everything, and else as `relation` says."""

    relation: Relation

    @property
    def kind(self) -> Kind:
        """As the relation's."""
        return self.relation.kind

    @property
    def symmetric(self) -> bool:
        """As the relation's."""
        return self.relation.symmetric

    @property
    def identity(self) -> str:
        """Also says that unparsable rollouts stand alone."""
        return f"{self.relation.identity}/unparsable=alone"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question; one pass of the relation."""
        questions = as_batch(batch)
        return [
            _set_apart(scores, samples.metadata.get(_ALONE, ()))
            for scores, samples in zip(self.relation.compare(questions), questions, strict=True)
        ]


def answer_samples(
    batch: GroupBatch, prompt: int, extract: Extract, unparsable: Unparsable = "alone"
) -> tuple[SampleSet | None, NDArray[np.int64]]:
    """The answers of one group as a SampleSet, and the places in the group they stand at.

    The log-probs are those of the whole rollouts. None in place of a SampleSet if no rollout has an
    answer.
    """
    places = batch.rollouts(prompt)
    answers = [extract(batch.texts[prompt][g]) for g in places]
    if all(answer is None for answer in answers):
        return None, places
    if unparsable == "drop":
        kept = [index for index, answer in enumerate(answers) if answer is not None]
        places, answers = places[kept], [answers[index] for index in kept]
    logprobs = None
    if batch.logprobs is not None and batch.token_mask is not None:
        logprobs = tuple(batch.logprobs[prompt, g][batch.token_mask[prompt, g]] for g in places)
    missing = tuple(index for index, answer in enumerate(answers) if answer is None)
    samples = SampleSet(
        prompt=batch.prompts[prompt],
        texts=tuple(
            f"(no answer, rollout {g})" if answer is None else answer for g, answer in zip(places, answers, strict=True)
        ),
        token_logprobs=logprobs,
        metadata={_ALONE: missing},
    )
    return samples, places


def _closed(text: str, start: int) -> str | None:
    depth = 1
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    return None


def _set_apart(scores: RelationScores, alone: Sequence[int]) -> RelationScores:
    if not alone:
        return scores
    entailment, neutral, contradiction = (
        matrix.copy() for matrix in (scores.entailment, scores.neutral, scores.contradiction)
    )
    for index in alone:
        for matrix, value in ((entailment, 0.0), (neutral, 0.0), (contradiction, 1.0)):
            matrix[index, :] = matrix[:, index] = value
        entailment[index, index], contradiction[index, index] = 1.0, 0.0
    return RelationScores(
        kind=scores.kind,
        entailment=entailment,
        neutral=neutral,
        contradiction=contradiction,
        threshold=scores.threshold,
        undecided=scores.undecided,
    )
