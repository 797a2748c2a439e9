"""Many comparisons at once: p-values that keep the chance of even one false call at the level asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["holm"]


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down p-values, in the order given.

    Formula. With p_(1) <= ... <= p_(m),  p'_(i) = max over j <= i of min(1, (m - j + 1) p_(j)).

    Degenerate cases. None: none. One: itself. They may depend on each other in any way.

    >>> [round(value, 3) for value in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]

    References: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.
    """
    found, floor = [0.0] * len(p), 0.0
    for rank, place in enumerate(np.argsort(p, kind="stable")):
        floor = max(floor, min(1.0, (len(p) - rank) * float(p[place])))
        found[place] = floor
    return found
