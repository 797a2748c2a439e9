"""What one training step of TRL's `GRPOTrainer` produced, gathered over all processes.

Between the host and `GroupBatch`: all that semuq_rl leans on in TRL is read here. The host hands back
its own process's rows, with groups cut wherever the processes meet; prompts, completions and
advantages of the whole step are in the tables that it keeps for its logs, token arrays are gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from accelerate.utils import gather_object
from numpy.typing import NDArray
from trl.models.utils import disable_gradient_checkpointing

from semuq_rl.groups import GroupBatch, LogprobsSource, behaviour_logprobs
from semuq_rl.signals import Signal, SignalResult, merge_results

__all__ = [
    "EVIDENCE",
    "TOKEN_EVIDENCE",
    "Rollouts",
    "Steps",
    "gather_rollouts",
    "last_rows",
    "measure_together",
    "turns",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

Steps = Callable[[Sequence[int], Sequence[bool]], Sequence[int]]
"""(token ids, who wrote each: True for the policy) of one rollout -> which step each token belongs to."""

TOKEN_EVIDENCE = frozenset({"token_mask", "logprobs", "entropies", "token_ids", "steps"})
"""Evidence per token, which is gathered over the processes only if somebody needs it."""

EVIDENCE = TOKEN_EVIDENCE | {"rewards", "prompt_logprobs"}
"""All that a step can give to a modulator, but for the signal."""

_MULTIMODAL = (
    *("pixel_values", "image_grid_thw", "num_images", "pixel_attention_mask", "spatial_shapes", "num_tiles"),
    *("image_sizes", "token_type_ids", "mm_token_type_ids", "image_position_ids"),
)


@dataclass(frozen=True, kw_only=True)
class Rollouts:
    """All rollouts of a step, P questions times G.

    Args:
        rows: the places of this process's own rollouts among all P G.
        advantages: (P, G), the host's.
        rewards: (P, G), the weighted sum over the reward functions; NaN where none gave a number.
        kept: (P,) which questions have a rollout with a reward; `batch` holds these.
        batch: None if there is none.
    """

    rows: slice
    advantages: FloatArray
    rewards: FloatArray
    kept: BoolArray
    batch: GroupBatch | None


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
    weights = trainer.reward_weights.to(rewards_per_func.device)
    rewards = (rewards_per_func * weights).nansum(dim=1).double()
    rewards[rewards_per_func.isnan().all(dim=1)] = torch.nan
    table = {name: last_rows(trainer, name, size) for name in ("prompt", "completion", "advantages")}
    advantages = np.array(table["advantages"], dtype=np.float64).reshape(-1, width)
    grouped = rewards.cpu().numpy().reshape(-1, width)
    mask = ~np.isnan(grouped)
    kept = mask.any(axis=1)
    # Every process takes part in the forward passes and the gathering, whatever is kept.
    tokens, source = _token_evidence(trainer, output, needs, steps)
    prompts = tokens.pop("prompt_logprobs", None)
    batch = None
    if kept.any():
        texts = [_text(completion) for completion in table["completion"]]
        batch = GroupBatch(
            prompts=tuple(_question(table["prompt"][p * width]) for p in np.flatnonzero(kept)),
            texts=tuple(tuple(texts[p * width : (p + 1) * width]) for p in np.flatnonzero(kept)),
            rewards=np.where(mask, grouped, 0.0)[kept],
            mask=mask[kept],
            advantages=advantages[kept],
            logprobs_source=source,
            prompt_logprobs=None if prompts is None else _per_prompt(prompts[::width][kept]),
            **{name: values.reshape(-1, width, values.shape[1])[kept] for name, values in tokens.items()},
        )
    return Rollouts(rows=rows, advantages=advantages, rewards=grouped, kept=kept, batch=batch)


def last_rows(trainer: Any, name: str, size: int) -> list[Any]:
    """The last `size` entries of a table of the host's completions log."""
    table = trainer._logs[name]
    return list(islice(table, len(table) - size, None))


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


def turns(token_ids: Sequence[int], own: Sequence[bool]) -> list[int]:
    """A step is what the policy writes between two answers of a tool: counted at each return to it.

    >>> turns([5, 6, 7, 8, 9], [True, True, False, True, True])
    [0, 0, 0, 1, 1]
    """
    back = np.diff(np.asarray(own, dtype=np.int64), prepend=1) == 1
    return np.cumsum(back).tolist()


def _token_evidence(
    trainer: Any, output: dict[str, Any], needs: Set[str], steps: Steps
) -> tuple[dict[str, Any], LogprobsSource | None]:
    """Name -> (P G, T) array, of all processes, and where the log-probs came from."""
    if not needs & (TOKEN_EVIDENCE | {"prompt_logprobs"}):
        return {}, None
    accelerator, mask = trainer.accelerator, output["completion_mask"]
    own = mask * output.get("tool_mask", 1)
    forward = cache(lambda: _forward(trainer, output, needs))
    local: dict[str, Any] = {"token_mask": own}
    source: LogprobsSource | None = None
    for name in needs & {"entropies", "prompt_logprobs"}:
        local[name] = forward()[name]
    if "logprobs" in needs:
        sampler, old = output.get("sampling_per_token_logps"), output.get("old_per_token_logps")
        local["logprobs"], source = behaviour_logprobs(
            sampler=sampler, old=old, recompute=lambda: forward()["logprobs"]
        )
        unknown = torch.isnan(local["logprobs"]) & own.bool()
        if source == "sampler" and accelerator.gather(unknown.any().reshape(1)).any():
            # vLLM leaves out the log-probs of some tokens.
            filling = forward()["logprobs"] if old is None else old
            local["logprobs"] = torch.where(unknown, filling, local["logprobs"])
    if "token_ids" in needs:
        local["token_ids"] = output["completion_ids"]
    if "steps" in needs:
        local["steps"] = _steps(output["completion_ids"], mask, own, steps)
    gathered = {}
    for name in sorted(local):
        filling = float("nan") if name == "prompt_logprobs" else 0
        padded = accelerator.pad_across_processes(local[name].contiguous(), dim=1, pad_index=filling)
        gathered[name] = accelerator.gather(padded).detach().cpu().double().numpy()
    return gathered, source


def _forward(trainer: Any, output: dict[str, Any], needs: Set[str]) -> dict[str, Any]:
    """Under the policy as it is now: (B, T) log-probs of the completions, their entropies if needed, and
    (B, prompt - 1) log-probs of the prompts if needed, NaN where there is no token.
    """
    ids = torch.cat([output["prompt_ids"], output["completion_ids"]], dim=1)
    mask = torch.cat([output["prompt_mask"], output["completion_mask"]], dim=1)
    length = output["completion_ids"].size(1)
    with torch.no_grad(), disable_gradient_checkpointing(trainer.model, trainer.args.gradient_checkpointing_kwargs):
        logprobs, entropies, _ = trainer._get_per_token_logps_and_entropies(
            trainer.model,
            ids,
            mask,
            ids.size(1) - 1 if "prompt_logprobs" in needs else length,
            batch_size=trainer.args.per_device_train_batch_size,
            compute_entropy="entropies" in needs,
            **{name: output[name] for name in _MULTIMODAL if name in output},
        )
    found = {"logprobs": logprobs[:, -length:]}
    if "entropies" in needs:
        # Rounding may leave the entropy of a sure token just below 0.
        found["entropies"] = entropies[:, -length:].clamp(min=0)
    if "prompt_logprobs" in needs:
        # A token has a log-prob if it follows one.
        follows = output["prompt_mask"][:, 1:] * output["prompt_mask"][:, :-1]
        found["prompt_logprobs"] = logprobs[:, :-length].masked_fill(follows == 0, torch.nan)
    return found


def _per_prompt(padded: FloatArray) -> tuple[FloatArray, ...] | None:
    """One array per prompt, without the padding; None if a prompt is a single token, which has no log-prob."""
    prompts = tuple(row[~np.isnan(row)] for row in padded)
    return prompts if all(map(len, prompts)) else None


def _steps(completion_ids: Any, mask: Any, own: Any, steps: Steps) -> Any:
    result = torch.zeros_like(completion_ids)
    for row, (ids, present, mine) in enumerate(zip(completion_ids, mask.bool(), own.bool(), strict=True)):
        result[row, present] = torch.as_tensor(
            steps(ids[present].tolist(), mine[present].tolist()), dtype=result.dtype, device=result.device
        )
    return result


def _text(messages: Any) -> str:
    """A prompt or completion as text: what all messages say, where it is a conversation."""
    if isinstance(messages, str):
        return messages
    return "\n".join(text for message in messages if (text := _content(message.get("content"))))


def _question(prompt: Any) -> str:
    """The question of a prompt: the last message, where it is a conversation."""
    return prompt if isinstance(prompt, str) else _text(prompt[-1:])


def _content(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.get("text") or "" for part in content)
