"""slime: any modulator as its custom advantage function, `--custom-advantage-function-path my_module.advantages`.

    # my_module.py
    from semuq_rl.adapters.slime import advantage_function
    advantages = advantage_function(tokenizer=AutoTokenizer.from_pretrained(...))    # SEED-GRPO as released

slime calls it on each rank with that rank's share of the rollouts, after its own normalisation of rewards
(`--disable-grpo-std-normalization` for Dr.GRPO). A group must be whole on its rank: do not balance data over ranks.
Written against slime 624b824; log-probs are cut by context parallelism, which is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.adapters.rows import RowModulation, as_released, modulate_rows
from semuq_rl.groups.answers import Extract, extract_boxed
from semuq_rl.groups.signals import Signal
from semuq_rl.modulators import Modulator

__all__ = ["advantage_function"]


def advantage_function(
    modulator: Modulator | None = None,
    *,
    tokenizer: Any = None,
    signal: Signal | None = None,
    extract: Extract = extract_boxed,
    state: Any = None,
) -> Callable[[Any, dict[str, Any]], RowModulation]:
    """A function (args, rollout_data) that writes `advantages` and `returns`, a list of (length,) tensors each.

    Args:
        modulator: None is SEED-GRPO as released.
        tokenizer: decodes rollouts, where the modulator reads a signal.
        signal: None is the released code's, where the modulator reads one.
        extract: a rollout -> its answer or None.
        state: the modulator's after the step at which a run goes on; slime's checkpoints do not hold it.

    Raises:
        InvalidParameter: the modulator reads a signal and there is no tokenizer.
    """
    chosen, measured = as_released(modulator, signal)
    reads = "signal" in chosen.claims.needs
    if reads and tokenizer is None:
        raise InvalidParameter(f"tokenizer: {chosen} reads a signal over answers, got None; pass the model's tokenizer")
    kept = state

    def advantages(args: Any, rollout_data: dict[str, Any]) -> RowModulation:
        nonlocal kept
        if getattr(args, "context_parallel_size", 1) > 1:
            raise InvalidParameter(
                f"context_parallel_size: expected 1 with a modulator, got {args.context_parallel_size}: each rank has "
                "pieces of every rollout then"
            )
        groups = _groups(rollout_data["sample_indices"], args.n_samples_per_prompt)
        lengths = [int(length) for length in rollout_data["response_lengths"]]
        longest = max(lengths)
        token_mask = np.arange(longest) < np.array(lengths)[:, None]
        for row, own in enumerate(rollout_data["loss_masks"]):
            token_mask[row, : lengths[row]] &= np.asarray(own.cpu() if hasattr(own, "cpu") else own).astype(bool)
        ids = np.zeros(token_mask.shape, dtype=np.int64)
        answers: list[str | None] | None = [] if reads else None
        for row, (tokens, length) in enumerate(zip(rollout_data["tokens"], lengths, strict=True)):
            response = np.asarray(tokens.cpu() if hasattr(tokens, "cpu") else tokens)[-length:]
            ids[row, :length] = response
            if answers is not None:
                answers.append(extract(tokenizer.decode(response.tolist(), skip_special_tokens=True)))
        sampler = rollout_data.get("rollout_log_probs")
        logs = sampler or rollout_data.get("log_probs")
        found = modulate_rows(
            rollout_data.get("local_raw_reward") or rollout_data["rewards"],
            groups,
            modulator=chosen,
            state=kept,
            signal=measured,
            answers=answers,
            advantages=rollout_data["rewards"],
            token_mask=token_mask,
            logprobs=None if not logs else _padded(logs, longest),
            logprobs_source=None if not logs else "sampler" if sampler else "old",
            token_ids=ids,
        )
        kept = found.state
        like = rollout_data["kl"]
        rollout_data["advantages"] = [
            own.new_tensor(row[:length] if row.ndim else np.full(length, row))
            for own, row, length in zip(like, found.advantages, lengths, strict=True)
        ]
        rollout_data["returns"] = [own.clone() for own in rollout_data["advantages"]]
        return found

    return advantages


def _groups(indices: Any, size: int) -> list[int]:
    """The question of each rollout; samples of a question are numbered one after another."""
    groups = [int(index) // size for index in indices]
    cut = [group for group, count in Counter(groups).items() if count != size]
    if cut:
        raise InvalidSamples(
            f"sample_indices: expected {size} rollouts of each question on this rank, got {Counter(groups)[cut[0]]} of "
            f"question {cut[0]}; leave --balance-data out, so that groups stay whole"
        )
    return groups


def _padded(rows: Any, longest: int) -> Any:
    padded = np.zeros((len(rows), longest))
    for row, own in enumerate(rows):
        values = np.asarray(own.detach().cpu() if hasattr(own, "detach") else own, dtype=np.float64)
        padded[row, : len(values)] = values
    return padded
