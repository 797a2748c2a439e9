"""One input as this package sees it, and the matrices as another package would get them from its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from semuq import SampleSet
from semuq.relations.base import Kind, RelationScores
from semuq.samples import as_batch

__all__ = ["Case", "Given"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Given:
    """The relation that returns the scores it was made with."""

    scores: RelationScores

    kind: ClassVar[Kind] = "entailment"
    symmetric: ClassVar[bool] = False
    identity: ClassVar[str] = "benchmarks/given"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """The same scores for every question."""
        return [self.scores] * len(as_batch(batch))


class Case:
    """An input of `inputs.py`, ready to be scored."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.name: str = given["name"]
        self.texts: list[str] = given["texts"]
        self.n = len(self.texts)
        self.entail, self.contradict = np.array(given["entailment"]), np.array(given["contradiction"])
        self.raw_entail = np.array(given.get("raw_entailment", given["entailment"]))
        self.raw_contradict = np.array(given.get("raw_contradiction", given["contradiction"]))
        self.neutral = (1 - self.entail - self.contradict).clip(0)
        self.labels = np.stack([self.entail, self.neutral, self.contradict]).argmax(axis=0)

    @cached_property
    def samples(self) -> SampleSet:
        """The answers with all evidence that the input holds."""
        return SampleSet(
            prompt="?",
            texts=self.texts,
            token_logprobs=self.given["logprobs"],
            token_relevance=self.given["relevance"],
            hidden_states=self.given["hidden_states"],
            p_true=self.given["p_true"],
        )

    @cached_property
    def first(self) -> SampleSet:
        """The first answer alone, with what its next-token distributions say."""
        p = np.array(self.given["distributions"])
        return SampleSet(
            prompt="?",
            texts=self.texts[:1],
            token_entropies=[-(p * np.log(p)).sum(axis=1)],
            token_certainties=[-np.log(p).mean(axis=1) - np.log(p.shape[1])],
        )

    @cached_property
    def relation(self) -> Given:
        """The three-way scores."""
        return Given(
            RelationScores(
                kind="entailment", entailment=self.entail, neutral=self.neutral, contradiction=self.contradict
            )
        )

    @cached_property
    def raw_relation(self) -> Given:
        """The scores as the model gave them, also for a text with itself."""
        return Given(
            RelationScores(
                kind="entailment",
                entailment=self.raw_entail,
                neutral=(1 - self.raw_entail - self.raw_contradict).clip(0),
                contradiction=self.raw_contradict,
            )
        )

    @property
    def unsure_of_itself(self) -> bool:
        """Whether the model does not hold that a text certainly entails itself."""
        return "raw_entailment" in self.given

    def equivalence(self, same: NDArray[np.bool_]) -> Given:
        """A relation from another package's rule of what means the same."""
        return Given(RelationScores.from_equivalence(same | np.eye(self.n, dtype=bool)))

    def loglik(self, *, length_normalised: bool = False) -> FloatArray:
        """(n,) sums of log-probs, or their means."""
        reduce = np.mean if length_normalised else np.sum
        return np.array([reduce(own) if own else 0.0 for own in self.given["logprobs"]])

    @property
    def has_empty_answer(self) -> bool:
        """Whether an answer has no tokens."""
        return not all(self.given["logprobs"])
