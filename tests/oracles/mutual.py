"""Mutual information of first and second answers, with loops and logarithms. Imports nothing of semuq."""

import math


def mutual_information(first, second):
    """I = sum_kl p(k, l) log p(k, l) / (p(k) p(l)); `first[i]` a label, `second[i]` the labels behind it."""
    asked = [i for i in range(len(first)) if second[i]]
    joint = {}
    for i in asked:
        for label in second[i]:
            key = (first[i], label)
            joint[key] = joint.get(key, 0.0) + 1 / len(second[i]) / len(asked)
    total = 0.0
    for (one, other), p in joint.items():
        before = sum(own for (k, _), own in joint.items() if k == one)
        after = sum(own for (_, l_), own in joint.items() if l_ == other)
        total += p * math.log(p / before / after)
    return total
