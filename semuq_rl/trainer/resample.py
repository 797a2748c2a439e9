"""DAPO's dynamic sampling inside TRL: groups whose rewards are all equal make room for other questions.

Between the host's generation and its advantages. TRL hands over the rows of a step as lists, which are filled again in
place: its own code then tokenises, centres and logs what was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray
from semuq_rl.modulators.dynamic_sampling import informative
from semuq_rl.trainer.gather import grouped_rewards
from semuq_rl.trainer.wordings import WordingSampler

__all__ = ["check_resampling", "mixed", "resampled"]

_COMPLETION_IDS, _COMPLETIONS, _EXTRA = 1, 3, 5
"""Places in what `GRPOTrainer._generate` returns."""


def mixed(rewards_per_func: Any, weights: Any, width: int) -> BoolArray:
    """(P,) which groups of `width` rows have rewards that differ; rewards (rows, functions), NaN for none."""
    return informative(*grouped_rewards(rewards_per_func, weights, width))


def resampled(
    trainer: Any,
    drawn: Sequence[Any],
    prompts: list[Any],
    inputs: list[Any],
    *,
    rounds: int,
    rollouts: int,
    wordings: int,
    generate: Callable[[list[Any]], Sequence[Any]],
    score: Callable[..., Any],
) -> tuple[tuple[Any, ...], Any, dict[str, float]]:
    """What was drawn, with other questions in place of those without a gradient; the rewards; and what to log.

    Args:
        drawn: what the host generated for all rows.
        prompts, inputs: the host's rows, changed in place.
        rounds: at most so often.
        rollouts, wordings: a group is so many rows.
        generate, score: the host's.
    """
    kept, n, width = list(drawn), len(prompts), rollouts * wordings
    rewards = score(_told(inputs, kept[_EXTRA]), prompts, kept[_COMPLETIONS], kept[_COMPLETION_IDS])
    again = np.zeros(n // width, dtype=bool)
    done = 0
    while done < rounds and not (fine := mixed(rewards, trainer.reward_weights, width)).all():
        places = np.flatnonzero(~fine)
        rows = [int(place) * width + own for place in places for own in range(width)]
        questions = _questions(trainer, len(places), wordings, done)
        for row, source in zip(rows, WordingSampler(questions, wordings, rollouts), strict=True):
            found = trainer.train_dataset[source]
            inputs[row] = {name: found[name] for name in inputs[row] if name in found}
            prompts[row] = inputs[row]["prompt"]
        part = list(generate([prompts[row] for row in rows]))
        pending = {name: list(values) for name, values in trainer._pending_extra_logs.items()}
        trainer._pending_extra_logs.clear()
        rewards[rows] = score(
            _told([inputs[row] for row in rows], part[_EXTRA]),
            [prompts[row] for row in rows],
            part[_COMPLETIONS],
            part[_COMPLETION_IDS],
        )
        kept = [_placed(own, new, rows) for own, new in zip(kept, part, strict=True)]
        for name, values in trainer._pending_extra_logs.items():
            pending[name] = _placed(pending.get(name, [None] * n), values, rows)
        trainer._pending_extra_logs.clear()
        trainer._pending_extra_logs.update(pending)
        again[places] = True
        done += 1
    left = ~mixed(rewards, trainer.reward_weights, width)
    return (
        tuple(kept),
        rewards,
        {
            "resample_rounds": float(done),
            "resampled": float(again.mean()),
            "resample_left": float(left.mean()),
        },
    )


def check_resampling(trainer: Any) -> None:
    """Refuse what cannot be drawn again row by row.

    Raises:
        InvalidParameter: several processes, tools, environments, images, or a data set without a length.
    """
    columns = set(trainer.train_dataset.column_names or ())
    reasons = {
        "one process: others would wait for rows that they do not draw": trainer.accelerator.num_processes > 1,
        "no tools or environments, whose state is made before the rows are known": bool(
            trainer.tools or trainer.environment_factories
        ),
        "no images, which are read before the rows are known": bool(columns & {"image", "images"}),
        "a data set with a length, to draw questions from": not hasattr(trainer.train_dataset, "__len__"),
    }
    for wanted, broken in reasons.items():
        if broken:
            raise InvalidParameter(f"resample_rounds: expected {wanted}; use dynamic_sampling() as the modulator")


def _questions(trainer: Any, count: int, wordings: int, number: int) -> list[int]:
    """So many questions; the same in a run that was resumed, since no generator has a state to lose."""
    step = trainer._step % trainer.args.gradient_accumulation_steps
    rng = np.random.default_rng((trainer.args.seed, int(trainer.state.global_step), step, number))
    there = len(trainer.train_dataset) // wordings
    return [int(own) for own in rng.choice(there, size=count, replace=count > there)]


def _told(inputs: Sequence[Any], extra: dict[str, Any]) -> list[Any]:
    """Rows as reward functions get them, with what a rollout function says beside its answers."""
    return [
        {**own, **{name: values[row] if isinstance(values, list) else values for name, values in extra.items()}}
        for row, own in enumerate(inputs)
    ]


def _placed(values: Any, part: Any, rows: Sequence[int]) -> Any:
    """A list with new entries in these rows; in each list of a dict; nothing where there was nothing."""
    if isinstance(values, dict):
        return {name: _placed(own, part[name], rows) for name, own in values.items()}
    if not isinstance(values, list) or not values:
        return values
    made = list(values)
    for row, new in zip(rows, part, strict=True):
        made[row] = new
    return made
