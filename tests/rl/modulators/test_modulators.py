"""Each modulator against a literal transcription of its paper, and its degenerate cases."""

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq_rl import (
    arm,
    broadcast_tokens,
    clip_cov,
    dynamic_sampling,
    edge,
    empg,
    group_advantages,
    grpo_s,
    gtpo_entropy,
    gtpo_trajectory,
    mean_variance,
)
from semuq_rl.modulators import pass_at_k, ucas
from semuq_rl.modulators.arm import low_probability_confidence
from semuq_rl.modulators.controls import accuracies
from semuq_rl.modulators.dynamic_sampling import informative
from semuq_rl.modulators.gtpo_entropy import entropy_bonus
from semuq_rl.modulators.gtpo_trajectory import conflict_runs
from tests.oracles import rl_modulators as oracle
from tests.rl.cases import flat, pad, ragged, unpad

SEEDS = range(6)


def run(built, advantages, **evidence):
    return built.update(np.asarray(advantages, dtype=float), built.init(), **evidence)[0]


# mean-variance


@pytest.mark.parametrize("seed", SEEDS)
def test_mean_variance_is_the_advantage_of_the_shaped_reward(seed):
    rewards = np.random.default_rng(seed).normal(size=(1, 5))
    after = run(mean_variance(beta=0.4), group_advantages(rewards), rewards=rewards)
    expected = oracle.mean_variance(rewards[0].tolist(), 0.4, rewards.mean())
    np.testing.assert_allclose(after[0], expected, atol=1e-12)


@pytest.mark.parametrize("right", range(1, 8))
def test_mean_variance_is_a_factor_of_difficulty_for_binary_rewards(right):
    rewards = np.array([[1.0] * right + [0.0] * (8 - right)])
    advantages = group_advantages(rewards)
    after = run(mean_variance(beta=0.5), advantages, rewards=rewards)
    np.testing.assert_allclose(after, advantages * (1 - 0.5 * (1 - 2 * right / 8)), atol=1e-12)
    assert (np.sign(after) == np.sign(advantages)).all()


def test_running_mean_is_frozen_for_a_step_and_then_follows():
    built = mean_variance(beta=0.5, centre="running", momentum=0.5)
    easy, hard = np.array([[1.0, 1.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 0.0, 0.0]])
    _, state = built.update(group_advantages(easy), built.init(), rewards=easy)
    assert state.mean == 0.75
    after, state = built.update(group_advantages(hard), state, rewards=hard)
    np.testing.assert_allclose(after[0], oracle.mean_variance([1, 0, 0, 0], 0.5, 0.75))
    assert state.mean == 0.5


# ARM


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("only_correct", [True, False])
def test_arm(seed, only_correct):
    rng = np.random.default_rng(seed)
    rows = [[-x for x in row] for row in ragged(rng, longest=17)]
    logprobs, token_mask = pad(rows)
    rewards, prompt = (rng.random((1, 4)) < 0.6).astype(float), (-rng.random(9)).tolist()
    advantages = group_advantages(rewards)
    after = run(
        arm(alpha=0.3, only_correct=only_correct),
        advantages,
        rewards=rewards,
        logprobs=logprobs,
        token_mask=token_mask,
        prompt_logprobs=[prompt],
    )
    expected = oracle.arm(advantages[0], rewards[0], rows, prompt, 0.3, only_correct=only_correct)
    np.testing.assert_allclose(after[0], expected, atol=1e-12)


ARM_CASE = {"logprobs": np.log([[[0.9], [0.5], [0.1]]]), "token_mask": np.ones((1, 3, 1), dtype=bool)}


def test_arm_gates():
    for rewards, any_correct, mixed in (([0, 0, 0], False, False), ([1, 1, 1], True, False), ([1, 0, 0], True, True)):
        for active, acts in (("any_correct", any_correct), ("mixed", mixed)):
            built = arm(alpha=1.0, active=active, only_correct=False)
            after = run(built, [[0.0, 0.0, 0.0]], rewards=np.array([rewards], dtype=float), **ARM_CASE)
            assert (after != 0).any() == acts


def test_arm_raises_the_unlikely_and_without_a_prompt_adds_nothing_in_sum():
    after = run(arm(alpha=1.0), [[0.0, 0.0, 0.0]], rewards=np.ones((1, 3)), **ARM_CASE)
    np.testing.assert_allclose(after, [[-0.4, 0.0, 0.4]], atol=1e-12)


@pytest.mark.parametrize(("n", "lowest"), [(1, 1), (5, 1), (6, 2), (15, 3), (16, 4)])
def test_confidence_takes_the_ceiling_of_a_fifth(n, lowest):
    logprobs = np.array([-1.0] * lowest + [0.0] * (n - lowest))
    assert low_probability_confidence(logprobs) == pytest.approx(np.exp(-1.0))
    assert low_probability_confidence([]) == 1.0


# EDGE


@pytest.mark.parametrize("seed", SEEDS)
def test_edge(seed):
    rng = np.random.default_rng(seed)
    rows = ragged(rng, low=0.01)
    entropies, token_mask = pad(rows)
    advantages = rng.normal(size=(1, 4))
    after = run(edge(clamp=(0.5, 1.5)), advantages, entropies=entropies, token_mask=token_mask)
    np.testing.assert_allclose(after[0], oracle.edge(advantages[0], rows, (0.5, 1.5)), atol=1e-12)
    # As released: peers are all rollouts of the batch.
    doubled = {"entropies": np.concatenate([entropies, entropies * 3]), "token_mask": np.concatenate([token_mask] * 2)}
    both = run(edge(scope="batch", clamp=(1e-6, 1e6)), np.concatenate([advantages] * 2), **doubled)
    means = [oracle.mean(row) for row in rows]
    pool = oracle.mean(means + [3 * own for own in means])
    np.testing.assert_allclose(both[0], advantages[0] * pool / means)


def test_edge_without_entropy():
    mask = np.ones((1, 3, 1), dtype=bool)
    assert (run(edge(), [[1.0, -1.0, 0.0]], entropies=np.zeros((1, 3, 1)), token_mask=mask) == [[1, -1, 0]]).all()
    one_sure = np.array([[[0.0], [1.0], [2.0]]])
    np.testing.assert_allclose(run(edge(), [[1.0, 1.0, 1.0]], entropies=one_sure, token_mask=mask), [[10, 1, 0.5]])
    empty = mask.copy()
    empty[0, 0] = False
    after = run(edge(), [[1.0, 1.0, 1.0]], entropies=one_sure, token_mask=empty)
    np.testing.assert_allclose(after, [[1.0, 1.5, 0.75]])


# GTPO (2508.04349) and GRPO-S


@pytest.mark.parametrize("seed", SEEDS)
def test_gtpo_entropy(seed):
    rng = np.random.default_rng(seed)
    rows = ragged(rng, rollouts=5)
    entropies, token_mask = pad(rows)
    rewards = (rng.random((1, 5)) < 0.5).astype(float)
    evidence = {"rewards": rewards, "entropies": entropies, "token_mask": token_mask}
    advantages = broadcast_tokens(group_advantages(rewards), token_mask)
    after = run(gtpo_entropy(alpha1=0.9, alpha2=0.1), advantages, **evidence)
    expected = oracle.gtpo_token_advantages(rewards[0], rows, 0.9, 0.1)
    np.testing.assert_allclose(flat(unpad(after, rows)), flat(expected), atol=1e-9)
    added = run(gtpo_entropy(alpha2=0.1, form="added"), advantages, **evidence)
    bonus = oracle.gtpo_token_rewards(rewards[0], rows, 0.0, 0.1)
    np.testing.assert_allclose(flat(unpad(added - advantages, rows)), flat(bonus), atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_grpo_s(seed):
    rng = np.random.default_rng(seed)
    rows = ragged(rng, rollouts=5)
    entropies, token_mask = pad(rows)
    rewards = (rng.random((1, 5)) < 0.5).astype(float)
    after = run(
        grpo_s(beta2=0.2, form="added"), np.zeros((1, 5)), rewards=rewards, entropies=entropies, token_mask=token_mask
    )
    np.testing.assert_allclose(after[0], oracle.grpo_s_rewards(rewards[0], rows, 0.0, 0.2), atol=1e-12)
    evidence = {"rewards": rewards, "entropies": entropies, "token_mask": token_mask}
    joint = run(grpo_s(), np.zeros((1, 5)), **evidence)
    np.testing.assert_allclose(joint[0], oracle.grpo_s_advantages(rewards[0], rows, 1.0, 0.1), atol=1e-12)
    apart = run(grpo_s(form="apart"), np.zeros((1, 5)), **evidence)
    for side in (rewards[0] > 0, rewards[0] <= 0):
        if side.sum() > 1:
            assert apart[0, side].mean() == pytest.approx(0, abs=1e-12)
            assert apart[0, side].std() == pytest.approx(1)


@pytest.mark.parametrize("seed", SEEDS)
def test_grpo_s_pushes_towards_the_right_answers(seed):
    """The registered fault of the form that standardises apart: every right rollout is above every wrong one."""
    rng = np.random.default_rng(seed)
    entropies, token_mask = pad(ragged(rng, rollouts=6))
    rewards = np.array([[1.0, 0.0, 1.0, 0.0, 0.0, 0.0]])
    joint = run(grpo_s(), np.zeros((1, 6)), rewards=rewards, entropies=entropies, token_mask=token_mask)[0]
    assert joint[rewards[0] > 0].min() > 0 > joint[rewards[0] == 0].max()


def test_shares_conserve_the_bonus():
    rng = np.random.default_rng(0)
    entropies, token_mask = pad(ragged(rng, rollouts=5))
    right = token_mask & np.array([True, False, True, False, True])[None, :, None]
    bonus = entropy_bonus(entropies, right, token_mask & ~right)
    np.testing.assert_allclose(np.where(right, bonus, 0).sum(axis=1), right.sum(axis=1))
    np.testing.assert_allclose(np.where(right, 0, bonus).sum(axis=1), -(token_mask & ~right).sum(axis=1))


def test_weights_drop_out_of_the_separately_standardised_form():
    rng = np.random.default_rng(1)
    entropies, token_mask = pad(ragged(rng, rollouts=5))
    rewards = np.array([[1.0, 0.0, 1.0, 0.0, 1.0]])
    evidence = {"rewards": rewards, "entropies": entropies, "token_mask": token_mask}
    zeros = np.zeros(token_mask.shape)
    first = run(gtpo_entropy(alpha1=0.9, alpha2=0.1), zeros, **evidence)
    np.testing.assert_allclose(run(gtpo_entropy(alpha1=0.1, alpha2=0.9), zeros, **evidence), first, atol=1e-9)


def test_entropy_of_zero_is_a_small_one():
    mask = np.ones((1, 4, 1), dtype=bool)
    rewards = np.array([[1.0, 1.0, 0.0, 0.0]])
    after = run(
        gtpo_entropy(form="added"),
        np.zeros((1, 4, 1)),
        rewards=rewards,
        entropies=np.array([[[0.0], [0.0], [0.0], [1.0]]]),
        token_mask=mask,
    )
    np.testing.assert_allclose(after[0, :, 0], [0.1, 0.1, -0.2, 0.0], atol=1e-7)


# GTPO (2508.03772)


@pytest.mark.parametrize("seed", range(20))
def test_conflict_tokens(seed):
    rng = np.random.default_rng(seed)
    rows = [rng.integers(0, 2, rng.integers(1, 7)).tolist() for _ in range(4)]
    ids, token_mask = pad(rows)
    signs = rng.integers(-1, 2, 4)
    marked = conflict_runs(ids[0].astype(int), token_mask[0], signs).sum(axis=0)
    assert [marked[g, : len(row)].tolist() for g, row in enumerate(rows)] == oracle.conflict(rows, signs)
    assert not marked[~token_mask[0]].any()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("initial", [0.2, 0.9])
@pytest.mark.parametrize("overlap", ["product", "once"])
def test_gtpo_trajectory(seed, initial, overlap):
    rng = np.random.default_rng(seed)
    rows = ragged(rng)
    entropies, token_mask = pad(rows)
    ids = [rng.integers(0, 2, len(row)).tolist() for row in rows]
    advantages = np.round(rng.normal(size=(1, 4)), 2)
    after = run(
        gtpo_trajectory(initial_entropy=initial, overlap=overlap),
        broadcast_tokens(advantages, token_mask),
        entropies=entropies,
        token_ids=pad(ids)[0],
        token_mask=token_mask,
    )
    expected = oracle.gtpo_trajectory(advantages[0], rows, ids, initial, once=overlap == "once")
    np.testing.assert_allclose(flat(unpad(after, rows)), flat(expected), atol=1e-12)


def test_initial_entropy_is_that_of_the_first_step():
    built = gtpo_trajectory()
    mask = np.ones((1, 2, 1), dtype=bool)
    evidence = {"token_ids": np.array([[[1], [2]]]), "token_mask": mask}
    advantages = np.array([[[1.0], [-1.0]]])
    _, state = built.update(advantages, built.init(), entropies=np.full((1, 2, 1), 0.3), **evidence)
    assert state.value == pytest.approx(0.3)
    # Calm at the start, so what is above log 2 now is filtered out.
    after, state = built.update(advantages, state, entropies=np.array([[[0.7], [0.69]]]), **evidence)
    np.testing.assert_allclose(after[0, :, 0], [0.0, -1.069])
    assert state.value == pytest.approx(0.3)


# EMPG


@pytest.mark.parametrize("seed", SEEDS)
def test_empg(seed):
    rng = np.random.default_rng(seed)
    trajectories = [ragged(rng, rollouts=int(rng.integers(1, 4)), longest=3) for _ in range(4)]
    rows = [[value for step in own for value in step] for own in trajectories]
    steps = [[index for index, step in enumerate(own) for _ in step] for own in trajectories]
    entropies, token_mask = pad(rows)
    advantages = rng.normal(size=(1, 4))
    after = run(
        empg(k=0.7, zeta=0.05),
        broadcast_tokens(advantages, token_mask),
        entropies=entropies,
        steps=pad(steps)[0],
        token_mask=token_mask,
    )
    expected = oracle.empg(advantages[0], trajectories, 0.7, 0.05)
    per_token = [[expected[g][index] for index in own] for g, own in enumerate(steps)]
    np.testing.assert_allclose(flat(unpad(after, rows)), flat(per_token), atol=1e-9)


def test_empg_with_equal_entropies_only_centres():
    mask = np.ones((2, 2, 3), dtype=bool)
    advantages = broadcast_tokens([[0.5, -0.5], [1.0, 0.0]], mask)
    evidence = {"entropies": np.full(mask.shape, 0.4), "steps": np.zeros(mask.shape), "token_mask": mask}
    np.testing.assert_allclose(run(empg(), advantages, **evidence), advantages - 0.25)
    np.testing.assert_allclose(run(empg(recentre=False), advantages, **evidence), advantages)


# Dynamic sampling


def test_dynamic_sampling_spreads_the_informative_over_the_batch():
    rewards = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    advantages = np.array([[0.1, -0.1]] * 4)
    after = run(dynamic_sampling(), advantages, rewards=rewards)
    np.testing.assert_allclose(after, [[0, 0], [0.2, -0.2], [0, 0], [0.2, -0.2]])
    none = run(dynamic_sampling(), advantages[:1], rewards=rewards[:1])
    assert (none == 0).all()


def test_informative_reads_only_rollouts():
    rewards, mask = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]), np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
    assert informative(rewards, mask).tolist() == [False, True]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: mean_variance(beta=1.0), r"mean_variance.beta: expected a number in \[0, 1\), got 1.0"),
        (lambda: mean_variance(beta=0.5, centre="median"), "mean_variance.centre: expected one of"),
        (lambda: arm(alpha=-1), r"arm.alpha: expected a number in \[0, inf\), got -1"),
        (lambda: arm(alpha=1, fraction=0.0), r"arm.fraction: expected a number in \(0, 1\], got 0.0"),
        (lambda: edge(clamp=(2.0, 1.0)), "edge.clamp: expected"),
        (lambda: edge(strength=True), "edge.strength: .* got True"),
        (lambda: empg(zeta=float("inf")), "empg.zeta"),
        (lambda: gtpo_entropy(form="port"), "gtpo_entropy.form: expected one of"),
        (lambda: gtpo_trajectory(strength=2), r"gtpo_trajectory.strength: expected a number in \[0, 1\], got 2"),
        (lambda: dynamic_sampling(strength=None), "dynamic_sampling.strength"),
    ],
)
def test_parameters_are_checked(build, message):
    with pytest.raises(InvalidParameter, match=message):
        build()


def test_a_step_without_rollouts_leaves_the_running_mean_alone():
    modulator = mean_variance(beta=0.5, centre="running")
    state = modulator.update(np.array([[0.5, -0.5]]), modulator.init(), rewards=[[1.0, 0.0]])[1]
    nobody = {"rewards": [[0.0, 0.0]], "mask": [[0, 0]]}
    after, kept = modulator.update(np.zeros((1, 2)), state, **nobody)
    assert (after.tolist(), kept) == ([[0.0, 0.0]], state)


# What all of them are given


def test_evidence_may_be_anything_where_nothing_is():
    mask, token_mask = np.array([[True, False]]), np.array([[[True, False], [True, True]]])
    entropies = np.where(token_mask & mask[..., None], 0.5, np.nan)
    after = run(edge(), np.ones((1, 2)), mask=mask, token_mask=token_mask, entropies=entropies)
    np.testing.assert_allclose(after, [[1.0, 0.0]])


def test_clip_cov_takes_advantages_away_and_adds_none():
    assert clip_cov().claims.scale == (0.0, 1.0)


def test_the_accuracy_of_a_group_is_over_the_rollouts_that_are_there():
    mask = np.array([[True, True, True, False], [True, False, False, False], [False] * 4])
    rewards = np.array([[1.0, 0.0, 1.0, 9.0], [1.0, 9.0, 9.0, 9.0], [9.0] * 4])
    np.testing.assert_allclose(accuracies(rewards, mask), [2 / 3, 1.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("make", [pass_at_k, ucas])
def test_a_strength_may_be_anything_from_0_to_1(make):
    assert repr(make(strength=0.5)) != repr(make(strength=0.0))
    for strength in (-0.1, 1.1):
        with pytest.raises(InvalidParameter, match=r"strength: expected a number in \[0, 1\]"):
            make(strength=strength)
