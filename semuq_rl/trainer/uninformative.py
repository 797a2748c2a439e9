"""Groups without a gradient left out of the loss, from its denominators too.

A group whose rewards are all equal has advantage 0, and yet its rows and tokens divide the loss of the others (and
carry a KL term). Here they are masked as a tool's tokens are, and what TRL divides by is made that of the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from semuq.errors import InvalidParameter
from semuq_rl.trainer.resample import mixed

__all__ = ["check_masking", "mask_uninformative", "without_uninformative"]

_BY_ROWS = ("grpo", "sapo", "dr_grpo", "luspo")
"""Losses that divide by the number of rows; the others divide by tokens."""

_SHARE = "informative_share"


def mask_uninformative(trainer: Any, output: dict[str, Any], rewards_per_func: Any, width: int) -> float:
    """Mask the rows of groups whose rewards do not differ; gives the share of groups that are left.

    Args:
        output: a generation of the host, changed in place.
        rewards_per_func: (rows of all processes, functions).
        width: rows of a group.
    """
    kept = mixed(rewards_per_func, trainer.reward_weights, width)
    local = len(output["advantages"])
    first = trainer.accelerator.process_index * local
    mask = output["completion_mask"]
    own = torch.as_tensor(np.repeat(kept, width)[first : first + local], device=mask.device).unsqueeze(1)
    output["tool_mask"] = output.get("tool_mask", torch.ones_like(mask)) * own
    tokens = (mask * output["tool_mask"]).sum()
    output["num_items_in_batch"] = trainer.accelerator.gather(tokens).sum()
    output[_SHARE] = torch.tensor(float(kept.mean()), device=mask.device)
    return float(kept.mean())


def without_uninformative(trainer: Any, loss: Any, inputs: dict[str, Any]) -> Any:
    """The loss, where the host divided by all rows, as if it had divided by those that are left."""
    share = inputs.get(_SHARE)
    if share is None or share == 0 or trainer.loss_type not in _BY_ROWS:
        return loss
    return loss / share


def check_masking(trainer: Any) -> None:
    """Refuse terms of the loss that the division by rows would scale with it.

    Raises:
        InvalidParameter: an entropy bonus or a router's loss beside a loss that divides by rows.
    """
    if trainer.loss_type in _BY_ROWS and (trainer._entropy_bonus_enabled or trainer.aux_loss_enabled):
        raise InvalidParameter(
            f"mask_uninformative: expected no entropy bonus and no router loss beside loss_type={trainer.loss_type!r}, "
            "which divides by rows; take loss_type='dapo', which divides by tokens"
        )
