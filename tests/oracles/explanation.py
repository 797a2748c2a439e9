"""Cycles of Thought (arXiv:2406.03441), p(a|q) = sum_e p(a|e,q) p(e|q), with loops. Imports nothing of semuq."""


def posterior(probabilities, entailment):
    total = sum(entailment)
    result = [0.0] * len(probabilities[0])
    for own, rho in zip(probabilities, entailment, strict=True):
        weight = rho / total if total > 0 else 1 / len(entailment)
        for option, value in enumerate(own):
            result[option] += weight * value
    return result
