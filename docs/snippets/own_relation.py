from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq import RelationScores, SampleSet
from semuq.samples import as_batch
from semuq.testing import check_relation


@dataclass(frozen=True, kw_only=True)
class SameLength:
    """Two answers are the same if they are equally long, to the next `step` characters."""

    step: int = 10

    kind: ClassVar = "equivalence"
    symmetric: ClassVar[bool] = True

    @property
    def identity(self) -> str:
        return f"same length/step={self.step}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        lengths = [np.array([len(text) // self.step for text in samples.texts]) for samples in as_batch(batch)]
        return [RelationScores.from_equivalence(own[:, None] == own[None, :]) for own in lengths]


check_relation(SameLength())
