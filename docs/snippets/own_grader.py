from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semuq.grading import Grader


@dataclass(frozen=True, kw_only=True)
class FirstLetter(Grader):
    """An answer is right if it begins as one of the gold answers does."""

    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> np.ndarray:
        return np.array([float(any(answer[:1] == gold[:1] for gold in golden)) for _, answer, golden in cases])


assert FirstLetter().grade("Capital of France?", "Paname", ["Paris"]) == 1.0
