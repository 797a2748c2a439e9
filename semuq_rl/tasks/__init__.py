"""The tasks. One in `TASKS` can be named in a recipe and is put through the tests of all tasks."""

from __future__ import annotations

from semuq_rl.tasks.addition import Addition
from semuq_rl.tasks.base import Problem, Split, Task
from semuq_rl.tasks.countdown import Countdown
from semuq_rl.tasks.modular import ModularChain
from semuq_rl.tasks.sums import Products, Sums

__all__ = ["TASKS", "Addition", "Countdown", "ModularChain", "Problem", "Products", "Split", "Sums", "Task"]

TASKS: dict[str, type[Task]] = {kind.name: kind for kind in (Addition, ModularChain, Countdown, Sums, Products)}
"""Name in a recipe -> the task; the recipe's other fields are its parameters."""
