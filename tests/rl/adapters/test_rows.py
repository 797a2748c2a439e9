"""Rows to groups and back: order, ragged groups and missing rollouts change nothing but places."""

import numpy as np
import pytest
import torch

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.errors import InvalidSamples, MissingEvidence
from semuq_rl import Signal, group_advantages, identity
from semuq_rl.adapters import default_signal, modulate_rows
from semuq_rl.modulators import empg, gtpo_entropy, mean_variance, seed_grpo

COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())


def test_without_a_modulator_it_is_dr_grpo():
    rewards = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    found = modulate_rows(rewards.ravel(), [0, 0, 0, 1, 1, 1], modulator=identity())
    np.testing.assert_array_equal(found.advantages, group_advantages(rewards).ravel())
    np.testing.assert_array_equal(found.advantages, found.before)


def test_the_signal_is_that_of_each_groups_answers():
    answers = ["2", "2", "2", "3", "51", "41", "31", "21"]
    found = modulate_rows(
        [1, 1, 1, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4, modulator=seed_grpo(alpha=1.0), signal=COUNTS, answers=answers
    )
    three_to_one = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(4)
    np.testing.assert_allclose(found.signal.values, [three_to_one, 1.0])
    np.testing.assert_allclose(found.advantages[:4], np.array([0.25, 0.25, 0.25, -0.75]) * (1 - three_to_one))
    np.testing.assert_allclose(found.advantages[4:], 0, atol=1e-15)


def test_any_order_of_the_rows_gives_the_same_in_that_order():
    rng = np.random.default_rng(0)
    rewards, index = rng.integers(0, 2, 12).astype(float), np.repeat(["a", "b", "c"], 4)
    answers = [str(own) for own in rng.integers(0, 3, 12)]
    order = rng.permutation(12)
    options = {"modulator": seed_grpo(alpha=0.7, shape="reciprocal"), "signal": COUNTS}
    straight = modulate_rows(rewards, index, answers=answers, **options)
    mixed = modulate_rows(rewards[order], index[order], answers=[answers[row] for row in order], **options)
    np.testing.assert_allclose(mixed.advantages, straight.advantages[order])


def test_a_rollout_without_reward_or_token_is_left_out_of_its_group():
    mask = np.ones((4, 3))
    mask[2] = 0
    found = modulate_rows([1.0, 0.0, 0.0, np.nan], [0, 0, 0, 0], modulator=identity(), token_mask=mask)
    np.testing.assert_array_equal(found.advantages, [0.5, -0.5, 0, 0])


def test_a_step_without_any_reward_is_all_zero_and_keeps_the_state():
    found = modulate_rows([np.nan, np.nan], [0, 0], modulator=seed_grpo(alpha=0.5), state="kept", signal=COUNTS)
    assert found.advantages.tolist() == [0, 0]
    assert found.state == "kept"


def test_groups_of_different_sizes():
    found = modulate_rows([1, 0, 1, 0, 0], ["a", "a", "b", "b", "b"], modulator=identity())
    np.testing.assert_allclose(found.advantages, [0.5, -0.5, 2 / 3, -1 / 3, -1 / 3])


def test_one_rollout_per_question_has_no_advantage():
    found = modulate_rows([1, 0], [0, 1], modulator=seed_grpo(alpha=1.0), signal=COUNTS, answers=["1", "2"])
    assert found.advantages.tolist() == [0, 0]


def test_token_level_modulators_give_rows_of_tokens():
    mask = np.array([[1, 1, 0], [1, 1, 1], [1, 1, 1]])
    entropies = np.array([[0.1, 0.9, 0.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])
    options = {"token_mask": mask, "entropies": entropies}
    found = modulate_rows([1, 1, 0], [0, 0, 0], modulator=gtpo_entropy(form="added"), **options)
    assert found.advantages.shape == (3, 3)
    assert found.advantages[0, 2] == 0
    assert found.advantages[0, 1] > found.advantages[0, 0]  # the uncertain token of a right rollout gains


def test_tensors_in_half_precision_are_read_exactly():
    rewards = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.bfloat16)
    values = torch.tensor([0.5, 0.5, 0.25, 0.25], dtype=torch.float16)
    found = modulate_rows(rewards, [0, 0, 1, 1], modulator=seed_grpo(alpha=1.0), values=values)
    np.testing.assert_array_equal(found.advantages, [0.25, -0.25, 0.375, -0.375])


def test_the_state_goes_on():
    modulator = mean_variance(beta=0.5, centre="running")
    first = modulate_rows([1, 0], [0, 0], modulator=modulator)
    second = modulate_rows([1, 1], [0, 0], modulator=modulator, state=first.state)
    assert second.state != first.state


def test_all_unparsable_keeps_the_advantages():
    found = modulate_rows([1, 0], [0, 0], modulator=seed_grpo(alpha=1.0), signal=COUNTS, answers=[None, ""])
    np.testing.assert_array_equal(found.advantages, found.before)
    assert found.signal.failed == 1


def test_the_default_signal_is_the_released_codes():
    mask, logprobs = np.ones((2, 2)), np.log([[0.5, 0.5], [0.25, 0.25]])
    options = {"token_mask": mask, "logprobs": logprobs, "logprobs_source": "old"}
    found = modulate_rows(
        [1, 0], [0, 0], modulator=seed_grpo(alpha=1.0), signal=default_signal(), answers=["1", "2"], **options
    )
    masses = np.array([2 / 3, 1 / 3])  # mean log-probs log 1/2 and log 1/4
    np.testing.assert_allclose(found.signal.raw, -(masses * np.log(masses)).sum())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"index": [0]}, InvalidSamples, "^index: expected a question for each"),
        ({"modulator": seed_grpo(alpha=0.5)}, MissingEvidence, "^signal: .* needs one, got None"),
        ({"modulator": seed_grpo(alpha=0.5), "signal": COUNTS}, MissingEvidence, "^answers: .* needs a signal"),
        (
            {"modulator": seed_grpo(alpha=0.5), "values": [0.1, 0.2]},
            InvalidSamples,
            "^values: expected the same signal",
        ),
        ({"logprobs": [[0.0], [0.0]]}, MissingEvidence, "^token_mask: expected"),
        ({"modulator": empg()}, MissingEvidence, "^token_mask: .* works on tokens"),
        ({"answers": ["1"]}, InvalidSamples, "^answers: expected 2 of them, as rewards, got 1"),
        ({"modulator": seed_grpo(alpha=0.5), "values": [0.1]}, InvalidSamples, "^rows: expected 2 of them"),
    ],
)
def test_refusals(options, error, message):
    with pytest.raises(error, match=message):
        modulate_rows([1, 0], **({"index": [0, 0], "modulator": identity()} | options))
