"""The grader of multiple choice: which letter does the answer name?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples
from semuq.grading.base import FloatArray, Grader

__all__ = ["MultipleChoiceLetter", "chosen_letter"]


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

    letters: str = "ABCDEFGHIJ"

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


def chosen_letter(answer: str, letters: str = "ABCDEFGHIJ") -> str | None:
    r"""The letter an answer names, or None: the first of these rules that finds one.

    1. `\boxed{B}`, the last one.
    2. "answer is B", "answer: (B)", "option B", "choice B", the last one.
    3. Several different letters in brackets: None.
    4. The answer begins with the letter: "B", "b", "B. dog", "(B) dog", "**B**".
    5. The only letter that stands in brackets anywhere: "... so it is (B)".
    A letter that is a word ("A dog") counts only where a bracket, stop, colon or the end follows it.

    Examples:
        >>> [chosen_letter(text) for text in ("b", "(C) 42", "A dog", "I'd say the answer is D.", "(A) or (B)")]
        ['B', 'C', None, 'D', None]
    """
    one = f"[{letters}]"
    bare = answer.replace("*", "").replace("_", "").strip()
    if found := re.findall(rf"\\boxed\s*{{\s*(?:\\text\s*{{)?\s*\(?({one})\b", bare):
        return str(found[-1])
    end = r"(?=\s*(?:[).:,;\]]|$|\n))"
    if found := re.findall(rf"(?i:answer|option|choice)(?i:\s+is|\s*:|\s*=)?\s*:?\s*[(\[]?({one}){end}", bare):
        return str(found[-1])
    bracketed = set(re.findall(rf"\(({one})\)", bare))
    if len(bracketed) > 1:
        return None
    if first := re.match(rf"[(\[]?({one}|(?i:{one})(?=\W*$)){end}", bare):
        return first[1].upper()
    return bracketed.pop() if bracketed else None
