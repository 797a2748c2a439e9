"""Items of a task, their perturbed copies, and the scores of an instruction on both.

The same copies are scored under every instruction, so that two instructions differ by nothing but themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from semuq.checks import one_of, whole
from semuq.errors import InvalidParameter
from semuq.metrics.robustness import Robustness, robustness
from semuq.numerics import FloatArray
from semuq.sampling.base import Sampler
from semuq.sampling.perturbations import Kind, perturb

__all__ = ["Attack", "Item", "PerturbedItems", "SameMeaning", "Score", "perturbed_items", "robustness_table"]

Attack = Literal["random", "worst"]


class Item(NamedTuple):
    """One input of a task: its text, and the right answer, for whoever scores."""

    text: str
    answer: Any = None


Score = Callable[[str, Sequence[Item]], Sequence[float]]
"""An instruction and items -> the score of each item, >= 0, such as 1 for right and 0 for wrong."""

SameMeaning = Callable[[str, str], bool]
"""The original text and a perturbed one -> whether it still asks for the same."""


@dataclass(frozen=True, kw_only=True)
class PerturbedItems:
    """Items, and for each and each kind of perturbation one copy or several.

    Args:
        items: those that could be perturbed in every kind.
        copies: kind -> for each item its perturbed copies, at least one.
        dropped: items left out, since some kind found nothing to change (or kept the meaning of none).
    """

    items: tuple[Item, ...]
    copies: Mapping[Kind, tuple[tuple[Item, ...], ...]]
    dropped: int = 0

    def score(self, instruction: str, score: Score) -> tuple[FloatArray, dict[Kind, FloatArray]]:
        """(items,) scores on the items as they are, and by kind on their copies: the lowest where there are several."""
        clean = _checked(score(instruction, self.items), len(self.items))
        by_kind = {}
        for kind, copies in self.copies.items():
            flat = [copy for own in copies for copy in own]
            values = _checked(score(instruction, flat), len(flat))
            ends = np.cumsum([len(own) for own in copies])
            by_kind[kind] = np.array([part.min() for part in np.split(values, ends[:-1])])
        return clean, by_kind


def perturbed_items(
    items: Sequence[Item],
    kinds: Sequence[Kind],
    *,
    attack: Attack = "random",
    candidates: int = 5,
    rewriter: Sampler | None = None,
    same_meaning: SameMeaning | None = None,
    seed: int = 0,
) -> PerturbedItems:
    """Copies of items, perturbed in each kind.

    Args:
        items: of a task.
        kinds: of `semuq.sampling.perturbations.KINDS`; W1, W3, S2 and S3 need a `rewriter`.
        attack: "random" makes one copy of each kind, "worst" several, of which the one with the lowest score counts,
            for each instruction anew. (An attack on one instruction alone would make every other look better.)
        candidates: copies of each kind, for "worst".
        rewriter: a model that rewords.
        same_meaning: copies that fail it are left out; None trusts the perturbations.
        seed: of the perturbations.

    Raises:
        InvalidParameter: no item, or none that every kind can change.

    Example:
        >>> found = perturbed_items([Item("What is the capital of France?", "Paris"), Item("2+2", "4")], ("C3", "W2"))
        >>> (changed, *_), *_ = found.copies["W2"]
        >>> found.dropped, changed.text
        (1, 'What is capital of France?')
    """
    one_of(None, ("random", "worst"), attack=attack)
    whole(None, 1, candidates=candidates)
    if not items or not kinds:
        raise InvalidParameter(f"items: expected at least one item and one kind, got {len(items)} and {len(kinds)}")
    per_kind = candidates if attack == "worst" else 1
    found = perturb([item.text for item in items], kinds, per_kind=per_kind, rewriter=rewriter, seed=seed)
    kept: list[Item] = []
    copies: dict[Kind, list[tuple[Item, ...]]] = {kind: [] for kind in kinds}
    for item, own in zip(items, found, strict=True):
        by_kind = {
            kind: tuple(
                Item(other.text, item.answer)
                for other in own
                if other.kind == kind and (same_meaning is None or same_meaning(item.text, other.text))
            )
            for kind in kinds
        }
        if all(by_kind.values()):
            kept.append(item)
            for kind in kinds:
                copies[kind].append(by_kind[kind])
    if not kept:
        raise InvalidParameter(f"items: expected some that each of {tuple(kinds)} can change, got none of {len(items)}")
    return PerturbedItems(
        items=tuple(kept),
        copies={kind: tuple(own) for kind, own in copies.items()},
        dropped=len(items) - len(kept),
    )


def robustness_table(instructions: Sequence[str], items: PerturbedItems, score: Score) -> dict[str, Robustness]:
    """How each instruction stands up to each kind of perturbation, on the same copies.

    Raises:
        InvalidParameter: an instruction scores 0 on all items as they are: its drop rates are undefined.

    Example:
        >>> items = perturbed_items([Item("What is the capital of France?")], ("C3", "W2"))
        >>> def score(instruction, asked):
        ...     return [float(instruction == "Ignore stray signs." or item.text.endswith("?")) for item in asked]
        >>> for name, found in robustness_table(["Answer.", "Ignore stray signs."], items, score).items():
        ...     print(name, found.worst_kind, found.worst_case)
        Answer. C3 0.0
        Ignore stray signs. C3 1.0
    """
    found = {}
    for instruction in instructions:
        clean, by_kind = items.score(instruction, score)
        found[instruction] = robustness(clean, {str(kind): own for kind, own in by_kind.items()})
    return found


def _checked(values: Sequence[float], count: int) -> FloatArray:
    scores = np.asarray(values, dtype=np.float64)
    # `not >=` rather than `<`: NaN must fail too.
    if scores.shape != (count,) or not (scores >= 0).all() or not np.isfinite(scores).all():
        raise InvalidParameter(f"score: expected {count} finite numbers >= 0 (one per item), got {values!r:.60}")
    return scores
