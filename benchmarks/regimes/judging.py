"""What alarms are worth in a run whose phases are known: delays, changes missed, alarms too many, returns known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["judged"]


def judged(alarms: Sequence[tuple[int, str]], phases: Sequence[str], phase_steps: int) -> dict[str, Any]:
    """Delay of the first alarm of each phase, missed changes, alarms too many, and phases whose context came back.

    Args:
        alarms: (step, context that was gone on with), in order.
        phases: the name of each phase's world; phase_steps: how long each lasts.

    >>> judged([(12, "context-1"), (21, "context-0")], ("day", "night", "day"), 10)
    {'delays': [3, 2], 'missed': 0, 'extra': 0, 'recognised': 1.0}
    """
    delays, missed, extra = [], 0, 0
    ends = []
    context = "context-0"
    for phase in range(len(phases)):
        own = [(step - phase * phase_steps, name) for step, name in alarms if step // phase_steps == phase]
        if phase:
            delays += [own[0][0] + 1] if own else []
            missed += not own
            extra += max(0, len(own) - 1)
        else:
            extra += len(own)
        context = own[-1][1] if own else context
        ends.append(context)
    back = [(phases.index(name), phase) for phase, name in enumerate(phases) if phases.index(name) < phase]
    return {
        "delays": delays,
        "missed": missed,
        "extra": extra,
        "recognised": sum(ends[a] == ends[b] for a, b in back) / len(back),
    }
