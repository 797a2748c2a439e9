"""Entropies over distinct strings with dictionaries and loops. Imports nothing of semuq."""

import math


def lexical(texts):
    counts = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return -sum(count / len(texts) * math.log(count / len(texts)) for count in counts.values())


def joint(texts, logliks, temperature, form):
    """pi_s of the distinct strings; -sum pi l, or -sum pi log pi."""
    best = {}
    for text, loglik in zip(texts, logliks, strict=True):
        best[text] = max(loglik, best.get(text, -math.inf))
    top = max(best.values()) / temperature
    total = sum(math.exp(own / temperature - top) for own in best.values())
    result = 0.0
    for own in best.values():
        log_weight = own / temperature - top - math.log(total)
        result -= math.exp(log_weight) * (own if form == "importance" else log_weight)
    return result
