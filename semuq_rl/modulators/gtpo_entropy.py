"""GTPO and GRPO-S of arXiv:2508.04349 (Tan et al.): entropy-shaped rewards, per token and per response.

Not the GTPO of arXiv:2508.03772, which is `gtpo_trajectory`. Uncertain tokens of right rollouts earn
more, certain tokens of wrong ones lose more. The paper itself was not read: formulas come from two
independent ports that cite its equations, textpolicy (teilomillet, commit a2273f2, GTPO only) and a
TRL port of both methods (`entropy_utils.py`, `grpo_s_trainer.py`). Compare with the paper before
calling a run a reproduction.

Where the ports differ from each other or from us: right means reward > 0.5 in the first, group
advantage > 0 in the second; the second clips entropies to [0.2, 0.28], which are the two bounds of
the paper's clipped ratio and, we think, were taken for something else; both form shares and
statistics over whatever rows they are handed, which is a whole batch in the first. Here a question's
rollouts are always the group, and nothing is clipped.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread
from semuq_rl.modulators.edge import mean_entropy

__all__ = ["EntropyForm", "SequenceForm", "entropy_bonus", "grpo_s", "gtpo_entropy"]


EntropyForm = Literal["paper", "added"]
SequenceForm = Literal["joint", "apart", "added"]

_LEAST = 1e-8


def gtpo_entropy(
    *, alpha1: float = 1.0, alpha2: float = 0.1, form: EntropyForm = "paper", threshold: float = 0.0
) -> Modulator:
    """Pay right rollouts for their uncertain tokens, charge wrong ones for their certain tokens.

    Formula. Per position t, over the d_t right rollouts O+ and h_t wrong ones O- still running there:
        right:  r~_{i,t} =  alpha1 r_i + alpha2 d_t H_{i,t} / sum_k H_{k,t}
        wrong:  r~_{j,t} = -alpha1 - alpha2 h_t (1 / H_{j,t}) / sum_k (1 / H_{k,t})
        "paper": A'_{i,t} = (r~ - mean) / std, over all tokens of O+ and of O- separately
        "added": A'_{i,t} = A_i + alpha2 (...), the second term alone on top of the advantage; ours
    The shares of a position sum to d_t (h_t), so the bonus per running rollout is 1 on average.

    Claims. Sign, mean and scale all change. "paper" ignores the advantages that came in.

    Args:
        alpha1: weight of the reward, >= 0.
        alpha2: strength >= 0. The paper asks for alpha1 + alpha2 = 1, both ports run 1.0 and 0.1.
        form: see above; both ports standardise apart and call it the paper's Eq. 6. With equal
            rewards inside O+ (as for 0/1 rewards) alpha1 and alpha2 then drop out, since
            (alpha1 + alpha2 x) standardised is x standardised, and right and wrong rollouts both
            have tokens of mean 0, so that nothing pushes towards the right ones. A later report from
            the authors of the second port finds the same of theirs.
        threshold: a reward above it is right.

    Degenerate cases. No right (wrong) rollout: nothing is added there. H = 0 counts as 1e-8. A set
    whose shaped rewards are all equal: 0 in the "paper" form. Positions count from the first place
    of T: completions must be padded on the right.

    References: Tan et al., GTPO and GRPO-S, arXiv:2508.04349, Eq. 3, 5, 6, 7 (as cited by ports).
    """
    within("gtpo_entropy", 0, alpha1=alpha1, alpha2=alpha2)
    one_of("gtpo_entropy", get_args(EntropyForm), form=form)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        mask: BoolArray,
        present: BoolArray,
        rewards: Any = None,
        entropies: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        right = np.broadcast_to((mask & (rewards > threshold))[..., None], present.shape) & present
        bonus = alpha2 * entropy_bonus(entropies, right, present & ~right)
        if form == "added":
            return advantages + bonus, state
        base = np.where(right, alpha1 * np.where(mask, rewards, 0.0)[..., None], -alpha1)
        return _standardised(base + bonus, right) + _standardised(base + bonus, present & ~right), state

    name = f"gtpo_entropy(alpha1={alpha1!r}, alpha2={alpha2!r}, form={form!r}, threshold={threshold!r})"
    return modulator(update, name=name, claims=_claims("token", form), strength=alpha2)


def grpo_s(
    *, beta1: float = 1.0, beta2: float = 0.1, form: SequenceForm = "joint", threshold: float = 0.0
) -> Modulator:
    """`gtpo_entropy` by the response: each rollout's mean entropy, among all right (wrong) rollouts.

    Formula. With n right and m wrong rollouts in the group and Hbar the mean token entropy,
        right:  r^_i =  beta1 r_i + beta2 n Hbar_i / sum_k Hbar_k
        wrong:  r^_j = -beta1 - beta2 m (1 / Hbar_j) / sum_k (1 / Hbar_k)
        "joint": A' = (r^ - mean) / std, over all rollouts of the group, as GRPO; deviations over n - 1
        "apart": the same over O+ and over O- separately, as in `gtpo_entropy`; ours
        "added": A' = A + beta2 (...), the second term alone on top of the advantage; ours

    Claims. Scale changes. "joint" and "apart" ignore the advantages that came in and have mean 0,
    "added" changes the mean. Only "joint" keeps right above wrong: r^ is positive for the ones and
    negative for the others.

    Args:
        beta1, beta2, threshold: as in `gtpo_entropy`; beta2 is the strength.
        form: see above. The one port that has the sequence form standardises jointly; no source for
            standardising apart was found.

    Degenerate cases. As in `gtpo_entropy`. A rollout without tokens has Hbar = 0, so 1e-8. A group
    that is all right, or all wrong, still gets advantages, from entropy alone: the more certain of
    its wrong rollouts are pushed down. GRPO would leave it alone.

    References: arXiv:2508.04349, Eq. 8 and 9, normalised "analogous to GRPO" as the port cites it.
    """
    within("grpo_s", 0, beta1=beta1, beta2=beta2)
    one_of("grpo_s", get_args(SequenceForm), form=form)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        mask: BoolArray,
        present: BoolArray,
        rewards: Any = None,
        entropies: Any = None,
        token_mask: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        right = mask & (rewards > threshold)
        own = mean_entropy(entropies, token_mask & mask[..., None])
        shaped = beta2 * entropy_bonus(own[..., None], right[..., None], (mask & ~right)[..., None])[..., 0]
        if form != "added":
            shaped += np.where(right, beta1 * np.where(mask, rewards, 0.0), -beta1)
        if form == "joint":
            shaped = _standardised(shaped, mask, ddof=1)
        elif form == "apart":
            shaped = _standardised(shaped, right) + _standardised(shaped, mask & ~right)
        shaped = np.where(present, spread(shaped, advantages), 0.0)
        return (advantages + shaped if form == "added" else shaped), state

    name = f"grpo_s(beta1={beta1!r}, beta2={beta2!r}, form={form!r}, threshold={threshold!r})"
    return modulator(update, name=name, claims=_claims("response", form), strength=beta2)


def entropy_bonus(entropies: FloatArray, right: BoolArray, wrong: BoolArray) -> FloatArray:
    """(P, G, T): share of the position's entropy times d_t where right, less that of 1 / H where wrong.

    >>> entropies = np.array([[[0.3], [0.1], [0.5]]])
    >>> right = np.array([[[True], [True], [False]]])
    >>> entropy_bonus(entropies, right, ~right)[0, :, 0]
    array([ 1.5,  0.5, -1. ])
    """
    own = np.maximum(entropies, _LEAST)
    return _share(own, right) - _share(1 / own, wrong)


def _share(weights: FloatArray, alive: BoolArray) -> FloatArray:
    """weights / (their sum over the rollouts alive) times how many are; 0 where not alive."""
    total = np.where(alive, weights, 0.0).sum(axis=1, keepdims=True)
    count = alive.sum(axis=1, keepdims=True)
    return np.where(alive, weights * count / np.where(total > 0, total, 1.0), 0.0)


def _standardised(shaped: FloatArray, places: BoolArray, *, ddof: int = 0) -> FloatArray:
    """Mean 0 and deviation 1 over the places of each group that are set; 0 elsewhere."""
    result = np.zeros_like(shaped)
    for own, here, out in zip(shaped, places, result, strict=True):
        values = own[here]
        # Equal values have a spread of rounding, which must not be blown up to 1.
        if len(values) > ddof and np.ptp(values) > 1e-12 * np.abs(values).max():
            out[here] = (values - values.mean()) / values.std(ddof=ddof)
    return result


def _claims(level: Literal["response", "token"], form: EntropyForm | SequenceForm) -> Claims:
    return Claims(
        level=level,
        keeps_sign=False,
        keeps_mean=level == "response" and form != "added",
        scale=None,
        standardises=form != "added",
        needs=frozenset({"rewards", "entropies", "token_mask"}),
    )
