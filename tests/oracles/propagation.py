"""UProp as its equations stand (arXiv:2506.17419, Eq. 7-9), word for word and slowly."""

import math


def kernel(d, tau):
    return (math.exp(-(d**2) / 2) / math.sqrt(2 * math.pi)) ** tau  # Eq. 7


def pmi(distances):
    return -math.log(sum(kernel(d, len(distances)) for d in distances))  # Eq. 8


def uprop(intrinsic, distances):
    """One trajectory: IU of each step, and for each step the distances of its decisions to the executed one."""
    total, weight = 0.0, 0.0
    for t, own in enumerate(intrinsic):
        inherited = sum(pmi(distances[i]) for i in range(t))
        total += own + inherited
        weight += 1 + inherited / own
    return total / weight  # Eq. 9
