"""Watching a model's forward passes: what went in, what came out. Keeps references only, which costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import Any

import torch

from benchmarks.scorer.worker.contestant import Cost, Outcome, Probabilities


class Watch:
    """Wraps a model's `forward`, which some call directly; `outcome()` sums up the passes since `clear()`."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._passes: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        forward = model.forward

        @wraps(forward)
        def noted(*args: Any, **inputs: Any) -> Any:
            output = forward(*args, **inputs)
            self._note(inputs, output)
            return output

        model.forward = noted

    def clear(self) -> None:
        """Forget the passes so far."""
        self._passes.clear()

    def outcome(self) -> Outcome:
        """Cost and probabilities since `clear()`."""
        cost = Cost(forwards=len(self._passes))
        for ids, mask, _ in self._passes:
            cost.pairs += len(ids)
            cost.tokens += int(mask.sum())
            cost.padded += int(mask.numel() - mask.sum())
        return Outcome(cost, self._found())

    def _found(self) -> Iterator[tuple[tuple[int, ...], Probabilities]]:
        for ids, mask, logits in self._passes:
            values = logits.float().softmax(-1).tolist()
            for row, kept, own in zip(ids.tolist(), mask.bool().tolist(), values, strict=True):
                yield tuple(token for token, real in zip(row, kept, strict=True) if real), tuple(own)

    def _note(self, inputs: dict[str, Any], output: Any) -> None:
        ids = inputs["input_ids"]
        mask = inputs.get("attention_mask")
        logits = output["logits"] if isinstance(output, dict) else output[0]
        # Detached: a package that forgets to turn gradients off must not be charged for keeping their graph.
        self._passes.append((ids, torch.ones_like(ids) if mask is None else mask, logits.detach()))
