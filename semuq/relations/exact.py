"""`ExactMatch`: two answers are the same if their normalised texts are.

The cheapest edge of the semantic graph: no model, no forward pass. SEED-GRPO clusters this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.relations.apart import compare_answers
from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet, as_batch
from semuq.text import normalise_answer

__all__ = ["ExactMatch"]


@dataclass(frozen=True, kw_only=True)
class ExactMatch:
    """Same text, same meaning.

    Args:
        normalise: compare in lower case without punctuation, articles and extra space, as SQuAD's
            grader does; False compares the texts as they are.

    Degenerate cases. Answers that give none (empty, "I don't know") are one class of their own; not so with
    `normalise=False`. One that normalises to nothing else ("the") equals only its like.

    Cost. No forward pass; O(n) per question.

    Example:
        >>> batch = [SampleSet(prompt="Capital of France?", texts=("Paris", "paris.", "Lyon"))]
        >>> ExactMatch().compare(batch)[0].entailment
        array([[1., 1., 0.],
               [1., 1., 0.],
               [0., 0., 1.]])
    """

    normalise: bool = True

    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True

    @property
    def identity(self) -> str:
        """What can change a score: the normalisation."""
        return f"exact/normalise={self.normalise}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question."""
        if not self.normalise:
            return self._compare(as_batch(batch))
        return compare_answers(self._compare, batch, self.kind)

    def _compare(self, questions: Sequence[SampleSet]) -> list[RelationScores]:
        return [self._compare_one(samples) for samples in questions]

    def _compare_one(self, samples: SampleSet) -> RelationScores:
        keys = [normalise_answer(text) if self.normalise else text for text in samples.texts]
        _, ids = np.unique(keys, return_inverse=True)
        return RelationScores.from_equivalence(ids[:, None] == ids[None, :])
