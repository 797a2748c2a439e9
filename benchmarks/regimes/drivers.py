"""Who drives the pendulum: one model, a window, an oracle, MBCD; all plan by random shooting in a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.regimes.swing import SPEED, TORQUE, cost
from semuq.monitoring.regimes import NEW, RegimeAlarm, RegimeCusum

if TYPE_CHECKING:  # torch is imported once its instructions are pinned
    from benchmarks.regimes.ensemble import Ensemble, Move

__all__ = ["AGENTS", "Driver", "driver"]

FloatArray = NDArray[np.float64]

AHEAD, PLANS, PAIRS = 20, 64, 2
"""Decisions that a plan looks ahead, plans that are compared, decisions that a torque of a plan lasts for."""

WOBBLE = 0.6
EXPLORED = 100
"""Moves in a model before its plans are followed; torques are drawn until then."""

EVERY, UPDATES = 50, 60
"""Moves between trainings of the model that is believed in, and updates each."""

DROPPED = 30
"""At a change the last moves are taken out of the model that is left: they were made in the other world."""

CHOSEN: dict[str, Any] = {"threshold": 20.0, "min_steps": 200}
DISAGREEMENT = 0.5
"""Where the networks lie further apart nothing is held against the model."""

WINDOW = 600


class Driver:
    """One model of everything, or of the last moves, or a model per world on being told which it is."""

    def __init__(self, seed: int, *, window: int = 0, told: bool = False) -> None:
        self.seed, self.window, self.told = seed, window, told
        self.models: dict[str, Ensemble] = {}
        self.name, self.seen = "", 0
        self.plan = np.zeros(AHEAD // PAIRS)
        self._enter("context-0")

    @property
    def model(self) -> Ensemble:
        """The one that is believed in."""
        return self.models[self.name]

    def act(self, state: FloatArray, rng: np.random.Generator) -> float:
        """The first torque of the best plan; any while the model knows too little."""
        if len(self.model.moves) < EXPLORED:
            return float(rng.uniform(-TORQUE, TORQUE))
        half = PLANS // 2
        moved = np.append(self.plan[1:], 0.0) if self.seen % PAIRS == 0 else self.plan
        plans = np.concatenate(
            [
                rng.uniform(-1.25 * TORQUE, 1.25 * TORQUE, size=(PLANS - half, len(moved))),
                moved + WOBBLE * rng.normal(size=(half, len(moved))),
            ]
        ).clip(-TORQUE, TORQUE)
        self.plan = plans[int(_costs(self.model, state, plans).argmin())]
        return float(self.plan[0])

    def observe(self, move: Move, world: str) -> RegimeAlarm | None:
        """Learn from what happened; the world's name is looked at only by one who is told it."""
        self.seen += 1
        alarm = self._watch(move)
        if self.told and world != self.name:
            self._enter(world)
        moves = self.model.moves
        moves.append(move)
        if self.window and len(moves) > self.window:
            del moves[0]
        if self.seen % EVERY == 0 and len(moves) >= EXPLORED // 2:
            self.model.train(UPDATES)
        return alarm

    def _watch(self, move: Move) -> RegimeAlarm | None:
        return None

    def _enter(self, name: str) -> None:
        from benchmarks.regimes.ensemble import Ensemble

        self.name = name
        if name not in self.models:
            self.models[name] = Ensemble(1000 * self.seed + self.seen)


class Mbcd(Driver):
    """Watches for a change after every move, and goes on with the model of the regime that it believes in."""

    def __init__(self, seed: int, *, threshold: float, min_steps: int) -> None:
        super().__init__(seed)
        self._monitor = RegimeCusum(threshold=threshold, min_steps=min_steps)
        self._state = self._monitor.start(self.models, current=self.name)
        self._since = 0

    def _watch(self, move: Move) -> RegimeAlarm | None:
        self._since += 1
        if self._since > 1 and self.model.disagreement(move) > DISAGREEMENT:
            return None
        self._state, alarm = self._monitor.update(self._state, move)
        if alarm is None:
            return None
        moves = self.model.moves
        recent = moves[-min(DROPPED, self._since) :]
        del moves[len(moves) - len(recent) :]
        if alarm.regime == NEW:
            name = f"context-{len(self.models)}"
            self._enter(name)
            self._state = self._monitor.enter(self._state, name, self.model)
        else:
            self._enter(alarm.regime)
        self.model.moves.extend(recent)
        self._since = 0
        return alarm


def _costs(model: Ensemble, state: FloatArray, plans: FloatArray) -> FloatArray:
    """(plans,) what each costs in the model's mean."""
    angle, speed = np.full(len(plans), state[0]), np.full(len(plans), state[1])
    total = np.zeros(len(plans))
    for ahead in range(AHEAD):
        torque = plans[:, ahead // PAIRS]
        change = model.mean(angle, speed, torque)
        angle, speed = angle + change[:, 0], np.clip(speed + change[:, 1], -SPEED, SPEED)
        total += cost(angle, speed, torque)
    return total


AGENTS = ("oracle", "mbcd", "one model", "window")


def driver(agent: str, seed: int, **chosen: Any) -> Driver:
    """The driver of that name; `chosen` in place of MBCD's settings."""
    options: dict[str, Any] = {
        "one model": {},
        "window": {"window": WINDOW},
        "oracle": {"told": True},
    }
    return Mbcd(seed, **{**CHOSEN, **chosen}) if agent == "mbcd" else Driver(seed, **options[agent])
