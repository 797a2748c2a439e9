"""Modulators that users of GRPO ask for, against literal transcriptions and what they are gradients of."""

from itertools import product

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq_rl import (
    broadcast_tokens,
    clip_cov,
    entropy_advantage,
    group_advantages,
    max_rl,
    pass_at_k,
    ucas,
    unlikeliness,
)
from semuq_rl.modulators.clip_cov import covariances
from semuq_rl.modulators.pass_at_k import best_of_k
from tests.oracles import rl_modulators as oracle

SEEDS = range(8)


def tokens(rng, groups=3, rollouts=4, longest=5):
    """Token mask (P, G, T), and entropies and log-probs there."""
    lengths = rng.integers(1, longest + 1, (groups, rollouts))
    mask = np.arange(longest) < lengths[..., None]
    entropies = np.where(mask, rng.exponential(0.7, mask.shape), 0.0)
    return mask, entropies, np.where(mask, -rng.exponential(0.7, mask.shape), 0.0)


def run(built, advantages, **evidence):
    return built.update(advantages, built.init(), **evidence)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_entropy_advantage(seed):
    rng = np.random.default_rng(seed)
    mask, entropies, _ = tokens(rng)
    advantages = rng.normal(size=mask.shape[:2])
    after = run(entropy_advantage(), broadcast_tokens(advantages, mask), entropies=entropies, token_mask=mask)
    for p, g in np.ndindex(advantages.shape):
        expected = oracle.entropy_advantage(advantages[p, g], entropies[p, g][mask[p, g]], 0.4, 2.0)
        np.testing.assert_allclose(after[p, g][mask[p, g]], expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_ucas(seed):
    rng = np.random.default_rng(seed)
    mask, entropies, logprobs = tokens(rng)
    advantages = np.round(rng.normal(size=mask.shape[:2]), 2)
    after = run(ucas(), broadcast_tokens(advantages, mask), entropies=entropies, logprobs=logprobs, token_mask=mask)
    groups = [
        (advantages[p], [entropies[p, g][mask[p, g]] for g in range(4)], [logprobs[p, g][mask[p, g]] for g in range(4)])
        for p in range(3)
    ]
    expected = oracle.ucas(groups, 0.25, 0.35, 0.05)
    for p, g in np.ndindex(advantages.shape):
        np.testing.assert_allclose(after[p, g][mask[p, g]], expected[p][g], atol=1e-9)


def test_ucas_raises_the_unsure_right_answer_and_lowers_the_sure_wrong_one():
    mask = np.ones((1, 4, 1), dtype=bool)
    entropies = np.array([[[2.0], [0.1], [2.0], [0.1]]])
    advantages = broadcast_tokens([[0.5, 0.5, -0.5, -0.5]], mask)
    built = ucas(token_penalty=0.0)
    after = run(built, advantages, entropies=entropies, logprobs=-entropies, token_mask=mask)[0, :, 0]
    assert after[0] > 0.5 > after[1] > 0
    assert after[3] < -0.5 < after[2] < 0


@pytest.mark.parametrize("seed", SEEDS)
def test_clip_cov_drops_the_highest_of_the_band(seed):
    rng = np.random.default_rng(seed)
    mask, _, logprobs = tokens(rng, groups=6)
    advantages = broadcast_tokens(rng.normal(size=mask.shape[:2]), mask)
    own = covariances(advantages, logprobs, mask)
    assert own[mask].mean() == pytest.approx(np.cov(advantages[mask], logprobs[mask], bias=True)[0, 1])
    after = run(clip_cov(ratio=0.1, low=0.2, high=2.0), advantages, logprobs=logprobs, token_mask=mask)
    dropped = (after != advantages) & mask
    band = mask & (own > 0.2) & (own < 2.0)
    assert dropped.sum() == min(max(1, int(0.1 * mask.sum())), band.sum())
    assert own[dropped].min() >= own[band & ~dropped].max()


def test_without_a_token_in_the_band_nothing_is_dropped():
    mask = np.ones((2, 2, 2), dtype=bool)
    advantages = broadcast_tokens([[0.5, -0.5], [0.5, -0.5]], mask)
    after = run(clip_cov(ratio=0.5), advantages, logprobs=np.full(mask.shape, -0.5), token_mask=mask)
    np.testing.assert_array_equal(after, advantages)
    with pytest.raises(InvalidParameter, match=r"clip_cov.high: expected a number > low = 2.0, got 1.0"):
        clip_cov(low=2.0, high=1.0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("k", [2, 3, 5])
def test_best_of_k_is_the_mean_over_all_sets(seed, k):
    rewards = np.random.default_rng(seed).integers(0, 4, 5) / 3
    np.testing.assert_allclose(best_of_k(rewards, k), oracle.pass_at_k(list(rewards), k), atol=1e-12)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_pass_at_k_is_an_unbiased_gradient_of_pass_at_k(k):
    """A policy that is right with chance p: the mean over all groups of four against d/dp of 1 - (1 - p)^k."""
    p, n, total = 0.3, 4, 0.0
    for rewards in product((0.0, 1.0), repeat=n):
        weight = np.prod([p if r else 1 - p for r in rewards])
        score = np.array([1 / p if r else -1 / (1 - p) for r in rewards])
        advantages = run(pass_at_k(k=k), np.zeros((1, n)), rewards=[rewards])[0]
        total += weight * (advantages @ score) / n
    assert total == pytest.approx(k * (1 - p) ** (k - 1))


def test_of_two_right_answers_none_is_needed():
    after = run(pass_at_k(), np.zeros((2, 3)), rewards=[[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(after, [[0, 0, 0], [3, 0, 0]])


@pytest.mark.parametrize("seed", SEEDS)
def test_unlikeliness_is_the_advantage_of_the_shaped_reward(seed):
    rng = np.random.default_rng(seed)
    mask, _, logprobs = tokens(rng, groups=2)
    rewards = (rng.random(mask.shape[:2]) < 0.5).astype(float)
    after = run(unlikeliness(), group_advantages(rewards), rewards=rewards, logprobs=logprobs, token_mask=mask)
    for p in range(2):
        expected = oracle.unlikeliness(list(rewards[p]), list(logprobs[p].sum(axis=1)), 0.25)
        np.testing.assert_allclose(after[p], expected, atol=1e-12)


def test_max_rl_is_the_reward_less_its_mean_over_its_mean():
    rewards = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    after = run(max_rl(), group_advantages(rewards), rewards=rewards)
    np.testing.assert_allclose(after, [[3, -1, -1, -1], [1 / 3, 1 / 3, 1 / 3, -1], [0, 0, 0, 0]], atol=1e-9)


def test_max_rl_is_the_gradient_of_log_likelihood_where_there_is_success():
    """With groups without success dropped, the mean is (1 - (1-p)^(n-1)) / p times grad p (the paper's appendix)."""
    p, n, total = 0.3, 4, 0.0
    for rewards in product((0.0, 1.0), repeat=n):
        weight = np.prod([p if r else 1 - p for r in rewards])
        score = np.array([1 / p if r else -1 / (1 - p) for r in rewards])
        advantages = run(max_rl(), group_advantages([rewards]), rewards=[rewards])[0]
        total += weight * (advantages @ score) / n
    assert total == pytest.approx((1 - (1 - p) ** (n - 1)) / p, abs=1e-6)


def test_half_the_strength_of_pass_at_k_is_half_way():
    before, rewards = np.array([[0.5, -0.25, -0.25]]), [[1.0, 0.0, 0.0]]
    half, whole = (run(pass_at_k(k=2, strength=own), before, rewards=rewards) for own in (0.5, 1.0))
    np.testing.assert_allclose(half, (before + whole) / 2)


def test_what_stands_at_tokens_that_are_none_may_be_no_number():
    mask, _, logprobs = tokens(np.random.default_rng(0))
    rewards = np.ones(mask.shape[:2])
    clean = run(unlikeliness(beta=0.5), np.zeros(rewards.shape), rewards=rewards, logprobs=logprobs, token_mask=mask)
    logprobs = np.where(mask, logprobs, np.nan)
    found = run(unlikeliness(beta=0.5), np.zeros(rewards.shape), rewards=rewards, logprobs=logprobs, token_mask=mask)
    np.testing.assert_array_equal(found, clean)
