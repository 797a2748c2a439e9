"""The order of a data set whose rows come in groups of wordings: questions are shuffled, wordings stay together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import Sampler
from trl.trainer.utils import RepeatSampler

from semuq.errors import InvalidParameter
from semuq_rl.groups.variants import VariantGroups

__all__ = ["WordingSampler", "check_wordings", "wording_sampler"]


class WordingSampler(Sampler[int]):
    """Rows in the order of questions: each wording of a question, as often as it has rollouts."""

    def __init__(self, questions: Any, wordings: int, rollouts: int) -> None:
        self.questions, self.wordings, self.rollouts = questions, wordings, rollouts

    def __iter__(self) -> Iterator[int]:
        for question in self.questions:
            for wording in range(self.wordings):
                for _ in range(self.rollouts):
                    yield question * self.wordings + wording

    def __len__(self) -> int:
        return len(self.questions) * self.wordings * self.rollouts


def wording_sampler(trainer: Any, groups: VariantGroups, dataset: Any) -> WordingSampler:
    """The host's sampler, over questions in place of rows."""
    questions = RepeatSampler(
        data_source=range(len(dataset) // groups.wordings),
        mini_repeat_count=1,
        batch_size=trainer.args.generation_batch_size // (trainer.num_generations * groups.wordings),
        repeat_count=trainer.num_iterations * trainer.args.steps_per_generation,
        shuffle=trainer.shuffle_dataset,
        seed=trainer.args.seed,
    )
    return WordingSampler(questions, groups.wordings, trainer.num_generations)


def check_wordings(trainer: Any, groups: VariantGroups) -> None:
    """Refuse what would cut a group.

    Raises:
        InvalidParameter: the data set is a stream, or a process's rows of a generation do not hold whole groups.
        InvalidSamples: the wordings of a question are not all there, next to each other.
    """
    dataset = trainer.train_dataset
    if not hasattr(dataset, "__len__"):
        raise InvalidParameter(f"train_dataset: groups need one with a length, got {type(dataset).__name__}")
    groups.check(dataset)
    rows = trainer.args.generation_batch_size // trainer.accelerator.num_processes
    together = trainer.num_generations * groups.wordings
    if rows % together:
        raise InvalidParameter(
            f"args.generation_batch_size: expected a multiple of {together} (num_generations times wordings) rows for "
            f"each process, got {rows}, which cuts a group"
        )
