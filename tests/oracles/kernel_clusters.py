"""KLE-c (arXiv:2405.20003, App. B) with loops and SciPy's matrix exponential. Imports nothing of semuq."""

import math

import numpy as np
import scipy.linalg

WORTH = (1.0, 0.5, 0.0)


def cluster_graph(probabilities, clusters):
    """w_cd: over all pairs of members the worth of the likeliest label, both directions."""
    k = max(clusters) + 1
    graph = [[0.0] * k for _ in range(k)]
    for i, c in enumerate(clusters):
        for j, d in enumerate(clusters):
            if c != d:
                labels = [probabilities[own][i][j] for own in range(3)]
                graph[c][d] += WORTH[labels.index(max(labels))]
    return [[graph[c][d] + graph[d][c] for d in range(k)] for c in range(k)]


def masses(logliks, clusters):
    k = max(clusters) + 1
    top = max(logliks)
    raw = [
        sum(math.exp(loglik - top) for loglik, c in zip(logliks, clusters, strict=True) if c == own) for own in range(k)
    ]
    return [own / sum(raw) for own in raw]


def entropy_of(matrix):
    values = scipy.linalg.eigvalsh(np.array(matrix))
    return -sum(value * math.log(value) for value in values if value > 1e-300)


def kle_c(probabilities, logliks, clusters, t, alpha, mixture):
    graph, p = cluster_graph(probabilities, clusters), masses(logliks, clusters)
    k = len(graph)
    lap = np.array([[(sum(graph[c]) if c == d else 0.0) - graph[c][d] for d in range(k)] for c in range(k)])
    kernel = scipy.linalg.expm(-t * lap)
    unit = [[kernel[c][d] / math.sqrt(kernel[c][c] * kernel[d][d]) for d in range(k)] for c in range(k)]
    if mixture == "product":
        return entropy_of([[math.sqrt(p[c] * p[d]) * unit[c][d] for d in range(k)] for c in range(k)])
    rho = [[alpha * unit[c][d] / k + (1 - alpha) * (p[c] if c == d else 0.0) for d in range(k)] for c in range(k)]
    return entropy_of(rho)
