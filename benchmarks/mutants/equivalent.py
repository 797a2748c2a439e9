"""Mutants that no test can catch, each with the reason: the change does not change what can be seen."""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

_EXAMPLE = "a parameter of an example: any other value is as good"
_SCALE = "a constant factor: the sums are only compared with each other"
_SLACK = "the slack for rounding beside it decides no case"

EQUIVALENT: dict[str, str] = {
    'semuq/estimators/hybrid.py: return (cls(), cls(weight=[0.2 -> (0.2 + 1)], clustering="components"), '
    'cls(weight=1.0, equivalence="relaxed"))': _EXAMPLE,
    "semuq/estimators/kernel/language.py: cls(kernel=KernelSum(parts=(Heat(), KernelProduct(parts=(Heat(), "
    "Matern()))), weights=(2.0, [1.0 -> (1.0 + 1)]))),": _EXAMPLE,
    "semuq/estimators/neighbours.py: return (cls(), cls(t=[0.1 -> (0.1 + 1)]))": _EXAMPLE,
    'semuq/estimators/states.py: "first": rng.normal(size=([8 -> (8 + 1)], 6)),': _EXAMPLE,
    'semuq/estimators/states.py: "second": rng.normal(size=([6 -> (6 + 1)], 8)),': _EXAMPLE,
    "semuq/estimators/perturbation.py: weights = np.concatenate([np.full(len(own), [1 -> (1 + 1)] / len(own)) "
    "for own in parts])": "a constant factor: `entropy` divides by the sum of the weights",
    "semuq/estimators/spectral.py: return 1.0 - affinity(stack.relation, self.affinity).mean(axis=-[1 -> (1 + 1)])": (
        "rows for columns: an affinity is symmetric"
    ),
    "semuq/metrics/few.py: wrong, k = right == [0 -> (0 + 1)], int(right.sum())": (
        "right for wrong: DeLong's variance is that of both, in either order"
    ),
    "semuq/metrics/resample.py: step = max([1 -> (1 + 1)], _CHUNK // len(members))": (
        "how many draws a block has: they are the same draws"
    ),
    "semuq/decisions/calibration.py: bounds = [(0.0, 1e3), (0.0, [1e3 -> (1e3 + 1)]), (-1e3, 1e3)]": (
        "a limit of the search that is never reached"
    ),
    "semuq/decisions/gate.py: Path(path).write_text(json.dumps(record, indent=[1 -> (1 + 1)], allow_nan=False) + "
    '"\\n", encoding="utf-8")': "how a file is indented",
    'semuq/decisions/rule.py: _FORMAT, _VERSION = "semuq.decision", [1 -> (1 + 1)]': (
        "there is one version so far; the next need only be another number"
    ),
    "semuq_rl/modulators/base.py: return absolute.[sum -> mean](axis=1)": _SCALE,
    "semuq_rl/modulators/gtpo_entropy.py: shaped += np.where(right, beta1 * np.where(mask, rewards, "
    "[0.0 -> (0.0 + 1)]), -beta1)": "outside the mask nothing is right, and the other branch is taken",
    "semuq_rl/modulators/laws.py: mask = rng.random((p, g)) [< -> <=] 0.8": "a number of 53 random bits is not 0.8",
    "semuq_rl/modulators/laws.py: noise = np.where(mask, rng.normal(size=(p, g)), [0.0 -> (0.0 + 1)])": (
        "what is masked is looked at by no law that adds the noise"
    ),
    "semuq_rl/modulators/laws.py: return bool((after >= low * before - 1e-12).all() and (after [<= -> <] high * "
    "before + 1e-12).all())": _SLACK,
}
