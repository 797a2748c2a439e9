"""ASEU with loops: draws at each token, mean pairwise cosine, median over tokens. Imports nothing of semuq."""

import math


def head(weights, state):
    """mu, sigma of one state from the weights of one hidden layer, entry by entry."""
    d, h, out = len(state), len(weights["first_bias"]), len(weights["second_bias"])
    scaled = [(state[a] - weights["centre"][a]) / weights["scale"][a] for a in range(d)]
    hidden = [
        math.tanh(sum(scaled[a] * weights["first"][a][b] for a in range(d)) + weights["first_bias"][b])
        for b in range(h)
    ]
    raw = [sum(hidden[b] * weights["second"][b][c] for b in range(h)) + weights["second_bias"][c] for c in range(out)]
    return raw[: out // 2], [math.exp(min(10.0, max(-10.0, value))) for value in raw[out // 2 :]]


def cosine(u, v):
    norms = math.sqrt(sum(a * a for a in u)) * math.sqrt(sum(b * b for b in v))
    return sum(a * b for a, b in zip(u, v, strict=True)) / norms if norms > 0 else 0.0


def aseu(weights, states, noise, decoded):
    """1 - median_t S_t."""
    similarities = []
    for state in states:
        mu, sigma = head(weights, state)
        draws = [[m + s * e for m, s, e in zip(mu, sigma, row, strict=True)] for row in noise]
        if decoded:
            columns = range(len(weights["decoder"][0]))
            draws = [[sum(z[k] * weights["decoder"][k][c] for k in range(len(z))) for c in columns] for z in draws]
        pairs = [cosine(draws[i], draws[j]) for i in range(len(draws)) for j in range(i + 1, len(draws))]
        similarities.append(sum(pairs) / len(pairs))
    ordered = sorted(similarities)
    middle = len(ordered) // 2
    return 1 - (ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)
