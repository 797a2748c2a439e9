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

from semuq.numerics import FloatArray, IntArray
from semuq.relations.apart import cluster_apart, compare_apart
from semuq.relations.base import ClusteringRelation, Equivalence, Kind, Relation, RelationScores
from semuq.samples import SampleSet, as_batch
from semuq_rl.groups.batch import GroupBatch

__all__ = [
    "Alone",
    "ClusteringAlone",
    "Extract",
    "Unparsable",
    "answer_samples",
    "extract_boxed",
    "last_boxed",
    "set_apart",
    "whole_text",
]


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
    boxed = _last_closed(text)
    if boxed is not None:
        return boxed.strip() or None
    head, opened, tail = text.rpartition("<answer>")
    if opened and "</answer>" in tail:
        return tail.partition("</answer>")[0].strip() or None
    return extract_boxed(head) if opened else None


def last_boxed(text: str) -> str | None:
    r"""The content of the last closed \boxed{}, else None.

    >>> last_boxed(r"so \boxed{1}, no, \boxed{\frac{1}{2}}."), last_boxed("<answer> 7 </answer>")
    ('\\frac{1}{2}', None)
    """
    content = _last_closed(text)
    return None if content is None else content.strip() or None


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A relation under which unparsable rollouts contradict everything, and else as `relation` says.

    `relation` never sees them, so they cost nothing.
    """

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
        return compare_apart(self.relation.compare, questions, [_classes(samples) for samples in questions], self.kind)


class ClusteringAlone(Alone):
    """The same over a relation that clusters for less than the price of every pair."""

    relation: ClusteringRelation

    def cluster(
        self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict"
    ) -> list[NDArray[np.int64]]:
        """(n,) ids per question, numbered by first appearance."""
        questions = as_batch(batch)
        return cluster_apart(self.relation, questions, [_classes(samples) for samples in questions], equivalence)


def set_apart(relation: Relation, batch: Sequence[SampleSet]) -> Relation:
    """The relation itself if all of the batch could be parsed, else one that keeps the others apart."""
    if not any(samples.metadata.get(_ALONE) for samples in batch):
        return relation
    return ClusteringAlone(relation=relation) if isinstance(relation, ClusteringRelation) else Alone(relation=relation)


def answer_samples(
    batch: GroupBatch,
    prompt: int,
    extract: Extract,
    unparsable: Unparsable = "alone",
    *,
    logprobs: bool = True,
    entropies: bool = True,
) -> tuple[SampleSet | None, NDArray[np.int64]]:
    """The answers of one group as a SampleSet, and the places in the group they stand at.

    Log-probs and entropies, if wanted and there, are those of the whole rollouts; a rollout without
    tokens (trainers mask truncated ones) has none, and is left out then. None in place of a
    SampleSet if no rollout has an answer.
    """
    token_logprobs = batch.logprobs if logprobs else None
    token_entropies = batch.entropies if entropies else None
    places = batch.rollouts(prompt)
    if batch.token_mask is not None and not (token_logprobs is None and token_entropies is None):
        places = places[batch.token_mask[prompt, places].any(axis=1)]
    answers = [extract(batch.texts[prompt][g]) for g in places]
    if all(answer is None for answer in answers):
        return None, places
    if unparsable == "drop":
        kept = [index for index, answer in enumerate(answers) if answer is not None]
        places, answers = places[kept], [answers[index] for index in kept]
    missing = tuple(index for index, answer in enumerate(answers) if answer is None)
    samples = SampleSet(
        prompt=batch.prompts[prompt],
        texts=tuple(
            f"(no answer, rollout {g})" if answer is None else answer for g, answer in zip(places, answers, strict=True)
        ),
        token_logprobs=_ragged(token_logprobs, batch, prompt, places),
        token_entropies=_ragged(token_entropies, batch, prompt, places),
        metadata={_ALONE: missing},
    )
    return samples, places


def _ragged(
    values: FloatArray | None, batch: GroupBatch, prompt: int, places: NDArray[np.int64]
) -> tuple[FloatArray, ...] | None:
    if values is None or batch.token_mask is None:
        return None
    return tuple(values[prompt, g][batch.token_mask[prompt, g]] for g in places)


def _last_closed(text: str) -> str | None:
    start = text.rfind("\\boxed{")
    while start >= 0:
        content = _closed(text, start + len("\\boxed{"))
        if content is not None:
            return content
        start = text.rfind("\\boxed{", 0, start)
    return None


def _closed(text: str, start: int) -> str | None:
    depth = 1
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    return None


def _classes(samples: SampleSet) -> IntArray:
    """(n,) for every unparsable rollout a class of its own, -1 for answers."""
    classes = np.full(len(samples), -1, dtype=np.int64)
    for number, place in enumerate(samples.metadata.get(_ALONE, ())):
        classes[place] = number
    return classes
