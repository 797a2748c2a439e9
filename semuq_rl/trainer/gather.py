"""What one training step of TRL's `GRPOTrainer` produced, gathered over all processes.

Between the host and `GroupBatch`. The host hands back its own process's rows, with groups cut
wherever the processes meet; prompts, completions and advantages of the whole step are in the tables
that it keeps for its logs, and what goes by the token comes from `token_evidence`.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from accelerate.utils import gather_object

from semuq.numerics import BoolArray, FloatArray
from semuq_rl.groups import GroupBatch
from semuq_rl.groups.messages import message_text, question_of
from semuq_rl.groups.signals import Signal, SignalResult, merge_results
from semuq_rl.trainer.tokens import Steps, token_evidence

__all__ = ["Rollouts", "gather_rollouts", "grouped_rewards", "measure_together"]


@dataclass(frozen=True, kw_only=True)
class Rollouts:
    """All rollouts of a step, P questions times G.

    Args:
        rows: the places of this process's own rollouts among all P G.
        advantages: (P, G), the host's.
        kept: (P,) which questions have a rollout with a reward; `batch` holds these.
        batch: None if there is none.
    """

    rows: slice
    advantages: FloatArray
    kept: BoolArray
    batch: GroupBatch | None


def grouped_rewards(rewards_per_func: Any, weights: Any, width: int) -> tuple[FloatArray, BoolArray]:
    """(P, width) weighed rewards, NaN for none, and where there are some; of (rows, functions), NaN for none."""
    rewards = (rewards_per_func * weights.to(rewards_per_func.device)).nansum(dim=1).double()
    rewards[rewards_per_func.isnan().all(dim=1)] = torch.nan
    grouped = rewards.cpu().numpy().reshape(-1, width)
    return grouped, ~np.isnan(grouped)


def gather_rollouts(
    trainer: Any, output: dict[str, Any], rewards_per_func: Any, *, needs: Set[str], steps: Steps
) -> Rollouts:
    """The step's rollouts; every process calls it and gets the same.

    Args:
        trainer: the host, right after `_generate_and_score_completions`.
        output: what that returned.
        rewards_per_func: (P G, functions), of all processes.
        needs: names of evidence; token arrays that are not in it stay out.
        steps: how `steps` are told, if needed.
    """
    accelerator = trainer.accelerator
    local, width = len(output["advantages"]), trainer.num_generations
    size = local * accelerator.num_processes
    rows = slice(accelerator.process_index * local, (accelerator.process_index + 1) * local)
    table = {name: _last_rows(trainer, name, size) for name in ("prompt", "completion", "advantages")}
    advantages = np.array(table["advantages"], dtype=np.float64).reshape(-1, width)
    grouped, mask = grouped_rewards(rewards_per_func, trainer.reward_weights, width)
    kept = np.asarray(mask.any(axis=1))
    # Every process takes part in the forward passes and the gathering, whatever is kept.
    tokens, source = token_evidence(trainer, output, needs, steps)
    prompts = tokens.pop("prompt_logprobs", None)
    batch = None
    if kept.any():
        texts = [message_text(completion) for completion in table["completion"]]
        batch = GroupBatch(
            prompts=tuple(question_of(table["prompt"][p * width]) for p in np.flatnonzero(kept)),
            texts=tuple(tuple(texts[p * width : (p + 1) * width]) for p in np.flatnonzero(kept)),
            rewards=np.where(mask, grouped, 0.0)[kept],
            mask=mask[kept],
            advantages=advantages[kept],
            logprobs_source=source,
            prompt_logprobs=None if prompts is None else _per_prompt(prompts[::width][kept]),
            **{name: values.reshape(-1, width, values.shape[1])[kept] for name, values in tokens.items()},
        )
    return Rollouts(rows=rows, advantages=advantages, kept=kept, batch=batch)


def measure_together(signal: Signal, batch: GroupBatch, accelerator: Any) -> SignalResult:
    """The signal of each group, each measured by one process and told to all.

    One process each, so that all see the same number even if it depends on the clock (a comparison
    that times out) or on the device.
    """
    world, rank = accelerator.num_processes, accelerator.process_index
    if world == 1:
        return signal.measure(batch)
    places = range(rank, len(batch), world)
    part: SignalResult | Exception | None = None
    try:
        part = signal.measure(batch.take(places)) if places else None
    except Exception as error:  # raised by all below: whoever stops here leaves the others waiting
        part = error
    parts = gather_object([part])
    for other in parts:
        if isinstance(other, Exception):
            raise other
    found = {rank: own for rank, own in enumerate(parts) if own is not None}
    return merge_results(list(found.values()), [range(rank, len(batch), world) for rank in found], len(batch))


def _last_rows(trainer: Any, name: str, size: int) -> list[Any]:
    """The last `size` entries of a table of the host's completions log."""
    table = trainer._logs[name]
    return list(islice(table, len(table) - size, None))


def _per_prompt(padded: FloatArray) -> tuple[FloatArray, ...] | None:
    """One array per prompt, without the padding; None if a prompt is a single token, which has no log-prob."""
    prompts = tuple(row[~np.isnan(row)] for row in padded)
    return prompts if all(map(len, prompts)) else None
