"""Training a copy of a start with TRL, quietly, on one processor."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from semuq_rl.runs.build import grpo_config
from semuq_rl.runs.recipe import Recipe
from semuq_rl.trainer.host_warnings import without_host_warnings

__all__ = ["Reward", "trained"]

Reward = Callable[..., list[float]]
"""As TRL calls it: `prompts`, `completions` and the columns of the data set."""

TRAINER: dict[str, Any] = {
    "lr_scheduler_type": "constant",
    "loss_type": "dr_grpo",
    "scale_rewards": "none",
    "beta": 0.0,
    "temperature": 1.0,
    "bf16": False,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "shuffle_dataset": False,
    "disable_tqdm": True,
    "logging_strategy": "no",
}


@without_host_warnings()
def trained(
    model: Any,
    tokenizer: Any,
    rows: Sequence[tuple[int, str]],
    rewards: Sequence[Reward],
    weights: Sequence[float],
    *,
    seed: int,
    groups: Any = None,
    **settings: Any,
) -> Any:
    """A copy of the model after Dr.GRPO, without KL or scaled rewards, in evaluation mode.

    Args:
        rows: (question, prompt) in order; rewards get the questions as the column `question`.
        groups: `VariantGroups` of several prompts.
        settings: of TRL's `GRPOConfig`.
    """
    from datasets import Dataset
    from transformers import PrinterCallback

    from semuq_rl.trainer.trainer import UncertaintyGRPOTrainer

    own = copy.deepcopy(model)
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(name="small", about="", seed=seed, task={}, trainer=TRAINER)
        config = grpo_config(
            recipe, Path(folder), report_to="none", save_strategy="no", reward_weights=list(weights), **settings
        )
        trainer = UncertaintyGRPOTrainer(
            model=own,
            reward_funcs=list(rewards),
            args=config,
            train_dataset=Dataset.from_dict({"prompt": [p for _, p in rows], "question": [q for q, _ in rows]}),
            processing_class=tokenizer,
            groups=groups,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    own.eval()
    return own
