"""`ChoiceMatch`: two answers to a multiple-choice question are the same if they name the same option."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.errors import InvalidParameter
from semuq.markup import bare
from semuq.relations.apart import compare_answers
from semuq.relations.base import Kind, RelationScores
from semuq.relations.letters import LETTERS, chosen_letters
from semuq.samples import SampleSet
from semuq.text import normalise_answer

__all__ = ["ChoiceMatch", "options_of"]

RULES = "2"
"""Part of the identity: raised whenever a rule for reading letters changes."""

_OPTION = re.compile(r"^\s*[(\[]?([A-Z])[).\]:]\s+(\S.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class ChoiceMatch:
    """Same option, same meaning.

    An answer stands for the letters that it names (`chosen_letters`), or else for the option in the question whose
    words
    are the answer's; an answer that is neither equals its like after normalisation. "A and C" is an option of its own.

    Args:
        letters: the letters there are to choose from; None takes those of the options in the question ("A. cat", one to
            a line), or A to J where it lists none.

    Degenerate cases. Empty answers equal each other. An answer that names no option never equals one that does.

    Cost. No forward pass; O(n) per question.

    Example:
        >>> prompt = "Which one barks?" + chr(10) + "A. the cat" + chr(10) + "B. the dog"
        >>> batch = [SampleSet(prompt=prompt, texts=("B", "The answer is (B).", "The dog.", "I'd pick A."))]
        >>> ChoiceMatch().compare(batch)[0].entailment.astype(int).tolist()
        [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]]
    """

    letters: str | None = None

    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        own = self.letters
        if own is not None and (not re.fullmatch(r"[A-Z]{2,}", own) or len(set(own)) < len(own)):
            raise InvalidParameter(
                f"ChoiceMatch.letters: expected None or distinct capitals such as 'ABCD', got {own!r}"
            )

    @property
    def identity(self) -> str:
        """What can change a score: the rules and the letters."""
        return f"choice/rules={RULES}/letters={self.letters or 'question'}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question; `undecided` counts the pairs of unlike answers of which one names no
        option."""
        return compare_answers(self._compare, batch, self.kind)

    def _compare(self, questions: Sequence[SampleSet]) -> list[RelationScores]:
        return [self._compare_one(samples) for samples in questions]

    def _compare_one(self, samples: SampleSet) -> RelationScores:
        options = options_of(samples.prompt)
        letters = self.letters or "".join(sorted(options)) or LETTERS
        keys = [_key(text, letters, options) for text in samples.texts]
        same = np.array([[a == b for b in keys] for a in keys])
        distinct = set(keys)
        unread = sum(isinstance(key, str) for key in distinct)
        return RelationScores.from_equivalence(
            same, undecided=unread * (len(distinct) - 1) - unread * (unread - 1) // 2
        )


def options_of(prompt: str) -> dict[str, str]:
    """The options that a question lists, one to a line: letter -> normalised words; empty if there are fewer than two.

    >>> options_of("Which?" + chr(10) + "A) cat" + chr(10) + "B) the dog")
    {'A': 'cat', 'B': 'dog'}
    """
    found: dict[str, str] = {}
    for letter, words in _OPTION.findall(prompt):
        if letter == chr(ord("A") + len(found)):
            found[letter] = normalise_answer(words)
    return found if len(found) > 1 else {}


def _key(text: str, letters: str, options: dict[str, str]) -> frozenset[str] | str:
    if found := chosen_letters(text, letters):
        return found
    words = normalise_answer(bare(text))
    named = frozenset(letter for letter, option in options.items() if option == words)
    return named if len(named) == 1 else words
