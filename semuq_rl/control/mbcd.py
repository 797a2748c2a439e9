"""MBCD (arXiv:2105.09452) on tables: notice that the world has changed, say to which, and go on with that model."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semuq.checks import whole, within
from semuq.monitoring.regimes import NEW, RegimeAlarm, RegimeCusum, RegimeState
from semuq.numerics import FloatArray
from semuq_rl.control.contexts import ContextModels, Transition

__all__ = ["MbcdAgent", "plan"]


@dataclass
class MbcdAgent:
    """Plans in the model of the context it believes in, and watches for a change after every step.

    Args:
        states, actions: sizes of the table.
        reward: (S,) for arriving in a state; known.
        branching: how many next states are possible from one, see `TransitionModel`; None for all.
        threshold: of `RegimeCusum`, nats.
        min_steps: transitions in a context before it is left again.
        dropped: at a change the last transitions are unlearned, as they were made in the other world.
        discount: of planning.
        replan_every: steps between two plans in one context.

    Variant. The paper's models are ensembles of networks, its new context lies two standard deviations off, it plans
    by policies learned in the model, and gates its statistics by disagreement of the ensemble. Tables need neither.
    """

    states: int
    actions: int
    reward: FloatArray
    branching: int | None = None
    threshold: float = 12.0
    min_steps: int = 100
    dropped: int = 30
    discount: float = 0.95
    replan_every: int = 50
    models: ContextModels = field(init=False)
    state: RegimeState = field(init=False)
    alarms: list[RegimeAlarm] = field(default_factory=list)

    def __post_init__(self) -> None:
        whole("MbcdAgent", 1, replan_every=self.replan_every)
        whole("MbcdAgent", 0, min_steps=self.min_steps, dropped=self.dropped)
        within("MbcdAgent", 0, 1, open_high=True, discount=self.discount)
        self.models = ContextModels(self.states, self.actions, branching=self.branching)
        self._monitor = RegimeCusum(threshold=self.threshold, min_steps=self.min_steps)
        name = self.models.new()
        self.state = self._monitor.start(self.models.known, current=name)
        self._recent: deque[Transition] = deque(maxlen=self.dropped)
        self._steps = 0
        self._values: FloatArray | None = None
        self._policy = np.zeros(self.states, dtype=np.int64)

    @property
    def context(self) -> str:
        """The one that is believed in."""
        return self.state.current

    def act(self, state: int, rng: np.random.Generator, *, explore: float = 0.1) -> int:
        """The planned action; at random with chance `explore`."""
        if rng.random() < explore:
            return int(rng.integers(self.actions))
        if self._steps % self.replan_every == 0 or self._values is None:
            model = self.models.known[self.context].probabilities
            self._values, self._policy = plan(model, self.reward, self.discount, start=self._values)
        return int(self._policy[state])

    def observe(self, transition: Transition) -> RegimeAlarm | None:
        """Take in what happened; gives the alarm it raised, if any."""
        self._steps += 1
        self.state, alarm = self._monitor.update(self.state, transition)
        if alarm is not None:
            self._change(alarm)
        self.models.known[self.context].learn(transition)
        self._recent.append(transition)
        return alarm

    def _change(self, alarm: RegimeAlarm) -> None:
        self.alarms.append(alarm)
        left = self.models.known[alarm.left]
        for own in self._recent:
            left.forget(own)
        name = alarm.regime
        if name == NEW:
            name = self.models.new()
            self.state = self._monitor.enter(self.state, name, self.models.known[name])
        for own in self._recent:  # they were made in the world that is now
            self.models.known[name].learn(own)
        self._recent.clear()
        self._values = None


def plan(
    transitions: Any, reward: Any, discount: float, *, start: FloatArray | None = None, sweeps: int = 200
) -> tuple[FloatArray, NDArray[np.int64]]:
    """(S,) values and (S,) best actions by value iteration, from a start if there is one.

    >>> values, policy = plan([[[0, 1], [1, 0]], [[0, 1], [1, 0]]], [0.0, 1.0], 0.5)
    >>> values.round(3), policy
    (array([2., 2.]), array([0, 0]))
    """
    chances, earned = np.asarray(transitions, dtype=np.float64), np.asarray(reward, dtype=np.float64)
    values = np.zeros(len(earned)) if start is None else start
    for _ in range(sweeps):
        gains = chances @ (earned + discount * values)
        after = gains.max(axis=1)
        if np.abs(after - values).max() < 1e-4:
            break
        values = after
    return after, gains.argmax(axis=1)
