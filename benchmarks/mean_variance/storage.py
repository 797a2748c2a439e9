"""Wind with a battery, as a decision process: the application of arXiv:2008.03707 with numbers of our own.

Wind power walks up and down seven levels; each step the operator charges the battery by one unit, leaves it, or
discharges it by one. What is delivered is the wind less what is charged, plus what is discharged at an efficiency of
0.9; it earns a price of 1 a unit. Charging loses energy, so return and smoothness pull apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIONS", "LEVELS", "WIND", "storage"]

FloatArray = NDArray[np.float64]

WIND = 7
LEVELS = 5
ACTIONS = (-1, 0, 1)
EFFICIENCY = 0.9
STAYS = 0.6
"""Chance that the wind stays at its level; up and down are equally likely, and it turns at both ends."""

LEAK = 1e-3
"""Chance that the battery ends at a random level instead, which connects all levels whatever the policy does."""


def storage() -> tuple[FloatArray, FloatArray]:
    """(P, r) with states (wind, charge) and what cannot be done (overcharge, charge without wind) done as nothing."""
    states = WIND * LEVELS
    transitions, rewards = np.zeros((states, len(ACTIONS), states)), np.zeros((states, len(ACTIONS)))
    for wind in range(WIND):
        for level in range(LEVELS):
            for index, wanted in enumerate(ACTIONS):
                possible = 0 <= level + wanted < LEVELS and wind - wanted >= 0
                change = wanted if possible else 0
                state = wind * LEVELS + level
                rewards[state, index] = wind - change if change >= 0 else wind - EFFICIENCY * change
                for to_wind, chance in _moves(wind):
                    row = transitions[state, index, to_wind * LEVELS : (to_wind + 1) * LEVELS]
                    row += LEAK * chance / LEVELS
                    row[level + change] += (1 - LEAK) * chance
    return transitions, rewards


def _moves(wind: int) -> list[tuple[int, float]]:
    up, down = min(wind + 1, WIND - 1), max(wind - 1, 0)
    return [(wind, STAYS), (up, (1 - STAYS) / 2), (down, (1 - STAYS) / 2)]
