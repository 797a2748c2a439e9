"""The verl adapter: against a transcription of the call it gets, always; against verl itself where it is installed.

verl pins versions that go with nothing else here (transformers < 5.11), so CI has none; with it, in an environment of
its own: `pip install verl`, then this file. The transcription is of verl 0.9.1 (verl/trainer/ppo/core_algos.py
`register_adv_est`, verl/trainer/ppo/ray_trainer.py `compute_advantage`, the branch of registered estimators).
"""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.errors import MissingEvidence, MissingExtra
from semuq_rl import Signal, extract_boxed
from semuq_rl.adapters.verl import ANSWER, SIGNAL, VerlEstimator, hand_over, register
from semuq_rl.modulators import mean_variance, seed_grpo

REAL = importlib.util.find_spec("verl") is not None
COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
UIDS = np.array(["a", "b", "a", "b"], dtype=object)
REWARDS = [1.0, 1.0, 0.0, 0.0]


def recorded():
    """Modules with the part of verl that the adapter meets."""
    core, trainer, user = (ModuleType(f"verl.{name}") for name in ("core_algos", "ray_trainer", "user"))
    core.ADV_ESTIMATOR_REGISTRY = {"grpo": "verl's own"}

    def register_adv_est(name):
        def decorator(fn):
            if name in core.ADV_ESTIMATOR_REGISTRY and core.ADV_ESTIMATOR_REGISTRY[name] != fn:
                raise ValueError(f"Adv estimator {name} has already been registered")
            core.ADV_ESTIMATOR_REGISTRY[name] = fn
            return fn

        return decorator

    def compute_advantage(
        data, adv_estimator, gamma=1.0, lam=1.0, num_repeat=1, norm_adv_by_std_in_grpo=True, config=None
    ):
        kwargs = {
            "token_level_rewards": data.batch["token_level_rewards"],
            "response_mask": data.batch["response_mask"],
            "config": config,
        }
        if "uid" in data.non_tensor_batch:
            kwargs["index"] = data.non_tensor_batch["uid"]
        if "reward_baselines" in data.batch:
            kwargs["reward_baselines"] = data.batch["reward_baselines"]
        advantages, returns = core.ADV_ESTIMATOR_REGISTRY[adv_estimator](**kwargs)
        data.batch["advantages"], data.batch["returns"] = advantages, returns
        return data

    core.register_adv_est = register_adv_est
    trainer.compute_advantage = user.compute_advantage = compute_advantage
    package = ModuleType("verl")
    package.trainer = ModuleType("verl.trainer")
    package.trainer.ppo = ModuleType("verl.trainer.ppo")
    package.trainer.ppo.core_algos, package.trainer.ppo.ray_trainer = core, trainer
    return {
        "verl": package,
        "verl.trainer": package.trainer,
        "verl.trainer.ppo": package.trainer.ppo,
        "verl.trainer.ppo.core_algos": core,
        "verl.trainer.ppo.ray_trainer": trainer,
        "verl.user": user,
    }


@pytest.fixture(params=["recorded", pytest.param("real", marks=pytest.mark.skipif(not REAL, reason="no verl here"))])
def verl(request, monkeypatch):
    """verl's registry and its compute_advantage, put back afterwards."""
    if request.param == "recorded":
        for name, module in recorded().items():
            monkeypatch.setitem(sys.modules, name, module)
    from verl.trainer.ppo import core_algos, ray_trainer

    monkeypatch.setattr(core_algos, "ADV_ESTIMATOR_REGISTRY", dict(core_algos.ADV_ESTIMATOR_REGISTRY))
    return SimpleNamespace(core_algos=core_algos, ray_trainer=ray_trainer, real=request.param == "real")


def batch(verl, tensors=None, **others):
    """Four rollouts of two questions, three tokens at most, as verl's DataProto."""
    mask = torch.tensor([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]])
    rewards = torch.zeros(4, 3)
    for row, value in enumerate(REWARDS):
        rewards[row, int(mask[row].sum()) - 1] = value
    own = {"token_level_rewards": rewards, "response_mask": mask, **(tensors or {})}
    arrays = {"uid": UIDS, **{name: np.array(value) for name, value in others.items()}}
    if verl.real:
        from verl import DataProto

        return DataProto.from_dict(tensors=own, non_tensors=arrays)
    return SimpleNamespace(batch=own, non_tensor_batch=arrays)


def advantages(data):
    return data.batch["advantages"][:, 0].tolist()


def test_what_reads_rewards_alone_needs_no_handing_over(verl):
    register(mean_variance(beta=0.5), name="mv")
    data = verl.ray_trainer.compute_advantage(batch(verl), "mv")
    # Half of each group is right: 1 - 2 m = 0, so nothing changes.
    assert advantages(data) == [0.5, 0.5, -0.5, -0.5]
    assert data.batch["advantages"][2].tolist() == [-0.5, 0, 0]
    assert data.batch["returns"] is not None


def test_answers_of_the_reward_function_are_the_signal(verl):
    register(seed_grpo(alpha=1.0), signal=COUNTS)
    undo = hand_over()
    try:
        data = verl.ray_trainer.compute_advantage(batch(verl, **{ANSWER: ["1", "7", "2", "7"]}), "seed_grpo")
    finally:
        undo()
    assert advantages(data) == [0, 0.5, 0, -0.5]


def test_the_default_is_seed_as_released_with_old_log_probs(verl):
    estimator = register()
    undo = hand_over()
    try:
        logprobs = torch.log(torch.tensor([[0.5] * 3, [0.5] * 3, [0.5] * 3, [0.25] * 3]))
        data = batch(verl, {"old_log_probs": logprobs}, **{ANSWER: ["1", "7", "2", "8"]})
        data = verl.ray_trainer.compute_advantage(data, "seed_grpo")
    finally:
        undo()
    assert estimator.last.signal.logprobs_source == "old"
    third = -(2 / 3 * np.log(2 / 3) + np.log(1 / 3) / 3)
    factors = [1 / 1.0417, 1 / (1 + 0.0417 * third / np.log(2))]
    np.testing.assert_allclose(advantages(data), np.array([0.5, 0.5, -0.5, -0.5]) * [*factors, *factors], rtol=1e-5)


def test_the_samplers_log_probs_go_first(verl):
    estimator = register()
    undo = hand_over()
    try:
        own = {"old_log_probs": -torch.ones(4, 3), "rollout_log_probs": -torch.ones(4, 3)}
        verl.ray_trainer.compute_advantage(batch(verl, own, **{ANSWER: ["1", "7", "2", "7"]}), "seed_grpo")
    finally:
        undo()
    assert estimator.last.signal.logprobs_source == "sampler"


def test_the_signal_itself_may_come_from_the_reward_function(verl):
    register(seed_grpo(alpha=1.0))
    undo = hand_over()
    try:
        data = verl.ray_trainer.compute_advantage(batch(verl, **{SIGNAL: [0.5, 0.0, 0.5, 0.0]}), "seed_grpo")
    finally:
        undo()
    assert advantages(data) == [0.25, 0.5, -0.25, -0.5]


def test_rollouts_are_decoded_where_there_are_no_answers(verl):
    class Tokenizer:
        def decode(self, ids, skip_special_tokens):
            return rf"\boxed{{{'-'.join(map(str, ids))}}}"

    signal = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=extract_boxed)
    register(seed_grpo(alpha=1.0), signal=signal, tokenizer=Tokenizer())
    undo = hand_over()
    try:
        responses = torch.tensor([[5, 6, 7], [8, 9, 0], [5, 0, 0], [8, 9, 1]])
        data = verl.ray_trainer.compute_advantage(batch(verl, {"responses": responses}), "seed_grpo")
    finally:
        undo()
    # The padding of row 1 is no part of its answer, so 8-9 and 8-9-1 differ.
    assert advantages(data) == [0, 0, 0, 0]


def test_without_handing_over_a_signal_is_missing_and_the_message_says_so(verl):
    register(seed_grpo(alpha=1.0))
    with pytest.raises(MissingEvidence, match=r"^answers: .* needs a signal and the signal compares answers"):
        verl.ray_trainer.compute_advantage(batch(verl), "seed_grpo")


def test_handing_over_reaches_modules_that_imported_the_function_and_is_undone(verl):
    original = verl.ray_trainer.compute_advantage
    undo = hand_over()
    assert verl.ray_trainer.compute_advantage is not original
    if not verl.real:
        assert sys.modules["verl.user"].compute_advantage is verl.ray_trainer.compute_advantage
    undo()
    assert verl.ray_trainer.compute_advantage is original
    if not verl.real:
        assert sys.modules["verl.user"].compute_advantage is original


def test_a_name_is_taken_once(verl):
    register(seed_grpo(alpha=1.0))
    with pytest.raises(ValueError, match="already been registered"):
        register(seed_grpo(alpha=0.5))


@pytest.mark.skipif(not REAL, reason="no verl here; it is verl's own estimator that is compared with")
def test_without_a_modulator_it_is_verls_own_grpo():
    from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage

    from semuq_rl.modulators import identity

    rng = torch.Generator().manual_seed(0)
    mask = torch.ones(8, 5)
    rewards = torch.zeros(8, 5)
    rewards[:, -1] = torch.randint(0, 2, (8,), generator=rng).float()
    index = np.array(["a", "b"] * 4, dtype=object)
    for scale, divide in (("none", False), ("group", True)):
        expected, _ = compute_grpo_outcome_advantage(rewards, mask, index, norm_adv_by_std_in_grpo=divide)
        found, _ = VerlEstimator(identity(), scale=scale)(rewards, mask, index=index)
        torch.testing.assert_close(found, expected, atol=0, rtol=3e-4)  # the deviation gets 1e-4 here, 1e-6 there


def test_without_verl_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "verl", None)
    monkeypatch.delitem(sys.modules, "verl.trainer.ppo", raising=False)
    with pytest.raises(MissingExtra, match=r"^the adapter needs verl \(.*\): pip install verl"):
        register(seed_grpo(alpha=1.0))
