"""Label-free rewards, literally: loops, no import from the package. None stands for "no answer"."""

import math


def empo_maths(answers):
    """EMPO's trl variant: own cluster's frequency, unless all differ; 0 for an empty answer."""
    keys = [("empty", i) if answer is None else answer for i, answer in enumerate(answers)]
    share = [keys.count(key) / len(keys) for key in keys]
    entropy = -sum(keys.count(key) / len(keys) * math.log(keys.count(key) / len(keys)) for key in set(keys))
    if not entropy < math.log(len(keys)) - 1e-12:
        return [0.0] * len(keys)
    return [0.0 if answer is None else own for answer, own in zip(answers, share, strict=True)]


def empo_verl(answers, least=0.25):
    """EMPO's verl variant: every empty answer a cluster, nothing below a largest share of 0.25."""
    keys = [("empty", i) if answer is None else answer for i, answer in enumerate(answers)]
    share = [keys.count(key) / len(keys) for key in keys]
    return share if max(share) >= least else [0.0] * len(keys)


def ttrl(answers):
    """Majority vote, the first seen wins a tie (as collections.Counter counts)."""
    votes = [answer for answer in answers if answer is not None]
    if not votes:
        return [0.0] * len(answers)
    best = max(dict.fromkeys(votes), key=votes.count)
    return [float(answer == best) for answer in answers]


def uniform_divergence(logits):
    """KL(U || p) + log V from probabilities, as the paper defines it."""
    total = sum(math.exp(value) for value in logits)
    size = len(logits)
    divergence = sum(1 / size * math.log((1 / size) / (math.exp(value) / total)) for value in logits)
    return divergence + math.log(size)


def agreement(similarity):
    """The mean similarity to the others."""
    size = len(similarity)
    return [sum(similarity[v][u] for u in range(size) if u != v) / (size - 1) for v in range(size)]
