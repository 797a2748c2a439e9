"""Rollouts for an evaluation: `Generator`, and the one that runs wherever transformers does.

Prompts come as the whole text that the model reads, special tokens in it. A rollout depends on the seed,
its prompt and its number alone (see `semuq.sampling.decode`), so a run that was interrupted goes on where
it stopped and ends with the same rollouts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from semuq.sampling.base import Decoding

if TYPE_CHECKING:
    from semuq.sampling.loading import Loaded

__all__ = ["Completion", "Generator", "TransformersGenerator"]

_TAIL = 16
"""A stop text is looked for in the last so many tokens."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One rollout: its text, how many tokens it took, and whether it ended before they ran out."""

    text: str
    tokens: int
    finished: bool


class Generator(Protocol):
    """Anything that continues prompts."""

    @property
    def identity(self) -> str:
        """Names everything but the decoding that can change a rollout; goes into the results."""
        ...

    def generate(
        self, prompts: Sequence[str], *, n: int, decoding: Decoding, stop: Sequence[str] = ()
    ) -> list[list[Completion]]:
        """n rollouts of each prompt; one ends behind the first of the `stop` texts, which it keeps."""
        ...


class TransformersGenerator:
    """Continues prompts with a causal language model of transformers, on whatever device there is.

    Args:
        model: a folder or hub name, or a pair (model, tokenizer).
        device: None is a GPU where there is one.
        dtype: a torch dtype; None is float32 on a CPU and the checkpoint's own on a GPU.
        batch_size: so many rollouts are decoded at a time.

    Raises:
        InvalidModel: it cannot be loaded, or is no causal language model (at first use).
    """

    def __init__(self, model: Any, *, device: Any = None, dtype: Any = None, batch_size: int = 16) -> None:
        self._source = model if isinstance(model, tuple) else str(model)
        self._device, self._dtype, self._batch_size = device, dtype, batch_size
        self._kept: Loaded | None = None

    @property
    def identity(self) -> str:
        """The model's name, a fingerprint of its weights, and their precision."""
        loaded = self._loaded()
        precision = str(next(loaded.model.parameters()).dtype).removeprefix("torch.")
        return f"transformers/{Path(loaded.name).name}/{loaded.fingerprint}/{precision}"

    def generate(
        self, prompts: Sequence[str], *, n: int, decoding: Decoding, stop: Sequence[str] = ()
    ) -> list[list[Completion]]:
        """n rollouts of each prompt, those of like length decoded together."""
        loaded = self._loaded()
        ids = [tuple(loaded.tokenizer(prompt).input_ids) for prompt in prompts]
        jobs = sorted(((p, k) for p in range(len(ids)) for k in range(n)), key=lambda job: (len(ids[job[0]]), *job))
        found: dict[tuple[int, int], Completion] = {}
        for start in range(0, len(jobs), self._batch_size):
            batch = jobs[start : start + self._batch_size]
            found |= zip(batch, self._decode(loaded, batch, ids, decoding, stop), strict=True)
        return [[found[p, k] for k in range(n)] for p in range(len(ids))]

    def _decode(
        self,
        loaded: Loaded,
        batch: Sequence[tuple[int, int]],
        ids: Sequence[tuple[int, ...]],
        decoding: Decoding,
        stop: Sequence[str],
    ) -> list[Completion]:
        from semuq.sampling.decode import decode
        from semuq.sampling.loading import evaluating

        # A rollout is cut where the context ends, as vLLM does; each at its own place, whoever its batch mates are.
        limit = decoding.max_new_tokens
        context = loaded.context or math.inf
        rooms = [int(max(0, min(limit, context - len(ids[p])))) for p, _ in batch]
        decoding = replace(decoding, max_new_tokens=max(1, *rooms))

        def finished(tokens: Any) -> bool:
            tail = loaded.tokenizer.decode(tokens[-_TAIL:].tolist())
            return any(text in tail for text in stop)

        with evaluating(loaded.model):
            drawn = decode(
                loaded.model,
                [ids[p] for p, _ in batch],
                [[k] for _, k in batch],
                decoding,
                loaded.stop,
                finished if stop else None,
            )
        completions = []
        for (own,), room in zip(drawn, rooms, strict=True):
            tokens = own.tokens[:room].tolist()
            done = not own.truncated and len(own.tokens) <= room
            completions.append(
                Completion(text=cut(loaded.spoken(tokens).strip(), stop), tokens=len(tokens), finished=done)
            )
        return completions

    def _loaded(self) -> Loaded:
        if self._kept is None:
            from semuq.sampling.loading import load

            self._kept = load(self._source, None, self._device, self._dtype)
        return self._kept


def cut(text: str, stop: Sequence[str]) -> str:
    """The text up to and with the first stop text in it.

    >>> cut("4 </answer> User: and 3 + 3?", ["</answer>"])
    '4 </answer>'
    """
    ends = [text.find(end) + len(end) for end in stop if end in text]
    return text[: min(ends)] if ends else text
