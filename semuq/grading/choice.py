"""The grader of multiple choice: which letter does the answer name?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples
from semuq.grading.base import Grader
from semuq.numerics import FloatArray
from semuq.relations.letters import LETTERS, chosen_letter

__all__ = ["MultipleChoiceLetter"]


@dataclass(frozen=True, kw_only=True)
class MultipleChoiceLetter(Grader):
    """1 if the letter the answer names is the gold letter; 0 if it is another, or none can be made out.

    Args:
        letters: the letters there are to choose from.

    Raises (on grading):
        InvalidSamples: a gold answer does not name one of the letters.

    Example:
        >>> MultipleChoiceLetter().grade("Which? A. cat B. dog", "The answer is (B) dog.", ["B"])
        1.0
    """

    letters: str = LETTERS

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{2,}", self.letters) or len(set(self.letters)) < len(self.letters):
            raise InvalidParameter(
                f"MultipleChoiceLetter.letters: expected distinct capitals such as 'ABCD', got {self.letters!r}"
            )

    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> FloatArray:
        grades = []
        for index, (_, answer, golden) in enumerate(cases):
            wanted = [chosen_letter(gold, self.letters) for gold in golden]
            if None in wanted:
                bad = golden[wanted.index(None)]
                raise InvalidSamples(f"references[{index}]: expected a letter of {self.letters!r}, got {bad!r:.60}")
            grades.append(float(chosen_letter(answer, self.letters) in wanted))
        return np.array(grades, dtype=np.float64)
