"""Nguyen, Payani, Mirzasoleiman (arXiv:2506.00245), Eq. 3 and 4, with loops. Imports nothing of semuq."""

import math


def snne(f, t):
    """-(1/n) sum_i log sum_j exp(f_ij / t)."""
    n = len(f)
    return -sum(math.log(sum(math.exp(f[i][j] / t) for j in range(n))) for i in range(n)) / n


def wsnne(f, loglik, t):
    """-sum_i P_i log sum_j exp(f_ij / t), P_i = exp(l_i) / sum_j exp(l_j), l_i per token."""
    n, top = len(f), max(loglik)
    weights = [math.exp(own - top) for own in loglik]
    total = sum(weights)
    return -sum(weights[i] / total * math.log(sum(math.exp(f[i][j] / t) for j in range(n))) for i in range(n))


def wsnne_of_theorem(masses, clusters):
    """Theorem 4.2: f_ij = t log(P_j / Q) within a cluster, -inf without, makes WSNNE the semantic entropy."""
    total = sum(masses)
    return -sum(
        own / total * math.log(sum(masses[j] / total for j in range(len(masses)) if clusters[j] == clusters[i]))
        for i, own in enumerate(masses)
    )
