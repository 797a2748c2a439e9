"""SAR (arXiv:2307.01379) and MARS (arXiv:2402.11756) with loops and 40 digits. Imports nothing of semuq."""

from mpmath import mp, mpf


def token_sar(logprobs, relevance):
    """sum_t -log p(t) R_t, R_t = r_t / sum r."""
    if not logprobs:
        return 0.0
    total = sum(relevance)
    result = 0.0
    for value, r in zip(logprobs, relevance, strict=True):
        result -= value * (r / total if total > 0 else 1 / len(logprobs))
    return result


def mars(logprobs, relevance):
    """-log of prod_l p^(1/(2L) + u_l/2)."""
    if not logprobs:
        return 0.0
    total, length, result = sum(relevance), len(logprobs), 0.0
    for value, r in zip(logprobs, relevance, strict=True):
        u = r / total if total > 0 else 1 / length
        result -= value * (1 / (2 * length) + u / 2)
    return result


def sentence_sar(surprises, similarity, t):
    """(1/K) sum_i -log(p(s_i) + (1/t) sum_{j != i} g(s_i, s_j) p(s_j)), p = exp(-surprise)."""
    with mp.workdps(40):
        total = mpf(0)
        for i in range(len(surprises)):
            inside = mp.exp(-mpf(surprises[i]))
            for j in range(len(surprises)):
                if j != i:
                    inside += mpf(similarity[i][j]) * mp.exp(-mpf(surprises[j])) / mpf(t)
            total -= mp.log(inside)
        return float(total / len(surprises))
