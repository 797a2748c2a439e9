"""Ragged groups as lists, for the literal oracles, and padded, for the modulators."""

import numpy as np


def ragged(rng, *, rollouts=4, longest=6, low=0.05, high=1.5):
    """`rollouts` lists of 1 to `longest` numbers."""
    return [rng.uniform(low, high, rng.integers(1, longest + 1)).tolist() for _ in range(rollouts)]


def pad(rows, longest=None):
    """Lists -> (1, G, T) values and (1, G, T) mask."""
    longest = longest or max(map(len, rows))
    values = np.zeros((1, len(rows), longest))
    mask = np.zeros(values.shape, dtype=bool)
    for g, row in enumerate(rows):
        values[0, g, : len(row)], mask[0, g, : len(row)] = row, True
    return values, mask


def unpad(values, rows):
    """(1, G, T) -> lists of the lengths of `rows`."""
    return [values[0, g, : len(row)].tolist() for g, row in enumerate(rows)]


def flat(rows):
    return np.array([value for row in rows for value in row])
