"""Every modulator goes through every law, and every law catches a modulator that breaks it."""

import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq_rl.modulators import AT_STRENGTH, MODULATORS, Claims, chain, check_scaling, identity, modulator, seed_grpo
from semuq_rl.modulators.base import Modulator
from semuq_rl.modulators.laws import CLAIMS, LAWS, check_modulator, random_case

DAMP = Claims(level="prompt", keeps_sign=True, keeps_mean=True, scale=(0.5, 1.0), undone_by_group_std=True)


@pytest.mark.parametrize("name", AT_STRENGTH)
def test_laws_and_claims(name):
    check_modulator(AT_STRENGTH[name])


def test_chains_keep_the_laws():
    check_modulator(lambda strength: identity())
    check_modulator(
        lambda strength: chain(
            AT_STRENGTH["mean-variance"](strength), AT_STRENGTH["seed"](strength), AT_STRENGTH["edge"](strength)
        )
    )


@pytest.mark.parametrize("name", AT_STRENGTH)
def test_every_modulator_changes_something(name):
    case = random_case(np.random.default_rng(3))
    built = AT_STRENGTH[name](0.8)
    before = case.of(built)
    assert not np.allclose(built.update(before, built.init(), **case.evidence)[0], before)


@pytest.mark.parametrize("name", AT_STRENGTH)
def test_names_tell_strengths_apart(name):
    names = {repr(AT_STRENGTH[name](strength)) for strength in (0.0, 0.3, 0.8)}
    assert len(names) == 3


@pytest.mark.parametrize("name", AT_STRENGTH)
def test_torch_tensors_come_back_as_they_came(name):
    torch = pytest.importorskip("torch")
    case = random_case(np.random.default_rng(4))
    built = AT_STRENGTH[name](0.8)
    expected, _ = built.update(case.of(built), built.init(), **case.evidence)
    tensors = {key: torch.as_tensor(value) for key, value in case.evidence.items()}
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 0.05)):
        advantages = torch.as_tensor(case.of(built)).to(dtype).requires_grad_()
        after, _ = built.update(advantages, built.init(), **tensors)
        assert after.dtype == dtype
        assert after.shape == advantages.shape
        assert not after.requires_grad
        np.testing.assert_allclose(after.double().numpy(), expected, atol=tolerance, rtol=tolerance)
        off = AT_STRENGTH[name](0.0)
        assert off.update(advantages, off.init(), **tensors)[0] is advantages


# Broken modulators: each takes SEED's claims, keeps all laws but one.


class Mutable(NamedTuple):
    calls: list


def damp(change, *, claims=DAMP, init=None):
    """build -> a modulator that halves, and then does what `change` does to it."""

    def build(strength):
        def update(advantages, state, *, signal=None, **evidence):
            if strength == 0:
                return advantages, state
            return change(advantages / 2, {**evidence, "signal": signal, "state": state, "in": advantages}), state

        return modulator(update, name="broken", claims=claims, **({"init": init} if init else {}))

    return build


def raw(change, **claims):
    """The same without the edge that `modulator` puts around an update."""

    def build(strength):
        def update(advantages, state, **evidence):
            return (advantages if strength == 0 else change(advantages, evidence)), state

        return Modulator(name="broken", init=tuple, update=update, claims=replace(DAMP, **claims))

    return build


def halve_in_place(advantages, evidence):
    evidence["rewards"] *= 0.5
    return advantages * 0.5


def first_rollout(advantages, evidence):
    changed = advantages.copy()
    changed[:, 0] *= 0.9
    return changed


def by_memory(advantages, evidence):
    evidence["state"].calls.append(1)
    return advantages * (1 + 0.1 * len(evidence["state"].calls))


def copy_at_zero(strength):
    claims = replace(DAMP, scale=(0.2, 1.0))
    return modulator(lambda a, state, **_: (a / (1 + strength), state), name="broken", claims=claims)


RESPONSE = replace(DAMP, level="response", keeps_sign=False, keeps_mean=False, scale=None, undone_by_group_std=False)

BROKEN = {
    "identity_at_zero": (copy_at_zero, "another object"),
    "finite": (raw(lambda a, e: a / (1 - np.max(e["signal"]))), "finite"),
    "masked_places_stay_zero": (raw(lambda a, e: np.nan_to_num(a) + 1), "masked place is not 0"),
    "masked_evidence": (
        raw(lambda a, e: np.nan_to_num(a) * e["rewards"].sum()),
        "what stands at masked places",
    ),
    "shape_and_dtype": (raw(lambda a, e: np.nan_to_num(a).astype(np.float64)), "dtype"),
    "tokens_agree": (damp(lambda a, e: a * (1.5 if a.ndim == 3 else 1)), "tokens and rollouts"),
    "level": (damp(lambda a, e: a * (1 + (a > 0))), "differ in factor"),
    "order_is_irrelevant": (damp(first_rollout, claims=RESPONSE), "order of the rollouts"),
    "unknown_keywords": (damp(lambda a, e: a * (1.5 if "nobody_expects_this" in e else 1)), "unknown keyword"),
    "pure": (damp(by_memory, init=lambda: Mutable([])), "second time"),
    "pure_arguments": (raw(lambda a, e: np.nan_to_num(halve_in_place(a, e)).astype(a.dtype)), "argument was changed"),
    "missing_needs": (raw(lambda a, e: np.nan_to_num(a), needs=frozenset({"signal"})), "does without"),
    "keeps_sign": (damp(lambda a, e: -a), "keeps_sign=True"),
    "keeps_sign unclaimed": (damp(lambda a, e: a, claims=replace(DAMP, keeps_sign=False)), "keeps_sign=False"),
    "keeps_mean": (
        damp(lambda a, e: a * (1 + (a > 0)), claims=replace(DAMP, level="response", undone_by_group_std=False)),
        "keeps_mean=True",
    ),
    "keeps_mean unclaimed": (damp(lambda a, e: a, claims=replace(DAMP, keeps_mean=False)), "keeps_mean=False"),
    "scale": (damp(lambda a, e: a * 0.9), "scale leaves"),
    "batch_statistics": (
        damp(lambda a, e: a * (1 + (0 if e["signal"] is None else np.mean(e["signal"])))),
        "batch_statistics=False",
    ),
    "batch_statistics unclaimed": (
        damp(lambda a, e: a, claims=replace(DAMP, batch_statistics=True)),
        "batch_statistics=True",
    ),
    "undone_by_group_std": (
        damp(lambda a, e: a * (1 + (a > 0)), claims=replace(RESPONSE, keeps_sign=True, undone_by_group_std=True)),
        "undone_by_group_std=True",
    ),
    "undone_by_group_std unclaimed": (
        damp(lambda a, e: a, claims=replace(DAMP, undone_by_group_std=False)),
        "undone_by_group_std=False",
    ),
    "standardises": (damp(lambda a, e: a, claims=replace(DAMP, standardises=True)), "standardises=True"),
    "standardises unclaimed": (
        damp(lambda a, e: np.sign(a) * e["present"], claims=replace(RESPONSE, keeps_sign=True)),
        "standardises=False",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_laws_catch_the_modulator_that_breaks_them(name):
    build, message = BROKEN[name]
    with np.errstate(all="ignore"), pytest.raises(AssertionError, match=message):
        check_modulator(build)


def test_every_law_and_claim_has_a_broken_modulator():
    assert {law.__name__ for law in LAWS} | set(CLAIMS) <= {name.split()[0] for name in BROKEN}
    assert all(law.__doc__.endswith(".") for law in LAWS)


def test_the_damping_that_is_not_broken_passes():
    check_modulator(damp(lambda a, e: a))


# The edge and the chain.


def test_chain_applies_in_order_and_keeps_states_apart():
    case = random_case(np.random.default_rng(5))
    first, second = seed_grpo(alpha=lambda step: 0.1 * step), seed_grpo(alpha=0.5, shape="exponential")
    both = chain(first, second)
    state, expected = both.init(), case.advantages
    for step in range(3):
        after, state = both.update(case.advantages, state, **case.evidence)
        signal = case.evidence["signal"][:, None]
        expected = case.advantages * (1 - 0.1 * step * signal) * np.exp(-0.5 * signal)
        np.testing.assert_allclose(after, expected)
    assert [own.step for own in state] == [3, 3]
    assert repr(both).startswith("chain(seed_grpo(alpha=")


def test_chain_refuses_a_factor_that_a_later_part_loses():
    lost = AT_STRENGTH["grpo-s"](1.0)
    with pytest.raises(InvalidParameter, match=r"seed.*has no effect; put seed.*after it"):
        chain(seed_grpo(alpha=1.0), lost)
    assert chain(lost, seed_grpo(alpha=1.0)).claims.standardises


@pytest.mark.parametrize("name", AT_STRENGTH)
def test_check_scaling_refuses_exactly_what_cancels(name):
    built = AT_STRENGTH[name](0.8)
    check_scaling(built, scale_rewards="none", applied_to="rewards")
    check_scaling(built, scale_rewards="group", applied_to="advantages")
    if built.claims.undone_by_group_std:
        with pytest.raises(InvalidParameter, match="scale_rewards='none'"):
            check_scaling(built, scale_rewards="group", applied_to="rewards")
        with pytest.raises(InvalidParameter, match="cancels"):
            check_scaling(chain(AT_STRENGTH["edge"](1.0), built), scale_rewards="group", applied_to="rewards")
    else:
        check_scaling(built, scale_rewards="group", applied_to="rewards")


def test_check_scaling_refuses_unknown_words():
    with pytest.raises(InvalidParameter, match="expected scale_rewards"):
        check_scaling(identity(), scale_rewards="std", applied_to="rewards")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"advantages": np.zeros(3)}, InvalidSamples, r"advantages: expected shape \(P, G\) or"),
        ({"advantages": np.array([[np.nan, 1.0]])}, InvalidSamples, r"advantages\[0, 0\]: .* nan; drop it by mask"),
        ({"mask": np.ones((1, 3), dtype=bool)}, InvalidSamples, r"mask: expected shape \(1, 2\), got \(1, 3\)"),
        (
            {"advantages": np.zeros((1, 2, 3)), "token_mask": np.ones((1, 2, 4))},
            InvalidSamples,
            r"token_mask: expected shape \(1, 2, 3\), as the advantages",
        ),
        ({"signal": None}, MissingEvidence, r"signal: .*Signal\(...\).measure"),
        ({"signal": [0.5, 0.5]}, InvalidParameter, r"signal: expected shape \(1,\)"),
        ({"signal": [np.nan]}, InvalidParameter, r"signal\[0\]: .*got nan"),
        ({"signal": [1.1]}, InvalidParameter, r"signal\[0\]: expected a number in \[0, 1\], got 1.1"),
    ],
)
def test_bad_input_is_refused_by_name(change, error, message):
    arguments = {"advantages": np.array([[0.5, -0.5]]), "signal": [0.5], **change}
    built = seed_grpo(alpha=1.0)
    with pytest.raises(error, match=message):
        built.update(arguments.pop("advantages"), built.init(), **arguments)


@pytest.mark.parametrize(
    ("name", "change", "error", "message"),
    [
        ("mean-variance", {"rewards": [[np.nan, 1.0]]}, InvalidSamples, r"rewards: expected finite numbers"),
        ("mean-variance", {"rewards": [[1.0]]}, InvalidSamples, r"rewards: expected shape \(1, 2\)"),
        ("edge", {"token_mask": None}, MissingEvidence, r"token_mask: edge.* needs token_mask, got None"),
        ("edge", {"entropies": np.full((1, 2, 3), np.inf)}, InvalidSamples, r"entropies: .* NaN or infinity"),
        ("edge", {"entropies": np.ones((1, 2, 4))}, InvalidSamples, r"entropies: expected shape \(1, 2, 3\)"),
        ("edge", {"token_mask": np.ones((1, 5, 3))}, InvalidSamples, r"token_mask: expected shape \(1, 2, T\)"),
    ],
)
def test_bad_evidence_is_refused_by_who_needs_it(name, change, error, message):
    evidence = {"rewards": [[1.0, 0.0]], "entropies": np.ones((1, 2, 3)), "token_mask": np.ones((1, 2, 3)), **change}
    built = AT_STRENGTH[name](0.8)
    with pytest.raises(error, match=message):
        built.update(np.array([[0.5, -0.5]]), built.init(), **evidence)


def test_what_nobody_needs_is_not_read():
    class Unreadable:
        def __array__(self, *_, **__):
            raise AssertionError("read")

    built = seed_grpo(alpha=1.0)
    built.update(np.array([[0.5, -0.5]]), built.init(), signal=[0.5], logprobs=Unreadable(), token_mask=Unreadable())


def test_token_level_modulators_ask_for_token_advantages():
    built = AT_STRENGTH["gtpo-entropy"](1.0)
    case = random_case(np.random.default_rng(6))
    with pytest.raises(InvalidSamples, match="pass broadcast_tokens"):
        built.update(case.advantages, built.init(), **case.evidence)


def test_one_factory_that_gives_nan_is_named():
    bad = modulator(lambda a, state, **_: (a * np.nan, state), name="mine", claims=DAMP)
    with pytest.raises(ArithmeticError, match="mine gave"):
        bad.update(np.array([[0.5, -0.5]]), ())


def test_claims_are_checked():
    with pytest.raises(InvalidParameter, match="level"):
        replace(DAMP, level="group")
    with pytest.raises(InvalidParameter, match="scale"):
        replace(DAMP, scale=(2.0, 1.0))


def test_every_modulator_of_the_list_is_put_through_the_laws_and_read_by_name():
    lawful = {re.match(r"\w+", build(0.8).name)[0] for build in AT_STRENGTH.values()}
    assert {name for name in MODULATORS.names if not name.startswith("seed_")} <= lawful
    assert "seed_grpo" in lawful
    assert MODULATORS.read("seed_grpo(alpha=0.02)").name == AT_STRENGTH["seed"](0.02).name
    with pytest.raises(InvalidParameter, match="seed_grpo: expected a value for alpha, got none"):
        MODULATORS.read("seed_grpo")
    with pytest.raises(InvalidParameter, match=r"got 'seed_grop'; did you mean seed_grpo\?"):
        MODULATORS.read("seed_grop(alpha=1)")
