"""`ExactMatch`: two answers are the same if their normalised texts are.

The cheapest edge of the semantic graph: no model, no forward pass. SEED-GRPO clusters this way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet, as_batch

__all__ = ["ExactMatch", "normalise_answer"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
# Group 1 is dropped. What carries a value is matched first and stays: -5 is not 5, nor 4.5 the same as 45.
_PUNCTUATION = re.compile(
    r"""(?<=\d)[.,/:](?=\d) | (?<![\w)])-(?=\.?\d) | ([.,;:!?'"()\[\]{}…“”‘’«»`_/\\|~–—-])""", re.VERBOSE
)


@dataclass(frozen=True, kw_only=True)
class ExactMatch:
    """Same text, same meaning.

    Args:
        normalise: compare in lower case without punctuation, articles and extra space, as SQuAD's
            grader does; False compares the texts as they are.

    Degenerate cases. An answer that normalises to nothing ("", "the", "?!") equals only its like.

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
        return [self._compare_one(samples) for samples in as_batch(batch)]

    def _compare_one(self, samples: SampleSet) -> RelationScores:
        keys = [normalise_answer(text) if self.normalise else text for text in samples.texts]
        _, ids = np.unique(keys, return_inverse=True)
        return RelationScores.from_equivalence(ids[:, None] == ids[None, :])


def normalise_answer(text: str) -> str:
    """Lower case, NFKC, without sentence punctuation, English articles and repeated space.

    >>> normalise_answer("The  Beatles!"), normalise_answer("-4.5 %"), normalise_answer("A")
    ('beatles', '-4.5 %', 'a')
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _PUNCTUATION.sub(lambda match: " " if match[1] else match[0], text)
    without_articles = " ".join(_ARTICLES.sub(" ", text).split())
    return without_articles or " ".join(text.split())
