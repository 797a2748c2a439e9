"""EigenScore (arXiv:2402.03744) and semantic volume (arXiv:2502.21239) in many digits. Imports nothing of semuq."""

from mpmath import matrix, mp, mpf


def logdet(gram, ridge):
    """log det(gram + ridge I) in 40 digits."""
    with mp.workdps(40):
        n = len(gram)
        full = matrix(n, n)
        for i in range(n):
            for j in range(n):
                full[i, j] = gram[i][j] + (mpf(ridge) if i == j else 0)
        return mp.log(mp.det(full))


def eigenscore(vectors, alpha):
    """E = (1/K) log det(Z^T J_d Z + alpha I), J_d = I_d - (1/d) 1 1^T."""
    with mp.workdps(40):
        rows = []
        for z in vectors:
            mean = sum((mpf(x) for x in z), mpf(0)) / len(z)
            rows.append([mpf(x) - mean for x in z])
        gram = [[sum((a * b for a, b in zip(u, v, strict=True)), mpf(0)) for v in rows] for u in rows]
        return float(logdet(gram, alpha) / len(vectors))


def semantic_volume(vectors, epsilon):
    """log det(V V^T + epsilon I) with unit rows."""
    with mp.workdps(40):
        rows = []
        for z in vectors:
            norm = mp.sqrt(sum((mpf(x) ** 2 for x in z), mpf(0)))
            rows.append([mpf(x) / norm for x in z])
        gram = [[sum((a * b for a, b in zip(u, v, strict=True)), mpf(0)) for v in rows] for u in rows]
        return float(logdet(gram, epsilon))
