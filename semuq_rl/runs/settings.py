"""What a recipe's `[trainer]` may say: types, limits and choices of TRL's GRPOConfig, checked before any work.

GRPOConfig takes most values as they come and fails where it first computes with them, after minutes of imitation or
not at all. Types are read from the class itself, so that a newer TRL brings its own. What the class refuses when it is
built, it refuses here too, since a run builds it first; the two tables hold only limits and choices that it writes in
prose and does not check. A test builds the installed class with a value beyond each.
"""

from __future__ import annotations

import enum
import math
import types
import typing
from collections.abc import Mapping
from typing import Any

from semuq.checks import one_of, within
from semuq.errors import InvalidParameter

__all__ = ["CHOICES", "LIMITS", "check_settings"]

POSITIVE: dict[str, Any] = {"low": 0, "open_low": True}
NOT_NEGATIVE: dict[str, Any] = {"low": 0}
COUNT: dict[str, Any] = {"low": 1}
SHARE: dict[str, Any] = {"low": 0, "high": 1}
DECAY: dict[str, Any] = {"low": 0, "high": 1, "open_high": True}
PART: dict[str, Any] = {"low": 0, "high": 1, "open_low": True}
SEVERAL: dict[str, Any] = {"low": 2}
PORT: dict[str, Any] = {"low": 1, "high": 65535}

LIMITS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        ("temperature", "repetition_penalty", "delta", "logging_steps", "eval_steps", "num_train_epochs", "ddp_timeout",
         "sapo_temperature_neg", "sapo_temperature_pos", "vllm_importance_sampling_clip_max",
         "vllm_importance_sampling_cap", "vllm_server_timeout"),
        POSITIVE,
    ),
    **dict.fromkeys(
        ("learning_rate", "weight_decay", "adam_epsilon", "max_grad_norm", "beta", "epsilon",
         "epsilon_high", "top_k", "eval_delay", "data_seed", "dataloader_num_workers", "neftune_noise_alpha",
         "off_policy_mask_threshold", "vllm_importance_sampling_clip_min", "entropy_target",
         "max_tool_calling_iterations", "router_aux_loss_coef"),
        NOT_NEGATIVE,
    ),
    **dict.fromkeys(
        ("max_steps", "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps",
         "steps_per_generation", "generation_batch_size", "num_iterations", "max_completion_length",
         "vllm_tensor_parallel_size", "vllm_max_model_length", "ref_model_sync_steps",
         "save_total_limit", "eval_accumulation_steps", "dataloader_prefetch_factor", "pad_to_multiple_of"),
        COUNT,
    ),
    **dict.fromkeys(("min_p", "top_entropy_quantile", "ref_model_mixup_alpha"), SHARE),
    **dict.fromkeys(("adam_beta1", "adam_beta2", "label_smoothing_factor"), DECAY),
    **dict.fromkeys(("top_p", "vllm_gpu_memory_utilization"), PART),
    **dict.fromkeys(("vllm_server_port", "vllm_group_port"), PORT),
    **dict.fromkeys(("num_generations_eval",), SEVERAL),
}  # fmt: skip
"""Of numbers, as arguments of `number`; what is not here must be finite."""

CHOICES: dict[str, tuple[Any, ...]] = {
    "loss_type": ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
    "scale_rewards": ("group", "batch", "none", True, False),
    "importance_sampling_level": ("token", "sequence"),
    "multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
    "vllm_mode": ("server", "colocate"),
    "vllm_model_impl": ("vllm", "transformers"),
    "vllm_importance_sampling_mode": ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"),
}
"""Of texts."""

_WORDS = {int: "an integer", float: "a number", bool: "true or false", str: "a text", dict: "a table", list: "a list"}


def check_settings(given: Mapping[str, Any], config: type[Any]) -> None:
    """Refuse values that TRL could not train with.

    Args:
        given: fields of the configuration, all of which exist.
        config: TRL's GRPOConfig.

    Raises:
        InvalidParameter: names the field, what was expected and what came.
    """
    hints = typing.get_type_hints(config)
    for name, value in given.items():
        if name in CHOICES:
            one_of("trainer", CHOICES[name], **{name: value})
            continue
        members = _members(hints[name])
        if not any(_fits(value, member) for member in members):
            raise InvalidParameter(f"trainer.{name}: expected {_described(members)}, got {value!r}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            within("trainer", **{"low": -math.inf, **LIMITS.get(name, {}), name: value})


def _members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a hint; beside an enumeration a text has to be one of its values."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return (hint,)
    members = typing.get_args(hint)
    listed = any(isinstance(member, enum.EnumMeta) for member in members)
    return tuple(member for member in members if not (listed and member is str))


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if typing.get_origin(hint) is typing.Literal:
        return value in typing.get_args(hint)
    kind: Any = typing.get_origin(hint) or hint
    if isinstance(kind, enum.EnumMeta):
        return value in _values(kind)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


def _values(kind: enum.EnumMeta) -> list[Any]:
    members: list[enum.Enum] = list(kind)
    return [member.value for member in members]


def _described(members: tuple[Any, ...]) -> str:
    words = []
    for member in members:
        kind: Any = typing.get_origin(member) or member
        if isinstance(kind, enum.EnumMeta):
            words.append(f"one of {', '.join(map(str, _values(kind)))}")
        elif kind is typing.Literal:
            words.append(f"one of {', '.join(map(repr, typing.get_args(member)))}")
        elif kind is not types.NoneType:
            words.append(_WORDS.get(kind, getattr(kind, "__name__", str(kind))))
    return " or ".join(words)
