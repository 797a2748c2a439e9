"""Cluster counts and Renyi's entropies with loops and exact arithmetic. Imports nothing of semuq."""

import math
from fractions import Fraction

from mpmath import mp, mpf


def greedy(equivalent):
    """The first cluster whose first member is equivalent takes the answer (Kuhn et al. 2023, Alg. 1)."""
    clusters = []
    for i in range(len(equivalent)):
        for members in clusters:
            if equivalent[members[0]][i]:
                members.append(i)
                break
        else:
            clusters.append([i])
    return clusters


def shares(clusters):
    n = sum(len(members) for members in clusters)
    return sorted((Fraction(len(members), n) for members in clusters), reverse=True)


def margin(clusters):
    ordered = [*shares(clusters), Fraction(0)]
    return 1 - (ordered[0] - ordered[1])


def majority(clusters):
    return 1 - shares(clusters)[0]


def likelihood_shares(clusters, logliks):
    """p_c = sum_{i in c} exp(l_i) / sum_j exp(l_j), in 60 digits with an exponent of any size."""
    with mp.workdps(60):
        masses = [sum((mp.exp(mpf(logliks[i])) for i in members), mpf(0)) for members in clusters]
        total = sum(masses, mpf(0))
        return [mass / total for mass in masses]


def renyi(probabilities, order):
    """H_a = log(sum p^a) / (1 - a), Shannon at 1, -log max at infinity, log count at 0."""
    with mp.workdps(60):
        values = [mpf(p.numerator) / p.denominator if isinstance(p, Fraction) else p for p in probabilities]
        if order == 1:
            return float(-sum(p * mp.log(p) for p in values))
        if order == "inf":
            return float(-mp.log(max(values)))
        if order == 0:
            return math.log(len(values))
        return float(mp.log(sum(p ** mpf(order) for p in values)) / (1 - mpf(order)))
