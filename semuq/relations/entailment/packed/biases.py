"""What architectures add to the products of query and key: DeBERTa's positions, MPNet's table, ModernBERT's window.

All depend on where two tokens stand to one another and on nothing else of their places, so that a run
of pairs of length L needs 2 L - 1 distances and no index of its own for every token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Disentangled", "Table", "Window", "log_buckets"]


@dataclass(frozen=True, eq=False)
class Disentangled:
    """DeBERTa's two terms: query i with the position key of i - j, and key j with its position query.

    Args:
        keys, queries: per layer (heads, places, size), divided by the scale of the products; None where the
            architecture lacks the term. They are the same for every batch, so they are computed once.
        place: (distances) i - j, int64 -> the row of `keys` and `queries`.
    """

    keys: tuple[torch.Tensor | None, ...]
    queries: tuple[torch.Tensor | None, ...]
    place: Callable[[torch.Tensor], torch.Tensor]
    _places: dict[tuple[int, int], torch.Tensor] = field(default_factory=dict)

    def __call__(self, layer: int, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor | None:
        """(pairs, heads, asked, length)."""
        asked, length = query.shape[2], key.shape[2]
        terms = []
        near, far = self.tables(layer, asked, length, key.device)
        if near is not None:
            # Row i, column c of the products is the distance asked - 1 - c, so j is in column asked - 1 - i + j.
            terms.append(_shifted(query, near, (asked, length), (asked + length - 2, 1), asked - 1))
        if far is not None:
            terms.append(_shifted(key, far, (asked, length), (1, asked + length - 2), length - 1))
        if len(terms) == 2:
            return terms[0] + terms[1]
        return terms[0] if terms else None

    def tables(
        self, layer: int, asked: int, length: int, device: torch.device
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """(heads, asked + length - 1, size) position keys, distances falling, and position queries, rising."""
        import torch

        places = self._places.get((asked, length))
        if places is None:  # the same in every layer of every pass, and many small steps on a GPU
            places = self._places[asked, length] = self.place(torch.arange(asked - 1, -length, -1, device=device))
        keys, queries = self.keys[layer], self.queries[layer]
        return None if keys is None else keys[:, places], None if queries is None else queries[:, places.flip(0)]


def _shifted(
    states: torch.Tensor, places: torch.Tensor, shape: tuple[int, int], strides: tuple[int, int], start: int
) -> torch.Tensor:
    """(pairs, heads, asked, length) of states times all places: each row starts elsewhere, which strides can say."""
    pairs, heads, own, size = states.shape
    width = places.shape[1]
    # Head by head, since all pairs share its places.
    products = states.transpose(0, 1).reshape(heads, pairs * own, size) @ places.transpose(1, 2)
    return products.as_strided((pairs, heads, *shape), (own * width, pairs * own * width, *strides), start)


def log_buckets(buckets: int, most: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """DeBERTa-v2's place of a distance: exact near by, in logarithmic buckets further off, none if `buckets` < 1."""
    span = buckets if buckets > 0 else most

    def place(distances: torch.Tensor) -> torch.Tensor:
        import torch

        if buckets > 0 and most > 0:
            middle = buckets // 2
            # In float32, step by step as transformers does it: bucket borders depend on the rounding.
            size = torch.where(distances.abs() < middle, middle - 1, distances.abs())
            ratio = torch.log(size / middle) / torch.log(torch.tensor((most - 1) / middle))
            far = torch.ceil(ratio * (middle - 1)) + middle
            distances = torch.where(size <= middle, distances.to(far.dtype), far * distances.sign()).long()
        return (distances + span).clamp(0, 2 * span - 1)

    return place


class Table:
    """MPNet's number for each distance and head, the same in all layers.

    Args:
        values: (places, heads).
        place: (distances) j - i, int64 -> the row of `values`.
    """

    def __init__(self, values: torch.Tensor, place: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self._values = values
        self._place = place
        self._made = values.new_empty(values.shape[1], 0, 0)

    def __call__(self, _layer: int, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        """(1, heads, asked, length)."""
        import torch

        length = key.shape[2]
        if self._made.shape[1] < length:
            at = torch.arange(length, device=key.device)
            self._made = self._values[self._place(at[None] - at[:, None])].permute(2, 0, 1).contiguous()
        return self._made[None, :, : query.shape[2], :length]


@dataclass(frozen=True)
class Window:
    """ModernBERT's local layers, which look no further than `reach` tokens; None in `reaches` is a global layer."""

    reaches: tuple[int | None, ...]

    def __call__(self, layer: int, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor | None:
        """(asked, length) mask; None where the window hides nothing."""
        import torch

        reach, length = self.reaches[layer], key.shape[2]
        if reach is None or length <= reach + 1:
            return None
        at = torch.arange(length, device=key.device)
        return (at[None] - at[: query.shape[2], None]).abs() <= reach
