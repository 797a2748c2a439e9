"""A pendulum to be swung up, as Gymnasium's `Pendulum-v1` moves, with a little noise and with what can change in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EPISODE", "NOISE", "TORQUE", "WORLDS", "World", "begin", "cost", "step", "wrapped"]

FloatArray = NDArray[np.float64]

TORQUE, SPEED = 2.0, 8.0
SECONDS, HELD = 0.05, 2
"""Of a step of the pendulum; a torque is held for so many."""

NOISE = np.array([0.02, 0.1])
"""Standard deviations that angle and speed are off by after each decision: densities of what follows exist."""

EPISODE = 100
"""Decisions."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What can be another one day.

    Args:
        gravity: m/s^2; sign: of the torque as it arrives; wind: a steady torque, in those of the motor.
    """

    gravity: float = 10.0
    sign: float = 1.0
    wind: float = 0.0


WORLDS = {
    "sound": World(),
    "negated": World(sign=-1.0),
    "wind": World(wind=1.2),
    "heavy": World(gravity=14.0),
}


def begin(rng: np.random.Generator) -> FloatArray:
    """(2,) angle (0 is up) and speed at the start of an episode, as Gymnasium draws them."""
    return rng.uniform([-np.pi, -1.0], [np.pi, 1.0])


def step(state: FloatArray, torque: float, world: World, rng: np.random.Generator) -> FloatArray:
    """(2,) the state after one decision; mass and length are 1."""
    angle, speed = state
    own = world.sign * float(np.clip(torque, -TORQUE, TORQUE)) + world.wind
    for _ in range(HELD):
        speed = np.clip(speed + (1.5 * world.gravity * np.sin(angle) + 3.0 * own) * SECONDS, -SPEED, SPEED)
        angle = angle + speed * SECONDS
    off = NOISE * rng.normal(size=2)
    return np.array([wrapped(angle + off[0]), np.clip(speed + off[1], -SPEED, SPEED)])


def cost(angle: FloatArray, speed: FloatArray, torque: FloatArray) -> FloatArray:
    """Gymnasium's, at the states where decisions lead."""
    return np.asarray(wrapped(angle) ** 2 + 0.1 * speed**2 + 0.001 * torque**2)


def wrapped(angle: FloatArray) -> FloatArray:
    """In [-pi, pi)."""
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)
