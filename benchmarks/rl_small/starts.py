"""Starts: weights after imitation, admitted by a rule that knows nothing of RL, made once and shared by all arms."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semuq_rl.runs.tiny import character_tokenizer, tiny_llama

__all__ = ["Imitate", "Limits", "Start", "kept_start"]

REPLACEMENT, TRIES = 1000, 10
"""Start s is replaced by the one from seed s + 1000, then s + 2000, and so on, ten times at most."""

Limits = Mapping[str, tuple[float, float]]
"""Measure -> what it may lie between."""

Imitate = Callable[[Any, Any, int], Mapping[str, Any]]
"""Trains a blank model, given its tokenizer and the seed, and says what was measured of it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """A policy before any RL.

    Args:
        told: its seed, what was measured of it, and what was refused before it.
    """

    model: Any
    tokenizer: Any
    told: dict[str, Any]


def _blank(alphabet: str, seed: int) -> tuple[Any, Any]:
    """(a tiny Llama that knows nothing, the tokenizer of these characters)."""
    tokenizer = character_tokenizer(alphabet)
    return tiny_llama(tokenizer, seed=seed), tokenizer


def _admitted(number: int, alphabet: str, imitate: Imitate, limits: Limits) -> Start:
    """Replaced by the one from seed + 1000, and so on, till all measures are within limits."""
    refused: list[dict[str, Any]] = []
    for attempt in range(TRIES):
        seed = number + REPLACEMENT * attempt
        model, tokenizer = _blank(alphabet, seed)
        skill = imitate(model, tokenizer, seed)
        told = {"seed": seed, **{name: skill[name] for name in limits}}
        if all(low <= skill[name] <= high for name, (low, high) in limits.items()):
            return Start(model=model, tokenizer=tokenizer, told={**told, "refused": refused})
        refused.append(told)
    raise RuntimeError(f"start {number}: none of {TRIES} was admitted: {refused}")


def kept_start(number: int, alphabet: str, folder: Path, imitate: Imitate, limits: Limits) -> Start:
    """The start of that number from the folder, made if it is not there, and admitted by its measures.

    Raises:
        RuntimeError: ten in a row were turned down.
    """
    import torch

    weights, told = folder / f"{number}.pt", folder / f"{number}.json"
    if told.is_file():
        model, tokenizer = _blank(alphabet, number)
        model.load_state_dict(torch.load(weights, weights_only=True))
        return Start(model=model, tokenizer=tokenizer, told=json.loads(told.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    made = _admitted(number, alphabet, imitate, limits)
    torch.save(made.model.state_dict(), weights)
    fresh = told.with_suffix(".tmp")
    fresh.write_text(json.dumps(made.told))
    fresh.rename(told)
    return made
