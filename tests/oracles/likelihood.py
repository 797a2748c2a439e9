"""Likelihood and elicited scores, transcribed from the papers with loops. Imports nothing of semuq."""

import math


def sequence(logprobs, normalised):
    """log p(s) = sum_t log p(t | ...); divided by the length by Malinin and Gales (2021)."""
    total = 0.0
    for value in logprobs:
        total += value
    return total / len(logprobs) if normalised and len(logprobs) else total


def best_negative(answers, normalised):
    best = math.inf
    for answer in answers:
        best = min(best, -sequence(answer, normalised))
    return best


def predictive_entropy(answers, normalised):
    """-(1/n) sum_i log p(s_i)."""
    total = 0.0
    for answer in answers:
        total -= sequence(answer, normalised)
    return total / len(answers)


def low_probability(answers, per_cent):
    """1 - mean c, c = exp(mean log p over the ceil(per_cent * T / 100) lowest tokens), in whole numbers."""
    total = 0.0
    for answer in answers:
        if not len(answer):
            total += 1.0
            continue
        count = max(1, -(-per_cent * len(answer) // 100))
        lowest = sorted(answer)[:count]
        total += math.exp(sum(lowest) / count)
    return 1 - total / len(answers)


def pooled(answers, pool):
    total = 0.0
    for answer in answers:
        if len(answer):
            total += max(answer) if pool == "max" else sum(answer) / len(answer)
    return total / len(answers)


def entropy(probabilities):
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def kl_from_uniform(probabilities):
    """KL(U || p) = sum_v (1/V) log((1/V) / p_v)."""
    size = len(probabilities)
    return sum((1 / size) * math.log((1 / size) / p) for p in probabilities)
