"""What a step knows token by token, gathered over all processes: log-probs, entropies, ids, steps.

For `gather_rollouts`. Nothing is computed or gathered that no modulator and no signal reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import cache
from typing import Any

import numpy as np
import torch
from trl.models.utils import disable_gradient_checkpointing

from semuq_rl.groups import LogprobsSource, behaviour_logprobs

__all__ = ["EVIDENCE", "Steps", "token_evidence", "turns"]

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


def turns(token_ids: Sequence[int], own: Sequence[bool]) -> list[int]:
    """A step is what the policy writes between two answers of a tool: counted at each return to it.

    >>> turns([5, 6, 7, 8, 9], [True, True, False, True, True])
    [0, 0, 0, 1, 1]
    """
    back = np.diff(np.asarray(own, dtype=np.int64), prepend=1) == 1
    return np.cumsum(back).tolist()


def token_evidence(
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


def _steps(completion_ids: Any, mask: Any, own: Any, steps: Steps) -> Any:
    result = torch.zeros_like(completion_ids)
    for row, (ids, present, mine) in enumerate(zip(completion_ids, mask.bool(), own.bool(), strict=True)):
        result[row, present] = torch.as_tensor(
            steps(ids[present].tolist(), mine[present].tolist()), dtype=result.dtype, device=result.device
        )
    return result
