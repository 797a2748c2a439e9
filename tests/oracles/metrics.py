"""Literal, slow transcriptions of the metrics' definitions: loops over pairs and ranks, nothing from semuq."""

import itertools
import math

import numpy as np
from scipy.stats import norm
from sklearn.metrics import auc as trapezoid


def auroc(u, a):
    """Every (wrong, right) pair, weighted by how wrong and how right the two are."""
    above = pairs = 0.0
    for ui, ai in zip(u, a, strict=True):
        for uj, aj in zip(u, a, strict=True):
            weight = (1 - ai) * aj
            pairs += weight
            above += weight * (1.0 if ui > uj else 0.5 if ui == uj else 0.0)
    return above / pairs


def average_over_ties(u, value):
    """Mean of value(order) over every order in which equal scores may stand (few answers only)."""
    orders = [
        order
        for order in itertools.permutations(range(len(u)))
        if all(u[i] <= u[j] for i, j in itertools.pairwise(order))
    ]
    return sum(value(order) for order in orders) / len(orders)


def auarc(u, a, max_rejection=1.0):
    """Mean accuracy of the k least uncertain, over k = n, n - 1, ... (at most max_rejection n values)."""
    n = len(u)

    def area(order):
        kept = [a[i] for i in order]
        accuracies = []
        for _ in range(max(1, math.floor(max_rejection * n + 1e-9))):
            accuracies.append(sum(kept) / len(kept))
            kept.pop()
        return sum(accuracies) / len(accuracies)

    return average_over_ties(u, area)


def auarc_trapezoid(u, a):
    """Lin et al.'s released code, arXiv:2305.19187: sklearn.metrics.auc(linspace(0, 1, n), expanding mean)."""

    def area(order):
        means = [sum(a[i] for i in order[: k + 1]) / (k + 1) for k in range(len(order))]
        return trapezoid(np.linspace(0, 1, len(means)), means)

    return average_over_ties(u, area)


def prr_retained(u, a, max_rejection=1.0):
    """LM-Polygraph: area under the mean quality of what remains, between random and oracle."""
    random = sum(a) / len(a)
    oracle = auarc([-x for x in a], a, max_rejection)
    return (auarc(u, a, max_rejection) - random) / (oracle - random)


def prr_replaced(u, a):
    """Malinin and Gales: area above the remaining errors / n, when rejected answers are corrected."""

    def area_under_errors(scores):
        def area(order):
            errors, curve = sum(1 - x for x in a), []
            curve.append(errors)
            for i in reversed(order):
                errors -= 1 - a[i]
                curve.append(errors)
            return sum((x + y) / 2 for x, y in itertools.pairwise(curve))

        return average_over_ties(scores, area)

    random = sum(1 - x for x in a) * len(a) / 2
    return (random - area_under_errors(u)) / (random - area_under_errors([-x for x in a]))


def fpr_at_tpr(u, a, tpr):
    """Try every score as a threshold, keep the smallest false-positive rate that flags enough."""
    best = 1.0
    for threshold in u:
        found = sum(1 - x for s, x in zip(u, a, strict=True) if s >= threshold) / sum(1 - x for x in a)
        if found >= tpr - 1e-9:
            best = min(best, sum(x for s, x in zip(u, a, strict=True) if s >= threshold) / sum(a))
    return best


def rank_calibration_error(u, a, bins, p=1):
    """arXiv:2404.03163, plug-in estimate as in the released code: ranks, equal-mass bins, de-tying."""
    n = len(u)
    a = np.asarray(a, dtype=float)[np.argsort(u, kind="stable")]
    ends = [round(float(x)) for x in np.linspace(0, n, bins + 1)]
    regressed = [0.0] * n
    for lo, hi in itertools.pairwise(ends):
        for i in range(lo, hi):
            regressed[i] = round(float(a[lo:hi].sum() / (hi - lo)), 12)
    ranks = [(sum(r >= regressed[i] for r in regressed) - 1) / (n - 1) for i in range(n)]
    moved = [0.0] * n
    for lo, hi in itertools.pairwise(ends):
        for i in range(lo, hi):
            moved[i] = sum(ranks[lo:hi]) / (hi - lo) - (hi - lo - 1) / (2 * (n - 1))
    return sum(abs(moved[i] - i / (n - 1)) ** p for i in range(n)) / n


def rank_calibration_error_kernel(u, a, sigma=0.1):
    """The released code's kernel, with its sum of N(x - y + 2k) + N(y - x + 2k) over k = -4..3."""
    n = len(u)
    a = np.asarray(a, dtype=float)[np.argsort(u, kind="stable")]
    x = [i / (n - 1) for i in range(n)]
    kernel = np.array(
        [
            [
                sum(norm.pdf(s - t + 2 * k, 0, sigma) + norm.pdf(t - s + 2 * k, 0, sigma) for k in range(-4, 4))
                for t in x
            ]
            for s in x
        ]
    )
    regressed = kernel @ a / kernel.sum(axis=1)
    return sum(abs((sum(regressed >= regressed[i]) - 1) / (n - 1) - x[i]) for i in range(n)) / n


def ece_width(s, a, bins, p=1):
    """Ten-line loop over bins [b / B, (b + 1) / B), the last one closed."""
    total = 0.0
    for b in range(bins):
        inside = [i for i in range(len(s)) if min(int(s[i] * bins), bins - 1) == b]
        if inside:
            predicted = sum(s[i] for i in inside) / len(inside)
            wrong = sum(1 - a[i] for i in inside) / len(inside)
            total += len(inside) / len(s) * abs(predicted - wrong) ** p
    return total ** (1 / p)


RANK_CALIBRATION_REFERENCE = {
    # n = 1000, B = 20, values of the released code on made-up inputs
    "perfect": 0.0125,
    "reversed": 0.5005,
}
