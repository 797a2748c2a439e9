"""Semantic density (arXiv:2405.13845), one answer at a time. Imports nothing of semuq."""

import math


def semantic_density(target, texts, logprobs, neutral, contradiction):
    """SD(y*|x) = sum_i p_i K(v* - v_i) / sum_i p_i over distinct y_i, p_i length-normalised."""
    likelihood = {}
    position = {}
    for i, text in enumerate(texts):
        mean = sum(logprobs[i]) / len(logprobs[i]) if len(logprobs[i]) else 0.0
        if text not in likelihood or mean > likelihood[text]:
            likelihood[text], position[text] = mean, i
    top = max(likelihood.values())
    numerator = denominator = 0.0
    for text, mean in likelihood.items():
        i = position[text]
        weight = math.exp(mean - top)
        kernel = 0.0
        for a, b in ((target, i), (i, target)):
            distance = 0.0 if a == b else contradiction[a][b] + 0.5 * neutral[a][b]
            kernel += 0.5 * (1 - distance if distance <= 1 else 0.0)
        numerator += weight * kernel
        denominator += weight
    return numerator / denominator
