"""The laws of modulators: `check_modulator(build)` for yours, run over all of `AT_STRENGTH` by the tests.

A law takes `build`, strength -> modulator, and a case of random groups, and raises an AssertionError
that names modulator and law. Laws hold for all. Claims are measured both ways: what is claimed must
hold in every case, and what is not claimed must be seen to fail in one, so that no fact is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import MissingEvidence
from semuq.numerics import FloatArray
from semuq_rl.groups import broadcast_tokens, group_advantages
from semuq_rl.modulators.base import Modulator

__all__ = ["CLAIMS", "LAWS", "Case", "check_modulator", "random_case"]

Build = Callable[[float], Modulator]

STRENGTH = 0.8
"""The strength at which claims are measured."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Random groups: (P, G) advantages of mean 0, and all evidence a modulator may ask for."""

    advantages: FloatArray
    evidence: dict[str, Any]

    def of(self, modulator: Modulator) -> FloatArray:
        """The advantages in the shape that this modulator takes."""
        if modulator.claims.level == "token":
            return broadcast_tokens(self.advantages, self.evidence["token_mask"])
        return self.advantages

    def questions(self, which: slice) -> Case:
        """A part of the questions."""
        return Case(advantages=self.advantages[which], evidence={k: v[which] for k, v in self.evidence.items()})

    def shuffled(self, order: NDArray[np.int64]) -> Case:
        """The rollouts of every group in another order."""
        per_prompt = ("signal", "prompt_logprobs")
        moved = {k: v if k in per_prompt else v[:, order] for k, v in self.evidence.items()}
        return Case(advantages=self.advantages[:, order], evidence=moved)


def random_case(rng: np.random.Generator, *, binary: bool = False) -> Case:
    """Six ragged groups of up to five rollouts of up to seven tokens; the first is all right."""
    p, g, t = 6, 5, 7
    mask = rng.random((p, g)) < 0.8
    mask[:, :2] = True
    lengths = rng.integers(1, t + 1, size=(p, g))
    token_mask = (np.arange(t) < lengths[..., None]) & mask[..., None]
    rewards = (rng.random((p, g)) < 0.5).astype(float) if binary else rng.uniform(-1.0, 1.0, (p, g))
    rewards[0] = 1.0
    rewards = np.where(mask, rewards, 0.0)
    noise = np.where(mask, rng.normal(size=(p, g)), 0.0)
    advantages = group_advantages(rewards if binary else noise, mask)
    evidence = {
        "mask": mask,
        "token_mask": token_mask,
        "rewards": rewards,
        "signal": rng.random(p),
        "logprobs": np.where(token_mask, -rng.exponential(0.7, (p, g, t)), 0.0),
        "entropies": np.where(token_mask, rng.exponential(0.7, (p, g, t)), 0.0),
        "token_ids": np.where(token_mask, rng.integers(0, 2, (p, g, t)), 0),
        "steps": np.where(token_mask, np.arange(t) // 3, 0),
        "prompt_logprobs": -rng.exponential(0.7, (p, 4)),
    }
    return Case(advantages=advantages, evidence=evidence)


def check_modulator(build: Build, *, seed: int = 0, cases: int = 12) -> None:
    """Put a modulator through every law and measure every claim.

    Args:
        build: strength in [0, 1] -> the modulator.
        seed: of the random groups.
        cases: how many batches of groups.

    Raises:
        AssertionError: a law is broken, a claim is false, or a claim is missing.
    """
    rng = np.random.default_rng(seed)
    batches = [random_case(rng, binary=bool(index % 2)) for index in range(cases)]
    for law in LAWS:
        for case in batches:
            law(build, case)
    for name, measure in CLAIMS.items():
        _measure(name, measure, build(STRENGTH), batches)


def identity_at_zero(build: Build, case: Case) -> None:
    """At strength 0 the very object that came in goes out."""
    off = build(0.0)
    advantages = case.of(off)
    after, _ = off.update(advantages, off.init(), **case.evidence)
    _law(after is advantages, off, "strength 0 gave another object than came in")


def finite(build: Build, case: Case) -> None:
    """Every number is finite, also if all evidence is at its extremes."""
    modulator = build(STRENGTH)
    extremes = dict(case.evidence)
    for name, value in (("signal", 1.0), ("entropies", 0.0), ("logprobs", -1e4), ("rewards", 1.0)):
        extremes[name] = np.full_like(case.evidence[name], value)
    for evidence in (case.evidence, extremes, {**extremes, "rewards": np.zeros_like(extremes["rewards"])}):
        after, _ = modulator.update(case.of(modulator), modulator.init(), **evidence)
        _law(bool(np.isfinite(after).all()), modulator, "not all numbers are finite")


def masked_places_stay_zero(build: Build, case: Case) -> None:
    """Where no rollout is, the result is exactly 0, and what stands there in the evidence is not read."""
    modulator = build(STRENGTH)
    advantages = case.of(modulator)
    present = case.evidence["mask" if advantages.ndim == 2 else "token_mask"]
    clean, _ = modulator.update(advantages, modulator.init(), **case.evidence)
    dirt = {
        name: np.where(case.evidence[where], case.evidence[name], value)
        for name, where, value in (
            ("rewards", "mask", 7.0),
            ("logprobs", "token_mask", -9.0),
            ("entropies", "token_mask", 9.0),
            ("token_ids", "token_mask", 1),
            ("steps", "token_mask", 5),
        )
    }
    dirty = np.where(present, advantages, np.nan)
    after, _ = modulator.update(dirty, modulator.init(), **{**case.evidence, **dirt})
    if after is dirty:  # the identity touches nothing
        return
    _law(bool((after[~present] == 0).all()), modulator, "a masked place is not 0")
    _law(np.array_equal(after, clean), modulator, "what stands at masked places changed the result")


def shape_and_dtype(build: Build, case: Case) -> None:
    """Shape and dtype out = in; (P, G, T) advantages are taken at every level."""
    modulator = build(STRENGTH)
    shapes = [case.of(modulator), broadcast_tokens(case.advantages, case.evidence["token_mask"])]
    for advantages in shapes:
        for dtype in (np.float32, np.float64):
            after, _ = modulator.update(advantages.astype(dtype), modulator.init(), **case.evidence)
            _law(after.dtype == dtype and after.shape == advantages.shape, modulator, "shape or dtype changed")


def tokens_agree(build: Build, case: Case) -> None:
    """Prompt and response level: the tokens of a rollout all get what the rollout gets."""
    modulator = build(STRENGTH)
    if modulator.claims.level == "token":
        return
    token_mask = case.evidence["token_mask"]
    per_rollout, _ = modulator.update(case.advantages, modulator.init(), **case.evidence)
    per_token, _ = modulator.update(broadcast_tokens(case.advantages, token_mask), modulator.init(), **case.evidence)
    expected = broadcast_tokens(per_rollout, token_mask)
    _law(np.allclose(per_token, expected, atol=1e-12), modulator, "tokens and rollouts disagree")


def order_is_irrelevant(build: Build, case: Case) -> None:
    """Rollouts in another order give the same, in that order."""
    modulator = build(STRENGTH)
    order = np.random.default_rng(case.advantages.shape[1]).permutation(case.advantages.shape[1])
    after, _ = modulator.update(case.of(modulator), modulator.init(), **case.evidence)
    moved = case.shuffled(order)
    after_moved, _ = modulator.update(moved.of(modulator), modulator.init(), **moved.evidence)
    _law(np.allclose(after_moved, after[:, order], atol=1e-9), modulator, "the order of the rollouts matters")


def unknown_keywords(build: Build, case: Case) -> None:
    """A keyword that nobody can expect is ignored."""
    modulator = build(STRENGTH)
    plain, _ = modulator.update(case.of(modulator), modulator.init(), **case.evidence)
    after, _ = modulator.update(case.of(modulator), modulator.init(), nobody_expects_this=object(), **case.evidence)
    _law(np.array_equal(after, plain), modulator, "an unknown keyword changed the result")


def pure(build: Build, case: Case) -> None:
    """The same twice from the same state, and nothing that was passed is changed."""
    modulator = build(STRENGTH)
    advantages, state = case.of(modulator), modulator.init()
    before = {name: value.copy() for name, value in (*case.evidence.items(), ("advantages", advantages))}
    first, after = modulator.update(advantages, state, **case.evidence)
    modulator.update(advantages, after, **case.evidence)
    again, _ = modulator.update(advantages, state, **case.evidence)
    untouched = all(np.array_equal(before[k], v) for k, v in (*case.evidence.items(), ("advantages", advantages)))
    _law(untouched, modulator, "an argument was changed")
    _law(np.array_equal(first, again), modulator, "the second time gave something else")


def missing_needs(build: Build, case: Case) -> None:
    """Without what it needs it refuses, and the message names it."""
    modulator = build(STRENGTH)
    for need in modulator.claims.needs:
        evidence = {name: value for name, value in case.evidence.items() if name != need}
        try:
            modulator.update(case.of(modulator), modulator.init(), **evidence)
        except MissingEvidence as error:
            _law(need in str(error), modulator, f"the refusal does not name {need}")
        else:
            _law(False, modulator, f"claims to need {need} and does without")
    bare = {name: case.evidence[name] for name in {"mask", "token_mask", *modulator.claims.needs}}
    if "token_mask" not in modulator.claims.needs:
        bare.pop("token_mask")
    modulator.update(case.of(modulator), modulator.init(), **bare)


def level(build: Build, case: Case) -> None:
    """What claims the level "prompt" is one factor for all rollouts of a question."""
    modulator = build(STRENGTH)
    if modulator.claims.level == "prompt":
        before, after = _both(modulator, case)
        largest = np.abs(before).argmax(axis=1)[:, None]
        # Cross-multiplied: a group without gradient has no factor.
        own, others = (np.take_along_axis(values, largest, axis=1) for values in (before, after))
        _law(
            np.allclose(after * own, before * others, atol=1e-12), modulator, "rollouts of a question differ in factor"
        )


def keeps_sign(modulator: Modulator, case: Case) -> bool:
    """No advantage changes its sign; 0 stays 0."""
    before, after = _both(modulator, case)
    return bool((before * after >= 0).all() and (after[before == 0] == 0).all())


def keeps_mean(modulator: Modulator, case: Case) -> bool:
    """A group with mean 0 over its rollouts keeps it."""
    _, after = _both(modulator, case)
    if after.ndim == 3:
        after = after.sum(axis=2) / np.maximum(case.evidence["token_mask"].sum(axis=2), 1)
    return bool(np.abs(after.sum(axis=1)).max() < 1e-9)


def bounded_scale(modulator: Modulator, case: Case) -> bool:
    """low |A| <= |A'| <= high |A|."""
    if modulator.claims.scale is None:
        return False
    low, high = modulator.claims.scale
    before, after = (np.abs(values) for values in _both(modulator, case))
    return bool((after >= low * before - 1e-12).all() and (after <= high * before + 1e-12).all())


def independent_of_batch(modulator: Modulator, case: Case) -> bool:
    """Batch = singles: every group alone gives what it gives among others."""
    _, after = _both(modulator, case)
    for p in range(len(after)):
        _, own = _both(modulator, case.questions(slice(p, p + 1)))
        if not np.allclose(own[0], after[p], atol=1e-9):
            return False
    return True


def undone_by_group_std(modulator: Modulator, case: Case) -> bool:
    """For 0/1 rewards, dividing by the group's standard deviation takes everything back."""
    if not np.isin(case.evidence["rewards"], (0.0, 1.0)).all():
        return True
    before, after = _both(modulator, case)
    return bool(np.allclose(_unit(before), _unit(after), atol=1e-6))


def standardises(modulator: Modulator, case: Case) -> bool:
    """The scale a group came with is lost."""
    halved = Case(advantages=case.advantages / 2, evidence=case.evidence)
    return bool(np.allclose(_both(modulator, case)[1], _both(modulator, halved)[1], atol=1e-9))


LAWS: tuple[Callable[[Build, Case], None], ...] = (
    identity_at_zero,
    finite,
    masked_places_stay_zero,
    shape_and_dtype,
    tokens_agree,
    level,
    order_is_irrelevant,
    unknown_keywords,
    pure,
    missing_needs,
)
"""What every modulator keeps."""

CLAIMS: dict[str, Callable[[Modulator, Case], bool]] = {
    "keeps_sign": keeps_sign,
    "keeps_mean": keeps_mean,
    "scale": bounded_scale,
    "batch_statistics": lambda modulator, case: not independent_of_batch(modulator, case),
    "undone_by_group_std": undone_by_group_std,
    "standardises": standardises,
}
"""What a modulator may claim -> whether it is so in a case."""

_WITNESS_CLAIMED = frozenset({"batch_statistics"})
"""Claims that say "may": one case must show it. The others say "always": every case must."""


def _measure(name: str, measure: Callable[[Modulator, Case], bool], modulator: Modulator, cases: list[Case]) -> None:
    claimed = getattr(modulator.claims, name)
    seen = [measure(modulator, case) for case in cases]
    if name == "scale":
        # None claims nothing; a bound is not asked to be the tightest.
        _law(claimed is None or all(seen), modulator, f"scale leaves {claimed}")
    elif name in _WITNESS_CLAIMED:
        _law(claimed == any(seen), modulator, f"claims {name}={claimed}, measured {any(seen)}")
    else:
        _law(claimed == all(seen), modulator, f"claims {name}={claimed}, measured {all(seen)}")


def _both(modulator: Modulator, case: Case) -> tuple[FloatArray, FloatArray]:
    before = case.of(modulator)
    return before, modulator.update(before, modulator.init(), **case.evidence)[0]


def _unit(advantages: FloatArray) -> FloatArray:
    """Each group divided by its own spread; a group without stays 0."""
    flat = advantages.reshape(len(advantages), -1)
    spread = np.sqrt((flat**2).sum(axis=1, keepdims=True))
    return np.where(spread > 1e-9, flat / np.where(spread > 1e-9, spread, 1.0), 0.0)


def _law(holds: bool, modulator: Modulator, broken: str) -> None:
    # Not an assert statement: laws are public, and python -O drops those.
    if not holds:
        raise AssertionError(f"{modulator}: {broken}")
