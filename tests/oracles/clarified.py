"""Walha et al. (arXiv:2509.22272): entropies of kernel matrices, entry by entry. Imports nothing of semuq."""

import math

import scipy.linalg


def kernel(vectors, gamma):
    """exp(-gamma |e_i - e_j|^2) of unit vectors."""
    unit = [[x / math.sqrt(sum(y * y for y in own)) for x in own] for own in vectors]
    return [[math.exp(-gamma * sum((x - y) ** 2 for x, y in zip(a, b, strict=True))) for b in unit] for a in unit]


def entropy(matrix):
    """-sum lambda log lambda over the eigenvalues of K / n."""
    n = len(matrix)
    values = scipy.linalg.eigvalsh([[own / n for own in row] for row in matrix])
    return -sum(own * math.log(own) for own in values if own > 1e-15)


def parts(senses, gamma):
    """Total, aleatoric, epistemic of vectors senses[c][i], as many in each."""
    total = entropy(kernel([own for sense in senses for own in sense], gamma))
    epistemic = sum(entropy(kernel(sense, gamma)) for sense in senses) / len(senses)
    return total, total - epistemic, epistemic
