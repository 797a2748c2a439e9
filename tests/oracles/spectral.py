"""Lin, Trivedi, Sun (arXiv:2305.19187), Sec. 4, with loops and SciPy's solver. Imports nothing of semuq."""

import math

import scipy.linalg


def weights(entailment, contradiction, kind):
    """w_ij = (a_ij + a_ji) / 2, with a_ij = p_entail(i, j) or 1 - p_contra(i, j); w_ii = 1."""
    n = len(entailment)
    result = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            if kind == "entailment":
                forward, backward = entailment[i][j], entailment[j][i]
            else:
                forward, backward = 1 - contradiction[i][j], 1 - contradiction[j][i]
            result[i][j] = 1.0 if i == j else (forward + backward) / 2
    return result


def degrees(w):
    return [sum(row) for row in w]


def u_degree(w):
    """U_Deg = trace(m I - D) / m^2."""
    m = len(w)
    return sum(m - d for d in degrees(w)) / m**2


def c_degree(w):
    """C_Deg = D_jj / m."""
    return [d / len(w) for d in degrees(w)]


def spectrum(w):
    """Eigenpairs of L = I - D^(-1/2) W D^(-1/2), entry by entry."""
    m, d = len(w), degrees(w)
    matrix = [[(1.0 if i == j else 0.0) - w[i][j] / math.sqrt(d[i] * d[j]) for j in range(m)] for i in range(m)]
    return scipy.linalg.eigh(matrix, driver="ev")


def u_eigenvalues(w):
    """U_EigV = sum_k max(0, 1 - lambda_k)."""
    values, _ = spectrum(w)
    return sum(max(0.0, 1.0 - value) for value in values)


def eccentricities(w, threshold):
    """||v_j - mean v||_2 for v_j = [u_1j, ..., u_kj], eigenvectors u of eigenvalue below the threshold."""
    values, vectors = spectrum(w)
    m = len(w)
    kept = [k for k in range(m) if values[k] < threshold]
    centre = [sum(vectors[j][k] for j in range(m)) / m for k in kept]
    return [math.sqrt(sum((vectors[j][k] - c) ** 2 for k, c in zip(kept, centre, strict=True))) for j in range(m)]


def u_eccentricity(w, threshold):
    """U_Ecc = ||[v'_1, ..., v'_m]||_2."""
    return math.sqrt(sum(value**2 for value in eccentricities(w, threshold)))


def spectral_gap(w):
    values, _ = spectrum(w)
    return 0.0 if len(w) == 1 else 1 - sorted(values)[1]


def eigenpairs(w, form):
    """Eigenpairs of D - W, of I - D^(-1) W by a general solver (unit vectors in the norm of D), or of `spectrum`."""
    m, d = len(w), degrees(w)
    if form == "symmetric":
        return spectrum(w)
    if form == "unnormalised":
        return scipy.linalg.eigh([[(d[i] if i == j else 0.0) - w[i][j] for j in range(m)] for i in range(m)])
    # (D - W) v = lambda D v, the generalised problem: v^T D v = 1.
    difference = [[(d[i] if i == j else 0.0) - w[i][j] for j in range(m)] for i in range(m)]
    return scipy.linalg.eigh(difference, [[d[i] if i == j else 0.0 for j in range(m)] for i in range(m)])


def variant(w, form, threshold):
    """U_EigV, the shares of answers in it, U_Ecc and the spectral gap for another Laplacian."""
    values, vectors = eigenpairs(w, form)
    m = len(w)
    kept = [max(0.0, 1.0 - value) for value in values]
    shares = [sum(kept[k] * vectors[i][k] ** 2 for k in range(m)) for i in range(m)]
    if form == "random-walk":  # eigenvectors of the symmetric form are D^(1/2) v
        shares = [share * d for share, d in zip(shares, degrees(w), strict=True)]
    total = 0.0
    for k in range(m):
        if values[k] < threshold:
            centre = sum(vectors[i][k] for i in range(m)) / m
            total += sum((vectors[i][k] - centre) ** 2 for i in range(m))
    second = 0.0 if m == 1 else sorted(values)[1] / (m if form == "unnormalised" else 1)
    return sum(kept), shares, math.sqrt(total), 0.0 if m == 1 else 1 - second
