"""Inv-Entropy (arXiv:2506.09684) with loops, one drawing at a time. Imports nothing of semuq."""

import math


def cosine(u, v):
    dot = sum(a * b for a, b in zip(u, v, strict=True))
    return dot / math.sqrt(sum(a * a for a in u)) / math.sqrt(sum(b * b for b in v))


def walk(vectors):
    n = len(vectors)
    similar = [[abs(cosine(vectors[i], vectors[j])) for j in range(n)] for i in range(n)]
    return [[value / sum(row) for value in row] for row in similar]


def inv_entropy(questions, answers, mode):
    """P(x|y) = P_Y P_X; the released diagonal sum, or sum_y P(y) H(x|y)."""
    n = len(questions)
    px, py = walk(questions), walk(answers)
    inverse = [[sum(py[i][k] * px[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    if mode == "diagonal":
        return -sum(inverse[i][i] * math.log(inverse[i][i]) for i in range(n))
    marginal = [sum(py[k][i] for k in range(n)) / n for i in range(n)]
    return -sum(
        marginal[i] * sum(inverse[i][j] * math.log(inverse[i][j]) for j in range(n) if inverse[i][j] > 0)
        for i in range(n)
    )


def perturbation_uncertainty(own, others, similar):
    """mean_k [1 - sim(y_0, y_k)], sim the mean over pairs of answers; `similar(a, b)` of two answers."""
    total = 0.0
    for other in others:
        pairs = [(similar(a, b) + similar(b, a)) / 2 for a in own for b in other]
        total += 1 - sum(pairs) / len(pairs)
    return total / len(others)


def perturbation_entropy(versions, labels):
    """Shannon entropy of the mean over versions of the share of each label."""
    masses = {}
    for version, own in zip(versions, labels, strict=True):
        for label in own:
            masses[label] = masses.get(label, 0.0) + 1 / len(version) / len(versions)
    return -sum(mass * math.log(mass) for mass in masses.values())
