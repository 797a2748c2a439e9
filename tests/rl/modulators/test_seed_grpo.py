"""SEED-GRPO against a literal transcription, and the numbers of the paper and its released code."""

import numpy as np
import pytest

from semuq import ExactMatch, SemanticEntropy
from semuq.errors import InvalidParameter
from semuq_rl import (
    GroupBatch,
    Signal,
    SignalResult,
    anti_seed,
    extract_boxed,
    same_mean,
    seed_grpo,
    seed_paper,
    seed_released,
    shuffled,
)
from semuq_rl.modulators.schedules import cosine, linear
from semuq_rl.modulators.seed_grpo import seed_factor
from tests.oracles import rl_seed as oracle

RELEASED_SIGNAL = Signal(
    estimator=SemanticEntropy(duplicates="count"), relation=ExactMatch(normalise=False), extract=extract_boxed
)
PRINTED_SIGNAL = Signal(
    estimator=SemanticEntropy(form="monte-carlo-clusters", duplicates="count", length_normalised=False),
    relation=ExactMatch(normalise=False),
    extract=extract_boxed,
    limits="log_n",
)


def group(rng, answers):
    logprobs = [(-rng.exponential(0.4, rng.integers(1, 6))).tolist() for _ in answers]
    longest = max(map(len, logprobs))
    padded = np.array([own + [0.0] * (longest - len(own)) for own in logprobs])
    batch = GroupBatch(
        prompts=["q"],
        texts=[["I give up" if own is None else f"so \\boxed{{{own}}}." for own in answers]],
        rewards=[[float(own == "1") for own in answers]],
        token_mask=[[[t < len(own) for t in range(longest)] for own in logprobs]],
        logprobs=padded[None],
        logprobs_source="sampler",
    )
    return batch, logprobs


@pytest.mark.parametrize("answers", [list("11223344"), list("11111112"), list("12345678"), ["1", None, "2", None]])
def test_released_form(answers):
    batch, logprobs = group(np.random.default_rng(1), answers)
    signal = RELEASED_SIGNAL.measure(batch)
    entropy = oracle.released_entropy(answers, logprobs)
    np.testing.assert_allclose(signal.raw, [entropy], rtol=1e-9)  # scores have ten digits
    damp = seed_released()
    after, _ = damp.update(batch.advantages, damp.init(), signal=signal, **batch.evidence)
    np.testing.assert_allclose(after[0], oracle.released_advantages(batch.rewards[0], entropy), rtol=1e-9)


@pytest.mark.parametrize("answers", [list("1122"), list("11111112"), list("12345678")])
def test_paper_form(answers):
    batch, logprobs = group(np.random.default_rng(2), answers)
    signal = PRINTED_SIGNAL.measure(batch)
    entropy = oracle.printed_entropy(answers, logprobs)
    np.testing.assert_allclose(signal.raw, [entropy], rtol=1e-9)  # scores have ten digits
    # Eq. 5 is no entropy and can exceed log G; what does is clipped, and counted.
    assert signal.clipped == (entropy > np.log(len(answers)))
    damp = seed_paper()
    after, _ = damp.update(batch.advantages, damp.init(), signal=signal, **batch.evidence)
    clipped = min(entropy, np.log(len(answers)))
    np.testing.assert_allclose(after[0], oracle.paper_advantages(batch.rewards[0], clipped), rtol=1e-9)


def test_the_printed_signal_leaves_its_claimed_range():
    batch, logprobs = group(np.random.default_rng(2), list("12345678"))
    assert oracle.printed_entropy(list("12345678"), logprobs) > oracle.LARGEST_ENTROPY_OF_8
    assert PRINTED_SIGNAL.measure(batch).clipped == 1


def test_published_constants():
    assert seed_factor(1.0, alpha=oracle.RELEASED_ALPHA, shape="reciprocal") == pytest.approx(
        oracle.LEAST_RELEASED_FACTOR, abs=5e-4
    )
    assert 0.02 * np.log(8) == pytest.approx(oracle.RELEASED_ALPHA, abs=2e-4)
    assert np.log(8) == pytest.approx(oracle.LARGEST_ENTROPY_OF_8, abs=0.01)
    assert seed_paper().claims.scale == (0.98, 1.0)
    assert seed_released().claims.scale[0] == pytest.approx(1 / 1.0417)
    assert "0.0417" in repr(seed_released())
    for alpha in oracle.ABLATION_ALPHAS:
        assert seed_factor(1.0, alpha=alpha) == 1 - alpha


@pytest.mark.parametrize(("g", "least"), [(8, 0.96), (16, 0.947)])
def test_released_without_the_division_by_log_g(g, least):
    # s = 1 / (1 + 0.02 H), largest damping at H = log g; the two readings agree at g = 8 only.
    assert seed_released(g=g).claims.scale[0] == pytest.approx(1 / (1 + 0.02 * np.log(g)))
    assert seed_released(g=g).claims.scale[0] == pytest.approx(least, abs=5e-4)


@pytest.mark.parametrize(
    ("shape", "alpha", "expected"),
    [
        ("linear", 1.0, [1.0, 0.75, 0.0]),
        ("exponential", 1.0, [1.0, np.exp(-0.25), np.exp(-1)]),
        ("focal", 2.0, [1.0, 0.5625, 0.0]),
        ("reciprocal", 1.0, [1.0, 0.8, 0.5]),
    ],
)
def test_shapes(shape, alpha, expected):
    np.testing.assert_allclose(seed_factor([0.0, 0.25, 1.0], alpha=alpha, shape=shape), expected)
    damp = seed_grpo(alpha=alpha, shape=shape)
    after, _ = damp.update(np.array([[1.0, -1.0]] * 3), damp.init(), signal=[0.0, 0.25, 1.0])
    np.testing.assert_allclose(after[:, 0], expected)


@pytest.mark.parametrize("shape", ["linear", "exponential", "focal", "reciprocal"])
def test_more_uncertain_is_damped_more(shape):
    factor = seed_factor(np.linspace(0, 1, 50), alpha=0.7, shape=shape)
    assert (np.diff(factor) < 0).all()
    assert factor[0] == 1


def test_renormalised_to_mean_one():
    advantages = np.array([[0.5, -0.5], [0.1, -0.1], [0.0, 0.0]])
    signal = [0.9, 0.2, 0.0]
    plain = 1 / (1 + np.array(signal))
    by_question = seed_grpo(alpha=1.0, shape="reciprocal", renormalise="questions")
    after, _ = by_question.update(advantages, by_question.init(), signal=signal)
    np.testing.assert_allclose(after, advantages * (plain / plain.mean())[:, None])
    by_size = seed_grpo(alpha=1.0, shape="reciprocal", renormalise="advantages")
    after, _ = by_size.update(advantages, by_size.init(), signal=signal)
    assert np.abs(after).sum() == pytest.approx(np.abs(advantages).sum())
    # The question without gradient has no say: leaving it out changes nothing for the others.
    alone, _ = by_size.update(advantages[:2], by_size.init(), signal=signal[:2])
    np.testing.assert_allclose(alone, after[:2])


def test_a_question_without_a_signal_keeps_its_advantages_exactly():
    advantages = np.array([[1 / 3, -1 / 3], [0.5, -0.5], [0.5, -0.5]])
    signal = SignalResult(
        values=np.array([0.0, 0.4, 0.8]),
        known=np.array([False, True, True]),
        raw=np.array([np.nan, 0.4, 0.8]),
        reasons={0: "none of 2 rollouts could be parsed"},
    )
    for renormalise in ("none", "questions", "advantages"):
        damp = seed_grpo(alpha=1.0, renormalise=renormalise)
        after, _ = damp.update(advantages, damp.init(), signal=signal)
        assert np.array_equal(after[0], advantages[0])
        assert not np.allclose(after[1:], advantages[1:])
    assert np.abs(after).sum() == pytest.approx(np.abs(advantages).sum())


def test_all_factors_zero_stay_zero_also_renormalised():
    damp = seed_grpo(alpha=2.0, shape="focal", renormalise="questions")
    after, _ = damp.update(np.array([[0.5, -0.5]]), damp.init(), signal=[1.0])
    assert (after == 0).all()


def test_schedules_count_steps():
    damp = seed_grpo(alpha=linear(0.0, 1.0, steps=2))
    state, seen, advantages = damp.init(), [], np.array([[1.0, -1.0]])
    for _ in range(4):
        after, state = damp.update(advantages, state, signal=[0.5])
        seen.append(after[0, 0])
    assert seen == [1.0, 0.75, 0.5, 0.5]
    assert state.step == 4
    assert damp.update(advantages, damp.init(), signal=[0.5])[0] is advantages
    assert cosine(1.0, 0.0, steps=2)(1) == pytest.approx(0.5)


def test_a_schedule_that_leaves_the_limits_is_refused_when_it_does():
    damp = seed_grpo(alpha=lambda step: 0.5 - step)
    _, state = damp.update(np.ones((1, 2)), damp.init(), signal=[0.5])
    with pytest.raises(InvalidParameter, match=r"seed_grpo.alpha: expected a number in \[0, 1\], got -0.5"):
        damp.update(np.ones((1, 2)), state, signal=[0.5])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 1.5}, r"seed_grpo.alpha: expected a number in \[0, 1\], got 1.5"),
        ({"alpha": float("nan"), "shape": "focal"}, r"seed_grpo.alpha: expected a number in \[0, inf\), got nan"),
        ({"alpha": 1.0, "shape": "cubic"}, "seed_grpo.shape: expected one of"),
        ({"alpha": 1.0, "renormalise": "yes"}, "seed_grpo.renormalise: expected one of"),
    ],
)
def test_parameters_are_checked(arguments, message):
    with pytest.raises(InvalidParameter, match=message):
        seed_grpo(**arguments)


def test_bad_group_size_and_schedule_length_are_refused():
    with pytest.raises(InvalidParameter, match=r"seed_released.g"):
        seed_released(g=0)
    with pytest.raises(InvalidParameter, match="steps: expected a whole number >= 1, got 0"):
        linear(0.0, 1.0, steps=0)


def test_one_rollout_has_no_signal_and_no_gradient():
    batch, _ = group(np.random.default_rng(0), ["1"])
    signal = RELEASED_SIGNAL.measure(batch)
    assert signal.values == [0.0]
    after, _ = seed_grpo(alpha=1.0).update(batch.advantages, seed_grpo(alpha=1.0).init(), signal=signal)
    assert (after == 0).all()


def test_same_mean_control_takes_a_step_of_the_same_size_without_looking():
    advantages = np.array([[0.5, -0.5], [0.2, -0.2], [0.0, 0.0]])
    signal = [0.1, 0.9, 0.5]
    damp = seed_grpo(alpha=1.0)
    control = same_mean(damp)
    expected, _ = damp.update(advantages, damp.init(), signal=signal)
    after, state = control.update(advantages, control.init(), signal=signal)
    assert np.abs(after).sum() == pytest.approx(np.abs(expected).sum())
    np.testing.assert_allclose(after, advantages * (0.5 * 0.9 + 0.2 * 0.1) / 0.7)
    assert state.inner.step == 1


def test_shuffled_control_uses_the_same_factors_on_other_questions():
    advantages = np.tile([[1.0, -1.0]], (20, 1))
    signal = np.linspace(0, 1, 20)
    control = shuffled(seed_grpo(alpha=1.0), seed=7)
    first, state = control.update(advantages, control.init(), signal=signal)
    second, _ = control.update(advantages, state, signal=signal)
    np.testing.assert_allclose(np.sort(first[:, 0]), np.sort(1 - signal))
    assert not np.allclose(first[:, 0], 1 - signal)
    assert not np.allclose(first, second)
    other = shuffled(seed_grpo(alpha=1.0), seed=8)
    assert not np.allclose(other.update(advantages, other.init(), signal=signal)[0], first)


def test_shuffling_among_questions_with_a_gradient_leaves_the_others_alone():
    advantages = np.array([[0.0, 0.0], [0.5, -0.5], [0.0, 0.0], [0.5, -0.5], [0.5, -0.5]])
    signal = np.array([0.0, 0.2, 0.1, 0.4, 0.8])
    control, factors = shuffled(seed_grpo(alpha=1.0), seed=1), []
    state = control.init()
    for _ in range(20):
        after, state = control.update(advantages, state, signal=signal)
        factors.append(after[[1, 3, 4], 0] / 0.5)
        np.testing.assert_allclose(np.sort(factors[-1]), [0.2, 0.6, 0.8])
    assert len({tuple(own.round(3)) for own in factors}) == 6  # every order comes


def test_shuffling_everything_takes_a_larger_step_where_settled_questions_are_certain():
    advantages = np.array([[0.0, 0.0]] * 8 + [[0.5, -0.5]] * 8)
    signal = np.repeat([0.0, 0.8], 8)

    def step(among):
        control = shuffled(seed_grpo(alpha=1.0), seed=0, among=among)
        return np.abs(control.update(advantages, control.init(), signal=signal)[0]).sum()

    assert step("gradient") == pytest.approx(0.2 * 8)
    assert step("all") > 1.5 * step("gradient")


def test_shuffling_within_equal_accuracy_keeps_the_step_exactly():
    rng = np.random.default_rng(0)
    rewards = np.repeat([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], 5, axis=0)
    advantages = rewards - rewards.mean(axis=1, keepdims=True)
    signal = rng.random(15)
    damp, control = seed_grpo(alpha=1.0), shuffled(seed_grpo(alpha=1.0), seed=3, among="accuracy")
    after, _ = control.update(advantages, control.init(), signal=signal, rewards=rewards)
    expected, _ = damp.update(advantages, damp.init(), signal=signal)
    assert np.abs(after).sum() == pytest.approx(np.abs(expected).sum())
    for kind in (slice(0, 5), slice(5, 10)):
        np.testing.assert_allclose(np.sort(after[kind, 0]), np.sort(expected[kind, 0]))
    assert not np.allclose(after, expected)


def test_the_opposite_of_seed_raises_what_seed_damps_at_the_same_step():
    advantages = np.array([[0.5, -0.5], [0.2, -0.2], [0.0, 0.0]])
    signal = np.array([0.1, 0.9, 0.5])
    damp, control = seed_grpo(alpha=1.0), anti_seed(alpha=1.0)
    expected, _ = damp.update(advantages, damp.init(), signal=signal)
    after, _ = control.update(advantages, control.init(), signal=signal)
    assert np.abs(after).sum() == pytest.approx(np.abs(expected).sum())
    factor = after[:2, 0] / advantages[:2, 0]
    assert factor[1] / factor[0] == pytest.approx(1.9 / 1.1)


def test_the_opposite_of_seed_leaves_a_question_without_a_signal_as_the_surest():
    advantages = np.array([[0.5, -0.5], [0.5, -0.5]])
    signal = SignalResult(
        values=np.array([0.7, 0.4]), known=np.array([False, True]), raw=np.full(2, np.nan), reasons={0: "no answer"}
    )
    control = anti_seed(alpha=1.0)
    after, _ = control.update(advantages, control.init(), signal=signal)
    expected, _ = control.update(advantages, control.init(), signal=np.array([0.0, 0.4]))
    np.testing.assert_allclose(after, expected)
