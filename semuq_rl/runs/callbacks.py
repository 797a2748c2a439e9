"""What a run hears from TRL's trainer: log lines and measurements, and an orderly stop on Ctrl-C."""

from __future__ import annotations

import signal
import threading
from typing import Any, Protocol

from transformers import ProgressCallback, TrainerCallback

from semuq_rl.runs.log import RunLog

__all__ = ["Bar", "Recorder", "Stopper"]

_DROPPED = ("clip_ratio", "completions/", "num_tokens", "step_time", "train_", "total_flos", "sampling/")
"""Parts of the trainer's log that its TensorBoard log keeps and ours does not."""

_KEPT = frozenset({"clip_ratio/region_mean"})
"""And what we keep of them: whether clipping acts at all."""


class Measures(Protocol):
    """What measures a policy on held-out problems."""

    def due(self, step: int) -> bool:
        """Whether a measurement belongs to this step."""

    def greedy(self, step: int) -> None:
        """Make it and write it down."""


class Recorder(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Writes what the trainer logs, and the held-out accuracy where it is due."""

    def __init__(self, measure: Measures, log: RunLog) -> None:
        self.measure, self.log = measure, log

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """A line for each of the trainer's."""
        numbers = {
            key: float(f"{value:.6g}")
            for key, value in (logs or {}).items()
            if isinstance(value, int | float) and (key in _KEPT or not key.startswith(_DROPPED))
        }
        if numbers.keys() - {"epoch"}:  # at its end the trainer logs times, which are dropped, and says the epoch again
            self.log.write(state.global_step, **numbers)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Measure."""
        if self.measure.due(state.global_step):
            self.measure.greedy(state.global_step)


class Bar(ProgressCallback):  # type: ignore[misc]
    """The trainer's progress bar, with the reward beside it instead of every log line above it."""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Only one process has a bar."""
        if self.training_bar is not None and "reward" in (logs or {}):
            self.training_bar.set_postfix(reward=f"{(logs or {})['reward']:.3f}")


class Stopper(TrainerCallback):  # type: ignore[misc]
    """The first Ctrl-C finishes the generation batch, saves a checkpoint and stops; the second stops at once.

    Args:
        every: optimiser steps of a generation batch, within which a run cannot be resumed.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.asked = False
        self._before: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Listen; only a main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop in order if asked to."""
        if self.asked and state.global_step % self.every == 0:
            control.should_save = True
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Give the signal back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _ask(self, number: int, frame: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
