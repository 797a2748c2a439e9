"""UncertaintyGRPOTrainer on a tiny random policy: what it changes, and what it must not."""

import logging
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas
import pytest
import torch
from peft import LoraConfig
from trl import GRPOTrainer

from semuq import DiscreteSemanticEntropy, ExactMatch, SemanticEntropy
from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.estimators.base import PerQuestionEstimator
from semuq_rl import (
    Claims,
    Signal,
    UncertaintyGRPOTrainer,
    arm,
    broadcast_tokens,
    chain,
    empg,
    extract_boxed,
    gtpo_entropy,
    identity,
    mean_variance,
    modulator,
    same_mean,
    seed_grpo,
)
from semuq_rl.modulators import AT_STRENGTH
from semuq_rl.modulators.schedules import linear
from tests.tiny import policy

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning"),
    pytest.mark.filterwarnings("ignore:You are using 'rollout_func':UserWarning"),
]

COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
LIKELIHOODS = Signal(estimator=SemanticEntropy(), relation=ExactMatch())
# Two groups of four: u = 0 and u = log 4 / log 4.
ANSWERS = ("2", "2", "2", "2", "4", "5", "6+1", "8")
REWARDS = (1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
HOST = ((0.5, -0.5, -0.5, 0.5), (0.75, -0.25, -0.25, -0.25))


class Recording(UncertaintyGRPOTrainer):
    """Keeps what each generation ended with."""

    def __init__(self, *args, **options):
        self.outputs = []
        super().__init__(*args, **options)

    def _generate_and_score_completions(self, inputs):
        self.outputs.append(super()._generate_and_score_completions(inputs))
        return self.outputs[-1]


def trainer(folder, cls=Recording, *, config=(), rewards=policy.even_digits, prompts=policy.PROMPTS, **options):
    return cls(
        model=policy.model(),
        reward_funcs=rewards,
        args=policy.config(folder, **dict(config)),
        train_dataset=policy.dataset(prompts),
        processing_class=policy.tokenizer(),
        **options,
    )


def trained(*args, resume=None, **options):
    made = trainer(*args, **options)
    made.train(resume_from_checkpoint=resume)
    return made


def one_step(folder, *, config=(), rewards=REWARDS, answers=ANSWERS, cls=Recording, logprobs=None, extra=(), **options):
    """A step on the table of answers with the given rewards; (2, 4) or (2, 4, T) advantages and the log."""
    made = trained(
        folder,
        cls,
        config={"max_steps": 1, **dict(config)},
        rewards=lambda completions, **columns: list(rewards),
        rollout_func=policy.table_of(answers, logprobs, **dict(extra)),
        **options,
    )
    advantages = made.outputs[0]["advantages"].double().numpy()
    return advantages.reshape(2, 4, *advantages.shape[1:]), made.state.log_history[0], made


def same_weights(one, other):
    return all(
        torch.equal(value, policy.weights(other.model)[name]) for name, value in policy.weights(one.model).items()
    )


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("host"), GRPOTrainer)


@pytest.mark.parametrize(
    "options",
    [{}, {"modulator": identity()}, {"modulator": seed_grpo(alpha=0.0), "signal": LIKELIHOODS}, {"signal": COUNTS}],
    ids=["nothing", "identity", "strength 0", "signal only"],
)
def test_without_strength_the_weights_are_the_hosts_bit_for_bit(tmp_path, host, options):
    assert same_weights(host, trained(tmp_path, **options))


def test_a_modulator_changes_the_weights(tmp_path, host):
    assert not same_weights(host, trained(tmp_path, modulator=seed_grpo(alpha=0.5), signal=COUNTS))


def test_advantages_are_damped_by_the_signal(tmp_path):
    advantages, log, _ = one_step(tmp_path, modulator=seed_grpo(alpha=0.5), signal=COUNTS)
    assert advantages.tolist() == [list(HOST[0]), [value / 2 for value in HOST[1]]]
    logged = {name.removeprefix("modulation/"): value for name, value in log.items() if "modulation/" in name}
    assert logged.pop("seconds") >= logged.pop("signal_seconds") >= 0
    assert logged == {
        "signal_mean": 0.5,
        "signal_std": 0.5,
        "groups_failed": 0,
        "unparsable": 0,
        "signal_clipped": 0,
        "signal_accuracy_correlation": pytest.approx(-1),
        "advantage_abs_before": np.abs(HOST).mean(),
        "advantage_abs_after": (2.0 + 1.5 / 2) / 8,
        "multiplier_mean": 0.75,
        "multiplier_min": 0.5,
        "multiplier_max": 1.0,
        "step_factor": pytest.approx((2.0 + 1.5 / 2) / 3.5),
        "zero_gradient": 0,
        "zero_variance": 0,
    }


@pytest.mark.parametrize("scale", ["group", "batch"])
def test_the_hosts_scaling_does_not_take_the_factor_back(tmp_path, scale):
    config = {"scale_rewards": scale}
    plain, _, _ = one_step(tmp_path, config=config)
    advantages, _, _ = one_step(tmp_path, config=config, modulator=seed_grpo(alpha=0.5), signal=COUNTS)
    np.testing.assert_allclose(advantages, plain * [[1.0], [0.5]], rtol=1e-6)


def test_weighs_the_reward_functions(tmp_path):
    made = trained(
        tmp_path,
        config={"max_steps": 1, "reward_weights": [2.0, -1.0]},
        # Two functions of one name, and one that does not apply everywhere.
        rewards=[lambda completions, **columns: list(REWARDS), lambda completions, **columns: [None] * 4 + [1.0] * 4],
        rollout_func=policy.table_of(ANSWERS),
        modulator=mean_variance(beta=0.3),
    )
    rewards = 2 * np.array(REWARDS).reshape(2, 4) - [[0], [1]]
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    shaped = rewards - 0.3 * centred**2
    expected = shaped - shaped.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(made.outputs[0]["advantages"].reshape(2, 4), expected, atol=1e-6)


def test_tokens_get_their_own_advantages(tmp_path):
    advantages, log, made = one_step(tmp_path, modulator=gtpo_entropy(form="added"))
    mask = made.outputs[0]["completion_mask"].numpy().reshape(advantages.shape)
    assert advantages.shape == (2, 4, 4)
    assert (advantages[mask == 0] == 0).all()
    assert np.isfinite(advantages).all()
    assert np.ptp(advantages[1, 2]) > 0
    assert log["grad_norm"] > 0


@pytest.mark.parametrize("name", AT_STRENGTH)
def test_every_modulator_trains_with_truncated_rollouts_masked(tmp_path, name):
    made = trained(
        tmp_path,
        rewards=lambda completions, **columns: list(REWARDS),
        rollout_func=policy.table_of(ANSWERS, truncated=(1, 4, 6)),
        modulator=AT_STRENGTH[name](0.8),
        signal=LIKELIHOODS,
        config={"mask_truncated_completions": True, "max_steps": 2},
    )
    assert (made.outputs[0]["completion_mask"].sum(dim=1) == 0).nonzero().flatten().tolist() == [1, 4, 6]
    assert all(torch.isfinite(output["advantages"]).all() for output in made.outputs)
    assert all(np.isfinite(log["grad_norm"]) for log in made.state.log_history[:-1])
    assert made.state.log_history[0]["modulation/groups_failed"] == 0


def test_levels_chain(tmp_path):
    tokens, _, _ = one_step(tmp_path, modulator=empg(k=1.0, recentre=False, zeta=0.0))
    both, _, _ = one_step(
        tmp_path, modulator=chain(seed_grpo(alpha=0.5), empg(k=1.0, recentre=False, zeta=0.0)), signal=COUNTS
    )
    np.testing.assert_allclose(both, tokens * [[[1.0]], [[0.5]]], rtol=1e-5, atol=1e-7)


def test_steps_are_told_by_the_return_from_a_tool_or_by_the_user(tmp_path):
    seen = []

    def look(advantages, state, *, steps, token_mask, **evidence):
        seen.append(np.where(token_mask, steps, -1)[1, 2].tolist())
        return advantages, state

    claims = Claims(
        level="token", keeps_sign=True, keeps_mean=True, scale=(1, 1), needs=frozenset({"steps", "token_mask"})
    )
    looking = modulator(look, name="look()", claims=claims)
    # The third rollout of the second group is "6+1" and the end: "+" came from a tool.
    own = [[1] * (len(answer) + 1) for answer in ANSWERS]
    own[6][1] = 0
    one_step(tmp_path, modulator=looking, extra={"env_mask": own})
    one_step(tmp_path, modulator=looking, steps=lambda ids, mine: [index // 2 for index in range(len(ids))])
    assert seen == [[0, -1, 1, 1], [0, 0, 1, 1]]


def sampled(value):
    return [[value] * (len(answer) + 1) for answer in ANSWERS]


@pytest.mark.parametrize("source", ["sampler", "old", "recomputed"])
def test_log_probs_come_from_the_best_source(tmp_path, source):
    seen = []

    def look(advantages, state, *, logprobs, token_mask, **evidence):
        seen.append(logprobs[token_mask])
        return advantages, state

    claims = Claims(
        level="response", keeps_sign=True, keeps_mean=True, scale=(1, 1), needs=frozenset({"logprobs", "token_mask"})
    )
    looking = modulator(look, name="look()", claims=claims)
    config = {"steps_per_generation": 2, "per_device_train_batch_size": 4} if source == "old" else {}
    _, log, made = one_step(
        tmp_path, modulator=looking, config=config, logprobs=sampled(-0.5) if source == "sampler" else None
    )
    assert [name for name in log if "modulation/logprobs_" in name] == [f"modulation/logprobs_{source}"]
    output = made.outputs[0]
    real = output["completion_mask"].bool()
    if source == "sampler":
        assert (seen[0] == -0.5).all()
    else:
        ids = torch.cat([output["prompt_ids"], output["completion_ids"]], dim=1)
        with torch.no_grad():
            logits = policy.model()(ids).logits[:, output["prompt_ids"].size(1) - 1 : -1]
        expected = logits.log_softmax(-1).gather(2, output["completion_ids"][..., None])[..., 0]
        np.testing.assert_allclose(seen[0], expected[real], atol=1e-5)
        assert ("old_per_token_logps" in output) == (source == "old")


def test_the_prompts_own_log_probs_are_there_for_who_uses_them(tmp_path):
    seen = []

    def look(advantages, state, *, prompt_logprobs, **evidence):
        seen.extend(prompt_logprobs)
        return advantages, state

    claims = Claims(
        level="response", keeps_sign=True, keeps_mean=True, scale=(1, 1), uses=frozenset({"prompt_logprobs"})
    )
    # Two prompts of different lengths: the shorter is padded.
    prompts = ["1+1=", "12+3="]
    made = trained(
        tmp_path,
        config={"max_steps": 1},
        prompts=prompts,
        rollout_func=policy.table_of(ANSWERS),
        modulator=modulator(look, name="look()", claims=claims),
    )
    encoded = [made.outputs[0]["prompt_ids"][row][made.outputs[0]["prompt_mask"][row].bool()] for row in (0, 4)]
    assert {len(ids) for ids in encoded} == {4, 5}
    for ids, logprobs in zip(encoded, seen, strict=True):
        with torch.no_grad():
            logits = policy.model()(ids[None]).logits[0, :-1]
        expected = logits.log_softmax(-1).gather(1, ids[1:, None])[:, 0]
        np.testing.assert_allclose(logprobs, expected, atol=1e-5)


def test_tokens_that_the_sampler_could_not_score_are_filled_in(tmp_path):
    logprobs = sampled(-0.5)
    logprobs[6][1] = None
    _, log, _ = one_step(tmp_path, modulator=arm(alpha=0.3), signal=LIKELIHOODS, logprobs=logprobs)
    assert log["modulation/logprobs_sampler"] == 1
    assert log["modulation/groups_failed"] == 0


def test_evaluation_is_not_modulated(tmp_path):
    made = trainer(
        tmp_path,
        modulator=seed_grpo(alpha=linear(0.5, 1.0, steps=2)),
        signal=COUNTS,
        rewards=lambda completions, **columns: list(REWARDS),
        rollout_func=policy.table_of(ANSWERS),
        eval_dataset=policy.dataset(("1+1=", "2+3=")),
        config={"log_completions": True, "per_device_eval_batch_size": 8, "max_steps": 1},
    )
    before = made.evaluate()
    np.testing.assert_allclose(made.outputs[0]["advantages"].reshape(2, 4), HOST)
    made.train()
    made.evaluate()
    np.testing.assert_allclose(made.outputs[1]["advantages"].reshape(2, 4), [HOST[0], np.array(HOST[1]) / 2])
    np.testing.assert_allclose(made.outputs[2]["advantages"].reshape(2, 4), HOST)
    assert not [name for name in before if "modulation/" in name]
    assert made._kept_state.state.step == 1
    # The table of the evaluation holds nothing of the training step.
    assert pandas.read_parquet(tmp_path / "completions/completions_00001.parquet")["modulation/signal"].isna().all()


def test_the_table_of_completions_shows_both_advantages_and_the_clusters(tmp_path):
    answers = ("2", "2", "1+1", "2", "4", "5", "6+1", "4")
    one_step(tmp_path, answers=answers, modulator=seed_grpo(alpha=0.5), signal=COUNTS, config={"log_completions": True})
    table = pandas.read_parquet(tmp_path / "completions/completions_00001.parquet")
    np.testing.assert_allclose(table["advantage"], np.ravel(HOST))
    assert table["modulation/cluster"].tolist() == [0, 0, 1, 0, 0, 1, 2, 0]
    assert table["modulation/answer"].tolist() == [" ".join(answer) for answer in answers]
    signal = table["modulation/signal"].to_numpy()
    assert signal == pytest.approx(np.repeat([0.5623 / np.log(4), 1.0397 / np.log(4)], 4), abs=1e-4)
    np.testing.assert_allclose(table["modulation/advantage"], np.ravel(HOST) * (1 - 0.5 * signal))
    assert table["modulation/failed"].isna().all()


def test_learns_with_an_adapter(tmp_path):
    lora = LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    plain = trained(tmp_path / "host", GRPOTrainer, peft_config=lora)
    off = trained(tmp_path / "off", peft_config=lora, modulator=seed_grpo(alpha=0.0), signal=LIKELIHOODS)
    on = trained(
        tmp_path / "on", peft_config=lora, modulator=chain(seed_grpo(alpha=0.9), arm(alpha=0.5)), signal=LIKELIHOODS
    )
    assert same_weights(plain, off)
    changed = [
        name
        for name, value in policy.weights(on.model).items()
        if not torch.equal(value, policy.weights(off.model)[name])
    ]
    assert changed
    assert all("lora_" in name for name in changed)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(tmp_path):
    options = {
        "modulator": chain(mean_variance(beta=0.3, centre="running"), seed_grpo(alpha=linear(0.0, 1.0, steps=4))),
        "signal": COUNTS,
        "config": {"max_steps": 4, "save_strategy": "steps", "save_steps": 2},
        # One epoch: the host draws the order of a second one anew on resuming.
        "prompts": [f"{digit}+1=" for digit in range(8)],
    }
    whole = trained(tmp_path / "whole", **options)
    resumed = trained(tmp_path / "again", resume=str(tmp_path / "whole/checkpoint-2"), **options)
    assert len(resumed.outputs) == 2
    assert resumed._kept_state.state == whole._kept_state.state
    assert whole._kept_state.state[1].step == 4
    assert same_weights(whole, resumed)


def test_refuses_a_checkpoint_of_another_modulator(tmp_path):
    config = {"max_steps": 2, "save_strategy": "steps", "save_steps": 1}
    trained(tmp_path, config=config, modulator=seed_grpo(alpha=0.5), signal=COUNTS)
    with pytest.raises(InvalidParameter, match="resume with the modulator that the run was started with"):
        trained(
            tmp_path, config=config, modulator=chain(seed_grpo(alpha=0.5), identity()), signal=COUNTS,
            resume=str(tmp_path / "checkpoint-1"),
        )  # fmt: skip


# Bad input.


def test_groups_of_one_are_refused_by_the_host(tmp_path):
    with pytest.raises(ValueError, match="at least 2 generations per prompt"):
        trainer(tmp_path, config={"num_generations": 1})


def test_refuses_a_modulator_without_its_signal(tmp_path):
    with pytest.raises(
        MissingEvidence, match=r"signal: seed_grpo\(alpha=0.5, shape='linear'\) needs one, got None; pass"
    ):
        trainer(tmp_path, modulator=seed_grpo(alpha=0.5))


def test_refuses_a_modulator_that_needs_what_rollouts_do_not_carry(tmp_path):
    claims = Claims(level="prompt", keeps_sign=True, keeps_mean=True, scale=(1, 1), needs=frozenset({"critic"}))
    wise = modulator(lambda advantages, state, **evidence: (advantages, state), name="wise()", claims=claims)
    with pytest.raises(MissingEvidence, match=r"modulator: wise\(\) needs critic, which a training step does not have"):
        trainer(tmp_path, modulator=wise)


def test_refuses_a_comparison_of_questions_where_there_is_one(tmp_path):
    with pytest.raises(InvalidParameter, match="its factor cancels; raise generation_batch_size"):
        trainer(
            tmp_path,
            modulator=same_mean(seed_grpo(alpha=0.5)),
            signal=COUNTS,
            config={"per_device_train_batch_size": 4},
        )


def test_refuses_a_state_that_no_checkpoint_holds(tmp_path):
    kept = modulator(
        lambda advantages, state, **evidence: (advantages, state),
        name="keeper()",
        claims=Claims(level="prompt", keeps_sign=True, keeps_mean=True, scale=(1, 1)),
        init=lambda: {"mean": 0.0},
    )
    with pytest.raises(InvalidParameter, match="keep it as a NamedTuple"):
        trainer(tmp_path, modulator=kept)


def test_no_rollout_can_be_parsed(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="semuq_rl"):
        advantages, log, _ = one_step(tmp_path, modulator=seed_grpo(alpha=0.5), signal=COUNTS, extract=extract_boxed)
    np.testing.assert_array_equal(advantages, np.float32(HOST))
    assert log["modulation/groups_failed"] == 2
    assert log["modulation/unparsable"] == 1
    assert log["modulation/signal_mean"] is None
    told = [record.message for record in caplog.records if record.name.startswith("semuq_rl")]
    assert told == [
        "a group has no signal and keeps its advantages: none of 4 rollouts could be parsed "
        "(told once; counted in modulation/groups_failed)"
    ]


@dataclass(frozen=True, kw_only=True)
class FailsOnFive(PerQuestionEstimator):
    """Cannot score a group in which an answer is 5."""

    units: ClassVar = "dimensionless"
    papers: ClassVar = ()

    def bounds(self, n):
        return (0.0, 1.0)

    def _score_one(self, view):
        if "5" in view.samples.texts:
            raise ArithmeticError("five is too much")
        return 1.0


def test_a_signal_that_fails_on_one_group(tmp_path):
    signal = Signal(estimator=FailsOnFive())
    advantages, log, _ = one_step(
        tmp_path, modulator=seed_grpo(alpha=0.5), signal=signal, config={"log_completions": True}
    )
    np.testing.assert_array_equal(advantages, np.float32([np.array(HOST[0]) / 2, HOST[1]]))
    assert log["modulation/groups_failed"] == 1
    failed = pandas.read_parquet(tmp_path / "completions/completions_00001.parquet")["modulation/failed"]
    assert failed.fillna("").tolist() == [""] * 4 + ["ArithmeticError: five is too much"] * 4


@pytest.mark.parametrize("missing", [None, float("nan")], ids=["None", "NaN"])
def test_a_rollout_without_a_reward_is_left_out(tmp_path, missing):
    rewards = [1.0, 0.0, missing, 1.0, missing, missing, missing, missing]
    advantages, log, _ = one_step(
        tmp_path, modulator=seed_grpo(alpha=0.5, renormalise="questions"), signal=COUNTS, rewards=rewards
    )
    np.testing.assert_allclose(advantages, [[1 / 3, -2 / 3, 0, 1 / 3], [0, 0, 0, 0]], rtol=1e-6)
    assert log["modulation/signal_mean"] == 0
    assert log["modulation/advantage_abs_before"] == pytest.approx(4 / 9)


def test_a_step_without_any_reward_is_not_modulated(tmp_path):
    made = trained(
        tmp_path,
        config={"max_steps": 1, "log_completions": True},
        rewards=lambda completions, **columns: [None] * len(completions),
        modulator=seed_grpo(alpha=0.5),
        signal=COUNTS,
    )
    assert (made.outputs[0]["advantages"] == 0).all()
    assert made._kept_state.state.step == 0


def test_refuses_infinite_rewards(tmp_path):
    with pytest.raises(InvalidSamples, match=r"rewards\[0, 1\]: expected a finite number, got inf"):
        one_step(tmp_path, modulator=mean_variance(beta=0.3), rewards=[1.0, float("inf"), *REWARDS[2:]])


def test_an_error_of_the_signal_that_is_no_bad_group_stops_the_run(tmp_path):
    def broken(text):
        raise KeyError("bug in the caller's extract")

    with pytest.raises(KeyError, match="bug in the caller's extract"):
        one_step(tmp_path, modulator=seed_grpo(alpha=0.5), signal=COUNTS, extract=broken)


# What this package leans on in the host.


def test_the_host_still_hands_over_what_is_read_of_it(tmp_path):
    made = trainer(
        tmp_path,
        rollout_func=policy.table_of(ANSWERS, sampled(-0.5), env_mask=[[1] * (len(answer) + 1) for answer in ANSWERS]),
        rewards=lambda completions, **columns: list(REWARDS),
        config={"steps_per_generation": 2, "per_device_train_batch_size": 4, "max_steps": 1},
    )
    made.train()
    shapes = {name: tuple(value.shape) for name, value in made.outputs[0].items()}
    prompt, completion = (8, 4), (8, 4)
    assert shapes == {
        "prompt_ids": prompt,
        "prompt_mask": prompt,
        "completion_ids": completion,
        "completion_mask": completion,
        "tool_mask": completion,
        "advantages": (8,),
        "num_items_in_batch": (),
        "old_per_token_logps": completion,
        "sampling_per_token_logps": completion,
    }
    prompts = list(made._logs["prompt"])
    assert [len(set(prompts[:4])), len(set(prompts[4:]))] == [1, 1]
    assert {name: len(made._logs[name]) for name in ("prompt", "completion", "advantages")} == dict.fromkeys(
        ("prompt", "completion", "advantages"), 8
    )
    assert made._rewards_per_func.shape == (8, 1)
    assert made.reward_weights.shape == (1,)


def test_broadcasting_is_what_the_host_does_with_advantages_per_rollout(tmp_path, host):
    def spread(advantages, state, *, token_mask, **evidence):
        return broadcast_tokens(advantages[..., 0], token_mask), state

    claims = Claims(level="token", keeps_sign=True, keeps_mean=True, scale=(1, 1), needs=frozenset({"token_mask"}))
    made = trained(tmp_path, modulator=modulator(spread, name="spread()", claims=claims))
    for name, value in policy.weights(host.model).items():
        torch.testing.assert_close(policy.weights(made.model)[name], value)
