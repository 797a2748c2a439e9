"""The slime adapter against rollout data as slime hands it to a custom advantage function."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl import Signal, entropy_advantage, extract_boxed, max_rl, seed_grpo, unlikeliness
from semuq_rl.adapters.slime import advantage_function

COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
ARGS = SimpleNamespace(n_samples_per_prompt=3, context_parallel_size=1)


class Tokenizer:
    def decode(self, ids, skip_special_tokens=True):
        return rf"\boxed{{{ids[-1]}}}"


def data(indices=(3, 5, 4, 0, 1, 2)):
    """Two questions, the second one's rollouts first; 7 7 8 and 7 8 9 are their answers."""
    last = {0: 7, 1: 8, 2: 9, 3: 7, 4: 7, 5: 8}
    raw = {0: 1.0, 1: 0.0, 2: 0.0, 3: 1.0, 4: 1.0, 5: 0.0}
    lengths = [1 + index % 3 for index in indices]
    means = {0: 1 / 3, 1: 2 / 3}
    return {
        "sample_indices": list(indices),
        "tokens": [
            torch.tensor([1, 2, 3, *[5] * (length - 1), last[i]]) for i, length in zip(indices, lengths, strict=True)
        ],
        "response_lengths": lengths,
        "loss_masks": [torch.ones(length) for length in lengths],
        "rollout_log_probs": [-0.1 * (1 + i) * torch.ones(length) for i, length in zip(indices, lengths, strict=True)],
        "rewards": [raw[i] - means[i // 3] for i in indices],
        "local_raw_reward": [raw[i] for i in indices],
        "kl": [torch.zeros(length) for length in lengths],
    }


def test_advantages_are_damped_by_the_signal_of_their_question():
    given = data()
    function = advantage_function(seed_grpo(alpha=1.0), tokenizer=Tokenizer(), signal=COUNTS, extract=extract_boxed)
    found = function(ARGS, given)
    u = [1.0, (np.log(3) - 2 / 3 * np.log(2)) / np.log(3)]
    for row, index in enumerate(given["sample_indices"]):
        expected = given["rewards"][row] * (1 - u[index // 3])
        np.testing.assert_allclose(given["advantages"][row], expected, atol=1e-6)
        assert given["advantages"][row].shape == (given["response_lengths"][row],)
        assert torch.equal(given["returns"][row], given["advantages"][row])
    assert found.state.step == 1
    assert function(ARGS, data()).state.step == 2


def test_rewards_before_slimes_own_normalisation_are_what_a_modulator_reads():
    given = data()
    advantage_function(max_rl())(ARGS, given)
    means = {0: 1 / 3, 1: 2 / 3}
    for row, index in enumerate(given["sample_indices"]):
        np.testing.assert_allclose(given["advantages"][row], given["rewards"][row] / means[index // 3], rtol=1e-6)


def test_log_probs_reach_the_modulator():
    given = data()
    advantage_function(unlikeliness(beta=0.5))(ARGS, given)
    # Of the two right answers of question 1, index 3 (one token, -0.4) is likelier than index 4 (two, -1.0).
    change = {
        i: float(given["advantages"][row][0]) - given["rewards"][row] for row, i in enumerate(given["sample_indices"])
    }
    assert change[4] > change[3]


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidSamples, match="expected 3 rollouts of each question on this rank, got 2 of question 1"):
        advantage_function(max_rl())(ARGS, data(indices=(0, 1, 2, 3, 4)))
    with pytest.raises(InvalidParameter, match="context_parallel_size: expected 1 with a modulator, got 2"):
        advantage_function(max_rl())(SimpleNamespace(n_samples_per_prompt=3, context_parallel_size=2), data())
    with pytest.raises(InvalidParameter, match=r"tokenizer: .* reads a signal over answers"):
        advantage_function()
    with pytest.raises(ValueError, match="entropies"):
        advantage_function(entropy_advantage())(ARGS, data())
