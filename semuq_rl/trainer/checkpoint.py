"""The state of a modulator in checkpoints, so that a resumed run goes on as if it had never stopped.

States are nested (named) tuples of numbers, strings, None and arrays. They are kept as JSON in the
trainer's own state, and read back by the structure of a fresh one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from transformers import TrainerCallback

from semuq.errors import InvalidParameter
from semuq_rl.groups.arrays import is_tensor, to_numpy
from semuq_rl.modulators import Modulator

__all__ = ["KeepModulatorState", "decode_state", "encode_state"]

_KEY = "semuq_modulator"


def encode_state(state: Any) -> Any:
    """A state as JSON values.

    Raises:
        InvalidParameter: it holds something that a checkpoint cannot.

    >>> from semuq_rl.modulators.seed_grpo import SeedState
    >>> encode_state((SeedState(3), None, np.zeros(2)))
    [[3], None, [0.0, 0.0]]
    """
    if isinstance(state, tuple):
        return [encode_state(part) for part in state]
    if is_tensor(state) or isinstance(state, np.ndarray | np.generic):
        return to_numpy(state).tolist()
    if state is None or isinstance(state, bool | int | float | str):
        return state
    raise InvalidParameter(
        f"modulator: expected a state of (named) tuples, numbers, strings, None and arrays, which a checkpoint can "
        f"hold, got {state!r:.80}; keep it as a NamedTuple"
    )


def decode_state(saved: Any, like: Any) -> Any:
    """The state that `encode_state` saved, with the types of `like`, the state before the first step.

    Raises:
        InvalidParameter: it was saved by a modulator of another make.

    >>> from semuq_rl.modulators.seed_grpo import SeedState
    >>> decode_state([3], SeedState())
    SeedState(step=3)
    """
    if isinstance(like, tuple):
        if not isinstance(saved, list) or len(saved) != len(like):
            raise InvalidParameter(
                f"modulator: expected the state of {like!r:.80} in the checkpoint, got {saved!r:.80}; "
                "resume with the modulator that the run was started with"
            )
        parts = [decode_state(own, other) for own, other in zip(saved, like, strict=True)]
        return type(like)(*parts) if hasattr(like, "_fields") else tuple(parts)
    if is_tensor(like):
        return like.new_tensor(saved)
    return np.asarray(saved, dtype=like.dtype) if isinstance(like, np.ndarray | np.generic) else saved


class KeepModulatorState(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """Starts a modulator's state with the run, puts it into checkpoints and takes it back from there."""

    def __init__(self, modulator: Modulator) -> None:
        self._modulator = modulator
        self.state = modulator.init()
        encode_state(self.state)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """From the checkpoint if the run goes on from one, else fresh."""
        saved = state.stateful_callbacks.get(_KEY) if state.global_step else None
        self.state = self._modulator.init()
        if saved is not None:
            self.state = decode_state(saved["attributes"]["state"], self.state)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Before a checkpoint may be written."""
        state.stateful_callbacks[_KEY] = {"args": {}, "attributes": {"state": encode_state(self.state)}}
