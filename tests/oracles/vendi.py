"""Vendi score (arXiv:2210.02410), Def. 3.1: exp of the Shannon entropy of the eigenvalues of K / n. No semuq here."""

import math

import scipy.linalg


def cosine(u, v):
    norms = math.sqrt(sum(a * a for a in u)) * math.sqrt(sum(b * b for b in v))
    return sum(a * b for a, b in zip(u, v, strict=True)) / norms if norms > 0 else 0.0


def vendi(vectors):
    n = len(vectors)
    kernel = [[1.0 if i == j else cosine(vectors[i], vectors[j]) for j in range(n)] for i in range(n)]
    values = scipy.linalg.eigvalsh([[entry / n for entry in row] for row in kernel])
    return math.exp(-sum(value * math.log(value) for value in values if value > 1e-15))
