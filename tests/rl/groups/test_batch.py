"""GroupBatch: what it keeps, what it refuses, and what is computed from it."""

import subprocess
import sys

import numpy as np
import pytest

from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq_rl import GroupBatch, behaviour_logprobs, broadcast_tokens, group_advantages

PLAIN = {"prompts": ["a", "b"], "texts": [["1", "2", "3"], ["4", "5", ""]], "rewards": [[1, 0, 0], [1, 0, 0]]}
TOKENS = {
    "mask": [[1, 1, 1], [1, 1, 0]],
    "token_mask": [[[1, 1], [1, 0], [0, 0]], [[1, 1], [1, 1], [1, 1]]],
    "logprobs": [[[-1, -2], [-3, 9], [9, 9]], [[-1, -1], [-1, -1], [np.nan, 9]]],
    "logprobs_source": "sampler",
    "entropies": np.ones((2, 3, 2)),
}


def test_ragged_groups_hold_zeros_where_nothing_is():
    batch = GroupBatch(**{**PLAIN, "rewards": [[1, 0, 0], [1, 0, np.nan]]}, **TOKENS)
    assert repr(batch) == "GroupBatch(prompts=2, rollouts=5)"
    np.testing.assert_allclose(batch.advantages, [[2 / 3, -1 / 3, -1 / 3], [0.5, -0.5, 0.0]])
    assert batch.rewards[1, 2] == 0
    assert batch.logprobs[0].tolist() == [[-1, -2], [-3, 0], [0, 0]]
    assert not batch.token_mask[1, 2].any()
    assert batch.rollouts(1).tolist() == [0, 1]
    assert batch.texts[1] == ("4", "5", "")
    with pytest.raises(ValueError, match="read-only"):
        batch.rewards[0, 0] = 5


def test_tensors_are_taken():
    torch = pytest.importorskip("torch")
    batch = GroupBatch(**{**PLAIN, "rewards": torch.tensor([[1.0, 0, 0], [1, 0, 0]], dtype=torch.bfloat16)})
    assert batch.rewards.dtype == np.float64
    assert batch.rewards.tolist() == [[1, 0, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rewards": [[1, np.nan, 0], [1, 0, 0]]}, r"rewards\[0, 1\]: expected a finite number, got nan; drop the"),
        ({"rewards": [[1, np.inf, 0], [1, 0, 0]]}, r"rewards\[0, 1\]: .*got inf"),
        ({"rewards": [1, 0]}, r"rewards: expected shape \(prompts, rollouts\), got \(2,\)"),
        ({"rewards": [[1, 0], [1]]}, "rewards: expected numbers in a rectangular array.*pad ragged groups"),
        ({"rewards": [["x", 0, 0], [0, 0, 0]]}, "rewards: expected numbers"),
        ({"mask": [[1, 1, 1], [0, 0, 0]]}, r"mask\[1\]: expected at least one rollout.*leave the question out"),
        ({"mask": [[1, 1, 1]]}, r"mask: expected shape \(2, 3\), got \(1, 3\)"),
        ({"mask": [[1, 1, 2], [1, 1, 1]]}, "mask: expected True and False, got 2"),
        ({"prompts": ["a"]}, "prompts: expected a list of 2, one per row of rewards, got 1"),
        ({"prompts": ["a", 3]}, r"prompts\[1\]: expected str, got int"),
        ({"texts": [["1", "2"], ["3"]]}, r"texts\[0\]: expected 3 texts.*pad short groups"),
        ({"texts": [["1", "2", None], ["3", "4", "5"]]}, r"texts\[0\]\[2\]: expected str, got NoneType"),
        ({"advantages": [[0.0, 0.0]]}, r"advantages: expected shape \(2, 3\)"),
        ({"advantages": [[np.nan, 0, 0], [0, 0, 0]]}, r"advantages\[0, 0\]: .*division by zero"),
        ({"logprobs": np.zeros((2, 3, 4))}, r"token_mask: expected \(P, G, T\) bool to go with logprobs"),
        ({"token_mask": np.ones((2, 3))}, "token_mask: expected shape"),
        ({**TOKENS, "logprobs": np.full((2, 3, 2), -np.inf)}, r"logprobs\[0, 0, 0\]: .*-inf; drop the rollout or"),
        ({**TOKENS, "logprobs": np.ones((2, 3, 2))}, "logprobs: expected natural logs <= 0, got 1"),
        ({**TOKENS, "logprobs": np.zeros((2, 3, 5))}, r"logprobs: expected shape \(2, 3, 2\)"),
        ({**TOKENS, "logprobs_source": None}, "logprobs_source: expected one of .*behaviour_logprobs"),
        ({**TOKENS, "entropies": -np.ones((2, 3, 2))}, "entropies: expected nats >= 0, got -1"),
        ({"prompt_logprobs": [[-1.0]]}, "prompt_logprobs: expected 2 arrays"),
        ({"prompt_logprobs": [[-1.0], []]}, r"prompt_logprobs\[1\]: expected a flat list"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    with pytest.raises(InvalidSamples, match=message):
        GroupBatch(**{**PLAIN, **change})


def test_group_advantages_by_hand():
    rewards, mask = [[1.0, 0.0, 9.0], [1.0, 1.0, 1.0]], [[1, 1, 0], [1, 1, 1]]
    assert group_advantages(rewards, mask).tolist() == [[0.5, -0.5, 0.0], [0.0, 0.0, 0.0]]
    deviation = np.std([1.0, 0.0], ddof=1)
    scaled = group_advantages(rewards, mask, scale="group", epsilon=1e-4)
    np.testing.assert_allclose(scaled[0], [0.5 / (deviation + 1e-4), -0.5 / (deviation + 1e-4), 0])
    spread = np.std([1.0, 0.0, 1.0, 1.0, 1.0], ddof=1)
    np.testing.assert_allclose(group_advantages(rewards, mask, scale="batch", epsilon=0.0)[0, 0], 0.5 / spread)
    with pytest.raises(InvalidParameter, match="scale: expected one of"):
        group_advantages(rewards, mask, scale="std")


def test_equal_rewards_have_no_gradient_whatever_the_rounding():
    rewards = np.full((1, 7), 0.1)
    for scale in ("none", "group", "batch"):
        assert (group_advantages(rewards, scale=scale) == 0).all()


def test_group_std_cancels_a_factor_per_group():
    rewards = np.random.default_rng(0).random((4, 6))
    factor = np.array([[1.0], [0.5], [0.9], [0.1]])
    plain = group_advantages(rewards, scale="group", epsilon=0.0)
    np.testing.assert_allclose(group_advantages(rewards * factor, scale="group", epsilon=0.0), plain)


def test_one_rollout_has_advantage_zero():
    for scale in ("none", "group", "batch"):
        assert group_advantages([[3.0]], scale=scale).tolist() == [[0.0]]


def test_behaviour_logprobs_takes_the_best_source():
    assert behaviour_logprobs(sampler=1, old=2) == (1, "sampler")
    assert behaviour_logprobs(old=2, recompute=lambda: 3) == (2, "old")
    assert behaviour_logprobs(recompute=lambda: 3) == (3, "recomputed")
    with pytest.raises(MissingEvidence, match="DiscreteSemanticEntropy"):
        behaviour_logprobs()


def test_broadcast_checks_shapes():
    with pytest.raises(InvalidSamples, match="advantages: expected shape"):
        broadcast_tokens([[1.0]], np.ones((1, 2, 3)))


@pytest.mark.slow
def test_public_names_resolve_and_torch_stays_out():
    code = (
        "import sys, semuq_rl, semuq_rl.rewards, semuq_rl.modulators.laws\n"
        "pure = set(semuq_rl.__all__) - {'UncertaintyGRPOTrainer', 'WeightedDPOTrainer'}\n"
        "assert all(getattr(semuq_rl, name) is not None for name in pure)\n"
        "assert 'torch' not in sys.modules, 'torch was imported'\n"
        "try:\n    semuq_rl.nothing\nexcept AttributeError:\n    pass\nelse:\n    raise AssertionError\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.slow
def test_the_core_does_not_know_the_rl_package():
    code = "import sys, semuq; [getattr(semuq, n) for n in ('Evidence', 'SemanticEntropy', 'evaluate', 'ExactMatch')]\n"
    code += "assert not [name for name in sys.modules if name.startswith('semuq_rl')]"
    subprocess.run([sys.executable, "-c", code], check=True)
