"""A slippery grid whose controls are exchanged: MBCD against one model, a window, a timer, and an oracle."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.regimes.judging import judged
from semuq_rl.control.contexts import Transition, TransitionModel
from semuq_rl.control.mbcd import MbcdAgent, plan

__all__ = ["AGENTS", "PHASES", "play"]

FloatArray = NDArray[np.float64]

SIZE = 6
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))
CONTROLS = {"sound": (0, 1, 2, 3), "sideways": (0, 1, 3, 2), "upright": (1, 0, 2, 3), "both": (1, 0, 3, 2)}
"""Which move each action makes: the paper's malfunctions, where actions are negated."""

PHASES = ("sound", "sideways", "upright", "sound", "both", "sideways")
"""`sound` and `sideways` come back; `both` is met late."""

PHASE_STEPS = 1500
SLIP = 0.1
NEIGHBOURS = 5
CHOSEN: dict[str, Any] = {"threshold": 20.0, "min_steps": 300}
"""Of three settings on seeds 100 and 101, which the comparison does not use."""

GOAL = SIZE * SIZE - 1 - SIZE // 2
EARLY = 500
"""Steps after a change that are looked at apart."""

WINDOW = 600


class Learner:
    """One model of everything, or of a window, or begun anew by a timer or on being told."""

    def __init__(self, *, window: int = 0, restart_every: int = 0, told: bool = False) -> None:
        self.window, self.restart_every, self.told = window, restart_every, told
        self.models: dict[str, TransitionModel] = {}
        self.recent: deque[Transition] = deque()
        self.steps, self.values, self.policy = 0, None, np.zeros(SIZE * SIZE, dtype=np.int64)
        self.name = "all"
        self._enter("all")

    def _enter(self, name: str) -> None:
        self.name, self.values = name, None
        self.models.setdefault(name, TransitionModel(np.zeros((SIZE * SIZE, len(MOVES), SIZE * SIZE))))

    def act(self, state: int, rng: np.random.Generator) -> int:
        if rng.random() < 0.1:
            return int(rng.integers(len(MOVES)))
        if self.steps % 50 == 0 or self.values is None:
            self.values, self.policy = plan(self.models[self.name].probabilities, REWARD, 0.95, start=self.values)
        return int(self.policy[state])

    def observe(self, transition: Transition, controls: str) -> None:
        self.steps += 1
        if self.told and controls != self.name:
            self._enter(controls)
        if self.restart_every and self.steps % self.restart_every == 0:
            self.models.pop(self.name)
            self._enter(self.name)
        self.models[self.name].learn(transition)
        if self.window:
            self.recent.append(transition)
            if len(self.recent) > self.window:
                self.models[self.name].forget(self.recent.popleft())


REWARD = np.zeros(SIZE * SIZE)
REWARD[GOAL] = 1.0

AGENTS = ("mbcd", "one model", "window", "timer", "oracle")


def play(agent: str, seed: int) -> dict[str, Any]:
    """A run through all phases: reward a step, the same early after changes, delays, and switches that were wrong."""
    rng = np.random.default_rng((seed, 7))
    mbcd = MbcdAgent(SIZE * SIZE, len(MOVES), REWARD, branching=NEIGHBOURS, **CHOSEN) if agent == "mbcd" else None
    learner = {
        "one model": Learner(),
        "window": Learner(window=WINDOW),
        "timer": Learner(restart_every=1000),
        "oracle": Learner(told=True),
    }.get(agent)
    state, rewards, alarms = 0, [], []
    for step in range(len(PHASES) * PHASE_STEPS):
        controls = PHASES[step // PHASE_STEPS]
        action = mbcd.act(state, rng) if mbcd else learner.act(state, rng)  # type: ignore[union-attr]
        after = move(state, action, CONTROLS[controls], rng)
        if mbcd:
            if mbcd.observe((state, action, after)):
                alarms.append((step, mbcd.context))
        else:
            learner.observe((state, action, after), controls)  # type: ignore[union-attr]
        rewards.append(REWARD[after])
        state = 0 if after == GOAL else after
    earned = np.array(rewards).reshape(len(PHASES), PHASE_STEPS)
    found = {"reward": float(earned.mean()), "early": float(earned[1:, :EARLY].mean())}
    return found | (judged(alarms, PHASES, PHASE_STEPS) if mbcd else {})


def move(state: int, action: int, controls: tuple[int, ...], rng: np.random.Generator) -> int:
    """One step: what the controls make of the action or, with chance 0.1, any move; walls hold."""
    own = int(rng.integers(len(MOVES))) if rng.random() < SLIP else controls[action]
    row, column = divmod(state, SIZE)
    down, right = MOVES[own]
    return min(max(row + down, 0), SIZE - 1) * SIZE + min(max(column + right, 0), SIZE - 1)
