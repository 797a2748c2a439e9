"""LUQ (arXiv:2403.20279) and SelfCheckGPT-NLI (arXiv:2303.08896) per sentence, with loops. Imports nothing of semuq."""


def selfcheck_sentence(claim, own, entails, contradicts, n):
    """S(k) = (1/N) sum_n P(contradict | claim, S^n), P = c / (e + c), over the other answers."""
    total = 0.0
    for j in range(n):
        if j != own:
            e, c = entails(j, claim), contradicts(j, claim)
            total += c / (e + c) if e + c > 0 else 0.5
    return total / (n - 1) if n > 1 else 0.0


def luq(claims, entails, contradicts):
    """C(r_i) = (1/(n-1)) sum_{r'} mean_{s in r_i} P(entail | s, r'); U = (1/n) sum_i (1 - C(r_i))."""
    n = len(claims)
    if n == 1:
        return 0.0
    uncertainty = 0.0
    for i in range(n):
        confidence = 0.0
        for j in range(n):
            if j == i or not claims[i]:
                continue
            similarity = 0.0
            for claim in claims[i]:
                e, c = entails(j, claim), contradicts(j, claim)
                similarity += e / (e + c) if e + c > 0 else 0.5
            confidence += similarity / len(claims[i])
        uncertainty += 1 - confidence / (n - 1)
    return uncertainty / n


def worst_unentailed(claims, entails):
    """Mean over answers of the largest one minus mean entailment by the others among their claims."""
    n = len(claims)
    if n == 1:
        return 0.0
    total = 0.0
    for i in range(n):
        worst = 1.0 if not claims[i] else 0.0
        for claim in claims[i]:
            mean = sum(entails(j, claim) for j in range(n) if j != i) / (n - 1)
            worst = max(worst, 1 - mean)
        total += worst
    return total / n
