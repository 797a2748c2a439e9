"""Hamidieh et al. (arXiv:2604.17112): AU, EU and their sum, pair by pair. Imports nothing of semuq."""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def parts(own, others):
    """AU, EU, TU of similarities own[i][j] among a model's answers and others[m][i][j] to those of model m."""
    n = len(own)
    intra = mean(own[i][j] for i in range(n) for j in range(n) if i != j) if n > 1 else 1.0
    inter = mean(mean(value for row in other for value in row) for other in others)
    return 1 - intra, intra - inter, (1 - intra) + (intra - inter)
