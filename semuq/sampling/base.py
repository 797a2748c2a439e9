"""What a sampler is, and how it draws: `Sampler` and `Decoding`.

First station of the flow: everything downstream sees SampleSets and never asks who made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, overload, runtime_checkable

from semuq.checks import whole, within
from semuq.errors import InvalidParameter
from semuq.samples import SampleSet

__all__ = ["Decoding", "Sampler", "check_count"]


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How tokens are drawn from the model's distribution.

    Formula. With logits l (V,): l / temperature; then all but the `top_k` largest are dropped; then
    the smallest set of most probable tokens that holds `top_p` of what is left is kept; one token is
    drawn from the softmax of that.

    Args:
        temperature: >= 0. 1 is the model's own distribution; 0 is greedy decoding, which has one
            answer only: samplers refuse temperature=0 with n > 1.
        top_p: in (0, 1]; 1 keeps the whole vocabulary.
        top_k: >= 0; 0 keeps the whole vocabulary.
        max_new_tokens: >= 1; longer answers are cut and flagged as truncated.
        seed: >= 0; the same seed gives the same answers.

    Raises:
        InvalidParameter: a value is outside these limits.

    Example:
        >>> Decoding(temperature=0.7, top_p=0.9)
        Decoding(temperature=0.7, top_p=0.9, top_k=0, max_new_tokens=64, seed=0)
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        within(self, 0, temperature=self.temperature)
        within(self, 0, 1, open_low=True, top_p=self.top_p)
        whole(self, 0, top_k=self.top_k, seed=self.seed)
        whole(self, 1, max_new_tokens=self.max_new_tokens)

    @property
    def greedy(self) -> bool:
        """Whether the most probable token is always taken."""
        return self.temperature == 0


@runtime_checkable
class Sampler(Protocol):
    """Anything that answers a prompt n times.

    `identity` names everything that can change an answer (model, weights, template, decoding).
    """

    @property
    def identity(self) -> str:
        """Names everything that can change an answer; kept in the metadata of every SampleSet."""
        ...

    @overload
    def sample(self, prompts: str, *, n: int = 10) -> SampleSet: ...  # type: ignore[overload-overlap]
    @overload
    def sample(self, prompts: Sequence[str], *, n: int = 10) -> list[SampleSet]: ...
    def sample(self, prompts: str | Sequence[str], *, n: int = 10) -> SampleSet | list[SampleSet]:
        """n answers to one prompt (a SampleSet), or to each of several (a list, in their order)."""
        ...


def check_count(n: Any, decoding: Decoding | None = None) -> None:
    """Refuse a number of answers that cannot be drawn.

    Raises:
        InvalidParameter: n is not a whole number >= 1, or more than one greedy answer is wanted.
    """
    whole(None, 1, n=n)
    if decoding is not None and decoding.greedy and n > 1:
        raise InvalidParameter(
            f"n: expected 1 with temperature=0, where all answers are the same, got {n}; "
            "pass n=1, or temperature > 0 to sample"
        )
