"""The OAT adapter: against a transcription of the learner's call, always; against OAT where it can be imported.

oat-llm 0.2.4 wants Python < 3.11, deepspeed, flash-attn and vLLM 0.8.4, which no machine without a GPU has, so CI has
none. The real class is met by unpacking its wheel (`pip download --no-deps --python-version 3.10 oat-llm==0.2.4`) onto
the path: the packages that only the GPU part needs are then stood in for, and the method under test is OAT's own.
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl import Signal, extract_boxed
from semuq_rl.adapters.oat import modulated_advantages, with_modulator
from semuq_rl.modulators import gtpo_entropy, seed_grpo

COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
ANSWERS = ["1", "1", "2", "?", "5", "6", "7", "8"]


class Tokenizer:
    """A token is a rollout's answer; 0 is padding."""

    def decode(self, ids, skip_special_tokens=True):
        return rf"\boxed{{{ANSWERS[ids[-1] - 100]}}}" if ids[-1] < 200 else "no answer"


class RecordedLearner:
    """The part of oat.algorithms.ppo.PPOLearner that the adapter meets."""

    def __init__(self, critic_type="drgrpo"):
        self.args = SimpleNamespace(num_samples=4, critic_type=critic_type)
        self.tokenizer = Tokenizer()

    def compute_monte_carlo_advantages(self, rewards, response_masks):
        del response_masks
        totals = rewards.sum(-1).view(-1, self.args.num_samples)
        advantages = totals - totals.mean(dim=1, keepdim=True)
        if self.args.critic_type == "grpo":
            advantages = advantages / (totals.std(dim=1, keepdim=True) + 1e-8)
        return advantages.view(-1)

    def learning_step(self, trajectory):
        rewards = torch.zeros(trajectory["input_ids"].shape)
        rewards[:, -1] = torch.tensor([float(own[-1]) for own in trajectory["rewards"]])
        return self.compute_monte_carlo_advantages(rewards, rewards)[:, None]


class OlderLearner(RecordedLearner):
    """As understand-r1-zero overrides it, for the versions of OAT of its time."""

    def compute_monte_carlo_advantages(self, rewards):
        return super().compute_monte_carlo_advantages(rewards, None)

    def learning_step(self, trajectory):
        rewards = torch.zeros(trajectory["input_ids"].shape)
        rewards[:, -1] = torch.tensor([float(own[-1]) for own in trajectory["rewards"]])
        return self.compute_monte_carlo_advantages(rewards)[:, None]


def trajectory():
    """Two questions, four rollouts each; rows as OAT's TransitionDataset collates them."""
    ids = torch.zeros(8, 6, dtype=torch.long)
    lengths = [2, 3, 2, 1, 2, 2, 3, 2]
    for row, length in enumerate(lengths):
        ids[row, : 2 + length] = 50
        ids[row, 1 + length] = 100 + row if ANSWERS[row] != "?" else 200
    return {
        "input_ids": ids,
        "prompt_ids_lens": [2] * 8,
        "action_logprobs": [[-0.5] * length for length in lengths],
        "rewards": [
            [0] * (length - 1) + [reward] for length, reward in zip(lengths, [1, 1, 0, 0, 1, 0, 0, 0], strict=True)
        ],
    }


def expected(alpha=1.0):
    masses = np.array([0.5, 0.25, 0.25])
    first = -(masses * np.log(masses)).sum() / np.log(4)
    return np.concatenate([np.array([0.5, 0.5, -0.5, -0.5]) * (1 - alpha * first), np.zeros(4)])


@pytest.mark.parametrize("learner", [RecordedLearner, OlderLearner])
def test_advantages_are_modulated_where_the_learner_computes_them(learner):
    made = with_modulator(learner, seed_grpo(alpha=1.0), signal=COUNTS)
    own = made()
    found = own.learning_step(trajectory())
    np.testing.assert_allclose(found[:, 0], expected(), atol=1e-6)
    assert made.__name__ == f"Modulated{learner.__name__}"
    assert own.modulation.signal.unparsable == 1
    assert own.modulator_state.step == 1


def test_a_division_by_the_groups_deviation_comes_before_and_takes_nothing_back():
    plain = RecordedLearner("grpo").learning_step(trajectory())
    changed = with_modulator(RecordedLearner, seed_grpo(alpha=1.0), signal=COUNTS)("grpo").learning_step(trajectory())
    factor = expected()[0] / 0.5
    np.testing.assert_allclose(changed[:4], plain[:4] * factor, rtol=1e-5)


def test_the_default_reads_the_actors_log_probs():
    own = with_modulator(RecordedLearner)()
    found = own.learning_step(trajectory())
    assert own.modulation.signal.logprobs_source == "sampler"
    assert (found[:3].abs() <= 0.5).all()
    assert (found[:3].abs() >= 0.5 / 1.0417 - 1e-6).all()


def test_what_is_no_learner_or_no_such_modulator_is_refused():
    with pytest.raises(
        InvalidParameter, match=r"^learner: expected a PPO learner of OAT, got int without learning_step"
    ):
        with_modulator(int)
    with pytest.raises(InvalidParameter, match=r"^modulator: expected one that works on prompts or responses"):
        with_modulator(RecordedLearner, gtpo_entropy())


def test_a_broken_group_is_refused():
    with pytest.raises(InvalidSamples, match=r"^advantages: expected a multiple of num_samples=4 rows, got 3"):
        modulated_advantages(
            torch.zeros(3), torch.zeros(3, 2), {}, num_samples=4, tokenizer=None, modulator=seed_grpo(alpha=1.0)
        )


MISSING = (
    "Levenshtein absl bitsandbytes datasets deepspeed einops fire flash_attn httpx jsonlines launchpad loralib "
    "ml_collections mosec msgspec optimum peft pylatexenc torchmetrics tree tyro vllm wandb"
)


class StandIns:
    """Finds what OAT wants and this environment lacks; last on the meta path, so never what is there."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in MISSING.split() else None

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__version__ = "0.0"
        return module

    def exec_module(self, module):
        pass


@pytest.mark.skipif(importlib.util.find_spec("oat") is None, reason="no oat-llm here: it wants Python < 3.11 and a GPU")
def test_oats_own_learner(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, StandIns()])
    monkeypatch.setitem(sys.modules, "oat.utils.ipc", MagicMock())  # shared memory of a pyarrow of long ago
    from oat.algorithms.ppo import PPOLearner

    learner = with_modulator(PPOLearner, seed_grpo(alpha=1.0), signal=COUNTS)
    own = learner.__new__(learner)
    own.args, own.tokenizer = SimpleNamespace(num_samples=4, critic_type="drgrpo"), Tokenizer()
    steps = trajectory()
    own._trajectory = steps
    rewards = torch.zeros(8, 6)
    rewards[:, -1] = torch.tensor([float(row[-1]) for row in steps["rewards"]])
    found = own.compute_monte_carlo_advantages(rewards, torch.ones(8, 6))
    np.testing.assert_allclose(found, expected(), atol=1e-6)
    plain = PPOLearner.compute_monte_carlo_advantages(own, rewards, torch.ones(8, 6))
    np.testing.assert_allclose(plain[:4], [0.5, 0.5, -0.5, -0.5])
    assert extract_boxed(Tokenizer().decode([100])) == "1"
