"""Lexical similarity, LUQ, SelfCheck-NLI and CoCoA with loops over pairs. Imports nothing of semuq."""


def dissimilarity_rows(entailment):
    n = len(entailment)
    rows = []
    for i in range(n):
        total = 0.0
        for j in range(n):
            if j != i:
                total += 1 - (entailment[i][j] + entailment[j][i]) / 2
        rows.append(total / (n - 1) if n > 1 else 0.0)
    return rows


def lexical(entailment):
    """1 - mean over unordered pairs."""
    n = len(entailment)
    if n == 1:
        return 0.0
    total = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            total += (entailment[i][j] + entailment[j][i]) / 2
    return 1 - total / (n * (n - 1) / 2)


def luq(entailment, contradiction):
    """U = (1/n) sum_i (1 - C_i), C_i = (1/(n-1)) sum_{r' != r_i} P(entail | r_i, r'); premise r', hypothesis r_i."""
    n = len(entailment)
    if n == 1:
        return 0.0
    uncertainty = 0.0
    for i in range(n):
        confidence = 0.0
        for other in range(n):
            if other != i:
                e, c = entailment[other][i], contradiction[other][i]
                confidence += e / (e + c) if e + c > 0 else 0.5
        uncertainty += 1 - confidence / (n - 1)
    return uncertainty / n


def selfcheck(i, entailment, contradiction):
    """S(i) = (1/N) sum_n P(contradict | r_i, S^n), with P = c / (e + c)."""
    n = len(entailment)
    total = 0.0
    for sample in range(n):
        if sample != i:
            e, c = entailment[sample][i], contradiction[sample][i]
            total += c / (e + c) if e + c > 0 else 0.5
    return total / (n - 1) if n > 1 else 0.0


def cocoa(logliks, entailment):
    """u(y) * (1/M) sum_i (1 - s(y, y_i)) for each answer as y."""
    rows = dissimilarity_rows(entailment)
    return [-l * row for l, row in zip(logliks, rows, strict=True)]  # noqa: E741


def cocoa_likeliest(logliks, entailment):
    each = cocoa(logliks, entailment)
    best = [value for value, l in zip(each, logliks, strict=True) if l == max(logliks)]  # noqa: E741
    return sum(best) / len(best)
