"""Dynamic sampling that draws again: other questions for groups without a gradient, bounded, and logged."""

import numpy as np
import pytest
import torch
from datasets import Dataset
from trl import GRPOTrainer

from semuq.errors import InvalidParameter
from semuq_rl import UncertaintyGRPOTrainer, VariantGroups
from tests.tiny import policy

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning"),
    pytest.mark.filterwarnings("ignore:You are using 'rollout_func':UserWarning"),
]

EQUAL, MIXED = ("2", "2", "2", "2"), ("4", "5", "6", "8")


class Recording(UncertaintyGRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        self.output = super()._generate_and_score_completions(inputs)
        self.rows = [(own["prompt"], own["number"]) for own in inputs]
        return self.output


def made(folder, *calls, cls=Recording, rewards=policy.even_digits, config=(), **options):
    """A trainer whose n-th generation gives the n-th of these lists of answers; the last from then on."""
    asked = []

    def rollouts(prompts, trainer):
        asked.append(list(prompts))
        table = calls[min(len(asked), len(calls)) - 1]
        return policy.table_of(table, said=list(table))(prompts, trainer)

    made = cls(
        model=policy.model(),
        reward_funcs=rewards,
        args=policy.config(folder, **{"max_steps": 1, "log_completions": True, "save_strategy": "no", **dict(config)}),
        train_dataset=Dataset.from_dict({"prompt": list(policy.PROMPTS), "number": [0, 1, 2, 3]}),
        processing_class=policy.tokenizer(),
        **({"rollout_func": rollouts} if calls else {}),
        **options,
    )
    made.asked = asked
    return made


def answers(trainer):
    return trainer.processing_class.batch_decode(trainer.output["completion_ids"], skip_special_tokens=True)


def test_a_group_whose_rewards_are_equal_makes_room_for_another_question(tmp_path):
    scored = []

    def reward(completions, said, number, log_extra, **columns):
        scored.append(len(completions))
        assert said == completions  # what the rollout function says goes with its rows
        log_extra("numbers", number)
        return policy.even_digits(completions)

    trainer = made(tmp_path, EQUAL + MIXED, EQUAL, MIXED, rewards=reward, resample_rounds=5)
    trainer.train()
    assert [len(own) for own in trainer.asked] == [8, 4, 4]
    assert scored == [8, 4, 4]
    assert answers(trainer) == [*MIXED, *MIXED]
    log = trainer.state.log_history[0]
    assert (log["modulation/resample_rounds"], log["modulation/resampled"]) == (2, 0.5)
    assert log["modulation/resample_left"] == log["frac_reward_zero_std"] == 0
    # Rows, prompts and the rest of a question go together; the other group is untouched.
    assert [prompt for prompt, _ in trainer.rows] == [*trainer.asked[2], *trainer.asked[0][4:]]
    assert all(policy.PROMPTS[number] == prompt for prompt, number in trainer.rows)
    assert list(trainer._logs["prompt"]) == [prompt for prompt, _ in trainer.rows]
    assert list(trainer._logs["extra"]["numbers"]) == [number for _, number in trainer.rows]
    rewards = np.array(policy.even_digits([*MIXED, *MIXED])).reshape(2, 4)
    np.testing.assert_allclose(
        trainer.output["advantages"].reshape(2, 4), rewards - rewards.mean(axis=1, keepdims=True), atol=1e-6
    )


def test_rounds_are_bounded(tmp_path):
    trainer = made(tmp_path, EQUAL + MIXED, EQUAL, resample_rounds=3)
    trainer.train()
    assert [len(own) for own in trainer.asked] == [8, 4, 4, 4]
    log = trainer.state.log_history[0]
    assert (log["modulation/resample_rounds"], log["modulation/resample_left"]) == (3, 0.5)


def test_mixed_groups_are_not_drawn_again_and_off_is_off(tmp_path):
    trainer = made(tmp_path / "mixed", MIXED + MIXED, resample_rounds=3)
    trainer.train()
    assert len(trainer.asked) == 1
    assert trainer.state.log_history[0]["modulation/resample_rounds"] == 0
    host = made(tmp_path / "host", cls=GRPOTrainer, config={"max_steps": 2})
    host.train()
    own = made(tmp_path / "own", resample_rounds=0, config={"max_steps": 2})
    own.train()
    for name, value in policy.weights(own.model).items():
        assert torch.equal(value, policy.weights(host.model)[name]), name


def test_real_generation_has_fewer_groups_without_a_gradient_and_repeats_itself(tmp_path):
    def first_is_even(completions, **columns):
        return [float(text[:1] in ("0", "2", "4", "6", "8")) for text in completions]

    options = {"rewards": first_is_even, "config": {"max_steps": 6}}
    runs = []
    for rounds in (4, 4, 0):
        runs.append(made(tmp_path / str(len(runs)), resample_rounds=rounds, **options))
        runs[-1].train()

    def share(run):
        return np.mean([log["frac_reward_zero_std"] for log in run.state.log_history[:-1]])

    assert share(runs[0]) < share(runs[2])
    for name, value in policy.weights(runs[0].model).items():
        assert torch.equal(value, policy.weights(runs[1].model)[name]), name


def test_wordings_are_drawn_again_together(tmp_path):
    groups = VariantGroups(column="half", wordings=2)
    trainer = made(tmp_path, EQUAL + MIXED, MIXED, resample_rounds=2, config={"num_generations": 2})
    with_halves = trainer.train_dataset.add_column("half", [0, 0, 1, 1])
    trainer = UncertaintyGRPOTrainer(
        model=policy.model(),
        reward_funcs=policy.even_digits,
        args=policy.config(tmp_path, num_generations=2, max_steps=1),
        train_dataset=with_halves,
        processing_class=policy.tokenizer(),
        rollout_func=trainer.rollout_func,
        groups=groups,
        resample_rounds=2,
    )
    trainer.train()
    again = list(trainer._logs["prompt"])[:4]
    assert again in (["1+1=", "1+1=", "2+3=", "2+3="], ["4+4=", "4+4=", "5+2=", "5+2="])


def test_refusals(tmp_path):
    with pytest.raises(InvalidParameter, match=r"UncertaintyGRPOTrainer.resample_rounds: expected a whole number >= 0"):
        made(tmp_path, resample_rounds=-1)
    stream = Dataset.from_dict({"prompt": list(policy.PROMPTS)}).to_iterable_dataset()
    with pytest.raises(InvalidParameter, match="resample_rounds: expected a data set with a length"):
        UncertaintyGRPOTrainer(
            model=policy.model(),
            reward_funcs=policy.even_digits,
            args=policy.config(tmp_path),
            train_dataset=stream,
            processing_class=policy.tokenizer(),
            resample_rounds=1,
        )
