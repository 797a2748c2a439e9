"""The SkyRL adapter against the part of its trainer that it meets, with responses aligned on the right."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.errors import InvalidParameter, MissingEvidence
from semuq_rl import Signal, extract_boxed, max_rl, seed_grpo
from semuq_rl.adapters.skyrl import estimator, modulated_batch, register, with_modulator
from semuq_rl.modulators import clip_cov

COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
UIDS = ["q", "r", "q", "r", "q", "r"]
ANSWERS = {10: "1", 11: "2", 12: "3"}


class Tokenizer:
    def decode(self, ids, skip_special_tokens=True):
        return rf"\boxed{{{ANSWERS[ids[-1]]}}}"


class Batch(dict):
    metadata = {"uids": UIDS}  # noqa: RUF012  # as SkyRL's has it


def batch():
    """Six rollouts of two questions; q's answers are 1, 1, 2 and r's 1, 2, 3."""
    last = [10, 10, 10, 11, 11, 12]
    lengths = [2, 1, 3, 3, 1, 2]
    mask = torch.zeros(6, 3, dtype=torch.long)
    sequences = torch.zeros(6, 5, dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, -length:] = 1
        sequences[row, -length:] = torch.tensor([7, 8, last[row]])[-length:]
    rewards = torch.zeros(6, 3)
    rewards[:, -1] = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    return Batch(sequences=sequences, response_mask=mask, rewards=rewards, rollout_logprobs=-0.5 * mask.float())


class Recorded:
    """The part of skyrl.train.trainer.RayPPOTrainer that the adapter meets."""

    def __init__(self, step_wise=False):
        self.cfg = SimpleNamespace(generator=SimpleNamespace(step_wise_trajectories=step_wise))
        self.tokenizer = Tokenizer()

    def compute_advantages_and_returns(self, data):
        totals = data["rewards"].sum(-1)
        means = {uid: totals[[u == uid for u in UIDS]].mean() for uid in set(UIDS)}
        centred = totals - torch.stack([means[uid] for uid in UIDS])
        data["advantages"] = centred[:, None] * data["response_mask"]
        data["returns"] = data["advantages"]
        return data


def test_advantages_are_damped_by_the_signal_of_their_question():
    trainer = with_modulator(Recorded, seed_grpo(alpha=1.0), signal=COUNTS, extract=extract_boxed)()
    before = Recorded().compute_advantages_and_returns(batch())["advantages"]
    data = trainer.compute_advantages_and_returns(batch())
    u = {"q": (np.log(3) - 2 / 3 * np.log(2)) / np.log(3), "r": 1.0}
    factor = torch.tensor([1 - u[uid] for uid in UIDS], dtype=torch.float32)
    torch.testing.assert_close(data["advantages"], before * factor[:, None], atol=1e-6, rtol=1e-5)
    assert torch.equal(data["returns"], data["advantages"])
    assert type(trainer).__name__ == "ModulatedRecorded"
    assert trainer.modulator_state.step == 1


def test_the_released_form_is_what_comes_without_a_choice():
    trainer = with_modulator(Recorded)()
    data = trainer.compute_advantages_and_returns(batch())
    assert trainer.modulation.signal.logprobs_source == "sampler"
    assert (data["advantages"].abs().sum() > 0).item()


def test_tokens_go_back_to_where_they_were():
    """A modulator of tokens sees responses from their first token, and the trainer gets them right-aligned."""
    data = Recorded().compute_advantages_and_returns(batch())
    data["rollout_logprobs"] = -torch.arange(18.0).reshape(6, 3) / 20 * data["response_mask"]
    before = data["advantages"].clone()
    modulated_batch(data, tokenizer=Tokenizer(), modulator=clip_cov(ratio=0.2, low=0.0, high=9.0))
    changed = (data["advantages"] != before).numpy()
    mask = data["response_mask"].numpy().astype(bool)
    assert changed.any()
    assert not changed[~mask].any()
    values, logs = before.numpy()[mask], data["rollout_logprobs"].numpy()[mask]
    own = np.zeros(mask.shape)
    own[mask] = (values - values.mean()) * (logs - logs.mean())
    assert own[changed].min() >= np.sort(own[mask])[-changed.sum()] - 1e-6


def test_an_estimator_reads_rewards_alone():
    data = batch()
    compute = estimator(max_rl())
    advantages, returns = compute(data["rewards"], data["response_mask"], index=np.array(UIDS), grpo_norm_by_std=True)
    assert advantages is returns
    np.testing.assert_allclose(advantages[0], [0, 0.5, 0.5], atol=1e-6)  # (1 - 2/3) / (2/3)
    with pytest.raises(MissingEvidence, match="which SkyRL does not hand to an estimator; use with_modulator"):
        estimator(seed_grpo(alpha=1.0))


def test_what_is_not_there_is_said():
    with pytest.raises(InvalidParameter, match="trainer: expected a SkyRL trainer, got object without"):
        with_modulator(object)
    with pytest.raises(InvalidParameter, match="step_wise_trajectories: expected false"):
        with_modulator(Recorded, max_rl())(step_wise=True).compute_advantages_and_returns(batch())
    with pytest.raises(ImportError, match="the adapter needs SkyRL"):
        register(max_rl(), name="max_rl")
