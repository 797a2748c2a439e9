"""Semantic entropy and kernel language entropy, transcribed word for word: slow, with loops, no semuq inside.

Kuhn et al. (arXiv:2302.09664), Farquhar et al. (Nature 630), Nikitin et al. (arXiv:2405.20003).
"""

import math

import numpy as np
import scipy.linalg


def cluster_bidirectional(same):
    """Algorithm 1 of Kuhn et al.: compare with the first sequence of each class in turn."""
    classes = [[0]]
    for m in range(1, len(same)):
        for own in classes:
            if same[own[0]][m] and same[m][own[0]]:
                own.append(m)
                break
        else:
            classes.append([m])
    return classes


def semantic_entropy(same, token_logprobs, length_normalised=True):
    """Farquhar et al., Methods: C = sum over sequences in a cluster, normalised; H = -sum C log C."""
    p = [math.exp(sum(lp) / len(lp)) if length_normalised else math.exp(sum(lp)) for lp in token_logprobs]
    masses = [sum(p[s] for s in own) for own in cluster_bidirectional(same)]
    total = sum(masses)
    return -sum(c / total * math.log(c / total) for c in masses)


def semantic_entropy_monte_carlo(same, token_logprobs):
    """Kuhn et al., Eq. 4: SE = -|C|^-1 sum_i log p(C_i | x), p(C_i | x) = sum of sequence likelihoods."""
    p = [math.exp(sum(lp)) for lp in token_logprobs]
    classes = cluster_bidirectional(same)
    return -sum(math.log(sum(p[s] for s in own)) for own in classes) / len(classes)


def discrete_semantic_entropy(same):
    """Farquhar et al., discrete variant: masses are shares of the sample."""
    n = len(same)
    return -sum(len(own) / n * math.log(len(own) / n) for own in cluster_bidirectional(same))


def kernel_language_entropy(labels, t=None, kappa=None, nu=None):
    """Nikitin et al., Sec. 4: labels[i][j] in {'e', 'n', 'c'}; heat kernel if t is given, else Matern."""
    n = len(labels)
    worth = {"e": 1.0, "n": 0.5, "c": 0.0}
    W = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                W[i, j] = worth[labels[i][j]] + worth[labels[j][i]]
    L = np.diag([sum(W[i]) for i in range(n)]) - W
    if t is not None:
        K = scipy.linalg.expm(-t * L)  # Eq. 8
    else:
        K = scipy.linalg.fractional_matrix_power(2 * nu / kappa**2 * np.eye(n) + L, -nu)  # Eq. 9
    rho = np.array([[K[i, j] / math.sqrt(K[i, i] * K[j, j]) / n for j in range(n)] for i in range(n)])
    eigenvalues = np.linalg.eigvals(rho).real
    return -sum(x * math.log(x) for x in eigenvalues if x > 1e-12)
