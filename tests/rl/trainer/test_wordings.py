"""Groups of wordings inside the trainer: centred over wordings times rollouts, kept whole, and trained."""

import numpy as np
import pytest
import torch
from datasets import Dataset
from trl import GRPOTrainer

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl import Signal, UncertaintyGRPOTrainer, VariantGroups, seed_grpo
from semuq_rl.rewards.variants import group_stability, information_consistency
from tests.tiny import policy

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning"),
    pytest.mark.filterwarnings("ignore:You are using 'rollout_func':UserWarning"),
]

GROUPS = VariantGroups(column="question", wordings=2)
WORDINGS = Dataset.from_dict({"prompt": ["1+1=", "1 + 1 =", "2+3=", "2 + 3 ="], "question": [1, 1, 2, 2]})
# Two questions of two wordings with two rollouts each.
ANSWERS = ("2", "2 2", "2", "4", "5", "5", "5", "5")
REWARDS = (1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0)


class Recording(UncertaintyGRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        self.output = super()._generate_and_score_completions(inputs)
        return self.output


def trained(folder, rewards, answers=ANSWERS, cls=Recording, config=(), **options):
    made = cls(
        model=policy.model(),
        reward_funcs=rewards if callable(rewards) else lambda completions, **columns: list(rewards),
        args=policy.config(folder, **{"num_generations": 2, "max_steps": 1, **dict(config)}),
        train_dataset=WORDINGS,
        processing_class=policy.tokenizer(),
        **({} if answers is None else {"rollout_func": policy.table_of(answers)}),
        **options,
    )
    made.train()
    return made


@pytest.mark.parametrize("scale", ["none", "group", "batch"])
def test_advantages_are_centred_over_wordings_and_rollouts(tmp_path, scale):
    made = trained(tmp_path, REWARDS, groups=GROUPS, config={"scale_rewards": scale})
    rewards = np.array(REWARDS).reshape(2, 4)
    expected = rewards - rewards.mean(axis=1, keepdims=True)
    if scale != "none":
        spread = rewards.std(axis=1, ddof=1, keepdims=True) if scale == "group" else rewards.std(ddof=1)
        expected = expected / (spread + 1e-4)
    np.testing.assert_allclose(made.output["advantages"].reshape(2, 4), expected, atol=1e-6)
    assert made.num_generations == 2
    # Without groups a wording alone is centred, and what wordings differ in is lost.
    alone = trained(tmp_path / "alone", REWARDS, config={"scale_rewards": "none"})
    assert (alone.output["advantages"].reshape(4, 2)[2] == 0).all()


def test_what_is_one_number_for_a_question_teaches_nothing_and_neither_do_equal_answers(tmp_path):
    def constant(texts):
        return [group_stability(texts[:1], texts[1:])] * len(texts)

    for place, rule in enumerate((constant, information_consistency)):
        made = trained(tmp_path / str(place), GROUPS.reward(rule), answers=("2 1",) * 8, groups=GROUPS)
        assert (made.output["advantages"] == 0).all()
    differ = ("2 4", "2", "2", "4", *ANSWERS[4:])
    made = trained(tmp_path / "differ", GROUPS.reward(information_consistency), answers=differ, groups=GROUPS)
    assert (made.output["advantages"][:4] != 0).any()


def test_a_signal_sees_the_answers_to_all_wordings(tmp_path):
    signal = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
    plain = trained(tmp_path / "plain", REWARDS, groups=GROUPS).output["advantages"].reshape(2, 4)
    damped = trained(tmp_path / "damped", REWARDS, groups=GROUPS, modulator=seed_grpo(alpha=0.5), signal=signal)
    # 2, 2 2, 2, 4: three meanings of four answers, by counts; 5, 5, 5, 5: one.
    u = -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25)) / np.log(4)
    expected = plain * torch.tensor([[1 - 0.5 * u], [1.0]])
    np.testing.assert_allclose(damped.output["advantages"].reshape(2, 4), expected, rtol=1e-5)


def test_real_steps_move_the_policy_and_the_wordings_stay_together(tmp_path):
    seen = []

    def rule(texts):
        seen.append(len(texts))
        return [sum(letter in "02468" for letter in text) for text in texts]

    made = trained(tmp_path, GROUPS.reward(rule), None, config={"max_steps": 3}, groups=GROUPS)
    assert seen == [2] * len(seen)
    assert made.state.global_step == 3
    assert not all(
        torch.equal(value, policy.weights(policy.model())[name]) for name, value in policy.weights(made.model).items()
    )
    orders = [list(made._get_train_sampler()) for _ in range(2)]
    for order in orders:
        blocks = np.array(order[:8]).reshape(2, 4)
        assert sorted(map(tuple, blocks)) == [(0, 0, 1, 1), (2, 2, 3, 3)]
        assert len(order) == len(made._get_train_sampler())


def test_one_wording_is_the_host_bit_for_bit(tmp_path):
    one = VariantGroups(column="prompt", wordings=1)
    host = trained(tmp_path / "host", policy.even_digits, None, GRPOTrainer)
    own = trained(tmp_path / "own", policy.even_digits, None, groups=one)
    for name, value in policy.weights(own.model).items():
        assert torch.equal(value, policy.weights(host.model)[name]), name


def test_cut_groups_are_refused(tmp_path):
    with pytest.raises(InvalidParameter, match=r"generation_batch_size: expected a multiple of 8 .* got 4, which cuts"):
        trained(
            tmp_path,
            REWARDS,
            groups=VariantGroups(column="question", wordings=2),
            config={"num_generations": 4, "per_device_train_batch_size": 4},
        )
    with pytest.raises(InvalidSamples, match="question=1: expected 3 wordings, got 2"):
        trained(tmp_path, REWARDS, groups=VariantGroups(column="question", wordings=3))
