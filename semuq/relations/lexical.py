"""`LexicalSimilarity`: how many words two answers share, and in which order.

A cheap graded edge: no model. ROUGE-L is what Kuhn et al. (2023) compare semantic entropy with ("lexical
similarity"), token F1 is SQuAD's.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import numpy as np
from scipy.spatial.distance import pdist, squareform

from semuq.checks import within
from semuq.errors import InvalidParameter, MissingExtra
from semuq.numerics import FloatArray
from semuq.relations.apart import compare_answers
from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet
from semuq.text import words

__all__ = ["LexicalSimilarity", "Measure"]


Measure = Literal["rouge-l", "jaccard", "token-f1"]

LONGEST = 10_000
"""Words of an answer that are read: the longest common subsequence takes the square of their number."""

CHARACTERS = 100 * LONGEST
"""Characters of an answer that are read for its words."""


@dataclass(frozen=True, kw_only=True)
class LexicalSimilarity:
    r"""The share of words that two answers have in common, in [0, 1].

    Formula. With words a (m of them) and b (k of them) of the normalised answers (see `words`),
        rouge-l   2 LCS(a, b) / (m + k), LCS = length of the longest common subsequence
        token-f1  2 |a & b| / (m + k), words counted as often as they occur
        jaccard   |A & B| / |A | B|, A and B the sets of words

    Args:
        measure: "rouge-l" (F-measure with beta = 1, no stemming), "token-f1" or "jaccard".
        threshold: in [0, 1]; from which similarity on two answers count as the same meaning.

    Raises:
        InvalidParameter: an option is unknown or out of range.
        MissingExtra: rapidfuzz is not installed ("rouge-l" only, on first use).

    Degenerate cases. Two answers without words are alike (1), one without words is unlike any other (0). Of an answer
    of more than 10,000 words (or a million characters) the first are compared, and it is counted in `truncated`.
    Not an equivalence: at a threshold below 1 it need not be transitive.

    Cost. O(u^2) for u distinct answers, in compiled code; no model. "rouge-l" of two of the longest that are read takes
    tenths of a second.

    Example:
        >>> texts = ("It is the Eiffel Tower", "the Eiffel Tower", "Big Ben")
        >>> LexicalSimilarity().compare(SampleSet(prompt="?", texts=texts))[0].entailment.round(3)
        array([[1.   , 0.667, 0.   ],
               [0.667, 1.   , 0.   ],
               [0.   , 0.   , 1.   ]])

    See also: ExactMatch (threshold 1 up to word order), EmbeddingSimilarity (other words, same topic).

    References: Lin, ROUGE, ACL workshop 2004 (ROUGE-L, Eq. 2-4); Rajpurkar et al., SQuAD, EMNLP 2016 (F1);
    Kuhn, Gal, Farquhar, Semantic Uncertainty, ICLR 2023, arXiv:2302.09664 (as a baseline).
    """

    measure: Measure = "rouge-l"
    threshold: float = 0.7

    kind: ClassVar[Kind] = "similarity"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.measure not in get_args(Measure):
            raise InvalidParameter(
                f"LexicalSimilarity.measure: expected one of {get_args(Measure)}, got {self.measure!r}"
            )
        within(self, 0, 1, threshold=self.threshold)

    @property
    def identity(self) -> str:
        """What can change a score: the measure, the threshold, the version of the word rule."""
        return f"lexical/words=2/measure={self.measure}/threshold={float(self.threshold)!r}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question."""
        if self.measure == "rouge-l" and importlib.util.find_spec("rapidfuzz") is None:
            raise MissingExtra("LexicalSimilarity('rouge-l') needs rapidfuzz; pip install 'semuq[lexical]'")
        return compare_answers(self._compare, batch, self.kind)

    def _compare(self, questions: Sequence[SampleSet]) -> list[RelationScores]:
        return [self._compare_one(samples) for samples in questions]

    def _compare_one(self, samples: SampleSet) -> RelationScores:
        distinct, index = np.unique(np.array(samples.texts, dtype=object), return_inverse=True)
        tokens = [words(text[:CHARACTERS]) for text in distinct]
        cut = np.array(
            [len(own) > LONGEST or len(text) > CHARACTERS for own, text in zip(tokens, distinct, strict=True)]
        )
        tokens = [own[:LONGEST] for own in tokens]
        similarity = rouge_l(tokens) if self.measure == "rouge-l" else _overlap(tokens, self.measure)
        scores = RelationScores.from_similarity(similarity[np.ix_(index, index)], threshold=self.threshold)
        return replace(scores, truncated=int(cut[index].sum())) if cut.any() else scores


def rouge_l(tokens: Sequence[Sequence[str]]) -> FloatArray:
    """(u, u) ROUGE-L F-measures of u lists of words.

    Insertions and deletions between two lists are m + k - 2 LCS, so that the normalised indel similarity is
    exactly 2 LCS / (m + k); rapidfuzz computes it over one character per distinct word.
    """
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(word for own in tokens for word in own))}
    # Code points from 0x10000 up are all ordinary characters; more than a million distinct words do not fit.
    coded = ["".join(chr(0x10000 + vocabulary[word]) for word in own) for own in tokens]
    return _without_words(np.asarray(cdist(coded, coded, scorer=Indel.normalized_similarity, dtype=np.float64)), tokens)


def _overlap(tokens: Sequence[Sequence[str]], measure: Measure) -> FloatArray:
    """(u, u): sets of words (Jaccard) or multisets (F1 = 1 - Bray-Curtis distance of the counts)."""
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(word for own in tokens for word in own))}
    counts = np.zeros((len(tokens), max(1, len(vocabulary))))
    for row, own in enumerate(tokens):
        np.add.at(counts[row], [vocabulary[word] for word in own], 1)
    with np.errstate(invalid="ignore"):  # 0 / 0 of two answers without words, set below
        distances = pdist(counts > 0, "jaccard") if measure == "jaccard" else pdist(counts, "braycurtis")
    return _without_words(1 - squareform(distances), tokens)


def _without_words(similarity: FloatArray, tokens: Sequence[Sequence[str]]) -> FloatArray:
    empty = np.array([not own for own in tokens])
    similarity[empty, :] = similarity[:, empty] = 0.0
    similarity[np.ix_(empty, empty)] = 1.0
    return np.clip(similarity, 0.0, 1.0)
