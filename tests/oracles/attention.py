"""RAUQ (arXiv:2505.20045), token by token, layer by layer. Imports nothing of semuq."""

import math


def rauq(logprobs, attention, alpha):
    """max over layers of the mean of -log c_t; attention[t][layer][head] is from token t to token t - 1."""
    if not len(logprobs):
        return 0.0
    scores = []
    for layer in range(len(attention[0])):
        heads = range(len(attention[0][layer]))
        means = [sum(attention[t][layer][head] for t in range(1, len(logprobs))) for head in heads]
        head = means.index(max(means))
        confidence = [math.exp(logprobs[0])]
        for t in range(1, len(logprobs)):
            handed_on = attention[t][layer][head] * confidence[-1]
            confidence.append(alpha * math.exp(logprobs[t]) + (1 - alpha) * handed_on)
        scores.append(-sum(math.log(own) for own in confidence) / len(confidence))
    return max(scores)
