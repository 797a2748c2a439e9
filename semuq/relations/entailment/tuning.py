"""Which precision to compute in, and how much at once: found by trying, once per machine.

Which precision is the fastest that stays close to float32 depends on the processor: some multiply bfloat16 at
sixteen times the rate of float32, some more slowly than that. So every precision there is scores the same few
hundred pairs. How many tokens a GPU wants in a pass depends on the card and the model: passes grow until they
gain nothing any more. What was found is kept in the user's cache folder for the next time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import permutations
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from semuq.errors import InvalidModel
from semuq.models.cachedir import cache_dir
from semuq.numerics import FloatArray, IntArray
from semuq.relations.entailment.packed.native import FLAGS, SOURCE, processor
from semuq.relations.entailment.plan import Side

__all__ = [
    "BUDGETS",
    "CANDIDATES",
    "TOLERANCE",
    "Choice",
    "Trial",
    "best_budget",
    "best_of",
    "recall",
    "remember",
    "sample",
    "trials",
]

logger = logging.getLogger(__name__)

Score = Callable[[], FloatArray]
"""-> (pairs, 3) probabilities of the sample."""

CANDIDATES = {"cpu": ("fp32", "int16", "bf16"), "cuda": ("fp32", "fp16", "bf16")}
"""What a device may compute in."""
BUDGETS = tuple(2**power for power in range(14, 21))
"""Tokens of a pass that are tried on a GPU, from few to many."""
GAIN = 0.03
"""A larger pass must be faster by this share; memory that gains less is better left to others."""
TOLERANCE = 0.004
"""By how much a probability may differ from float32 on the sample: a fifth of what is promised. The largest
difference grows with the number of pairs; over 30,000 real ones it was three to five times that of the sample."""

WORTHWHILE = 0.9
"""Share of float32's time that another precision must stay below: less than a tenth is noise."""
PASSES = 2
ENOUGH_SECONDS = 0.5
"""No further pass of a precision that took this long already: a large model is told apart by one."""

_QUESTIONS = (
    ("What is the capital of Australia?", ("Canberra", "It is Canberra.", "Sydney", "I think it's Melbourne", "Perth")),
    ("Who wrote Middlemarch?", ("George Eliot", "Mary Ann Evans", "It was Jane Austen.", "I do not know.", "Eliot")),
    ("When did the war end?", ("1945", "In 1944", "the spring of 1945", "May 8, 1945", "after six years")),
    ("Is glass a liquid?", ("No", "Yes, a very slow one", "It is an amorphous solid.", "no, that is a myth", "Maybe")),
    ("Why is the sky blue?", ("Rayleigh scattering", "The air scatters short waves more.", "It mirrors the sea.")),
    ("How many legs has a spider?", ("8", "eight", "Six legs", "It has eight of them, two more than insects.")),
)


@dataclass(frozen=True)
class Choice:
    """What was found: the precision, and tokens per pass, None where that was not tried."""

    precision: str
    token_budget: int | None = None


@dataclass(frozen=True)
class Trial:
    """One precision on the sample: seconds of its fastest pass, and the largest difference from float32."""

    precision: str
    seconds: float
    difference: float


def sample() -> tuple[list[Side], IntArray]:
    """Sides and ordered pairs like those that are asked for, half of them with their question."""
    sides: list[Side] = []
    pairs: list[tuple[int, int]] = []
    for number, (prompt, answers) in enumerate(_QUESTIONS):
        prefix = f"Q: {prompt} A: " if number % 2 else ""
        first = len(sides)
        sides += [Side(prefix + answer, len(prefix)) for answer in answers]
        pairs += permutations(range(first, len(sides)), 2)
    return sides, np.array(pairs, dtype=np.int64)


def trials(scores: Mapping[str, Score]) -> list[Trial]:
    """Each precision's time and distance from "fp32", which must be among them; passes take turns.

    A precision in which the model overflows is infinitely far away.
    """
    found: dict[str, FloatArray] = {}
    seconds: dict[str, list[float]] = {name: [] for name in scores}
    for _ in range(1 + PASSES):
        for name, score in scores.items():
            if sum(seconds[name]) < ENOUGH_SECONDS:
                start = time.perf_counter()
                found[name] = _finite(name, score)
                seconds[name].append(time.perf_counter() - start)
    return [Trial(name, min(seconds[name]), float(np.abs(found[name] - found["fp32"]).max())) for name in scores]


def _finite(name: str, score: Score) -> FloatArray:
    try:
        return score()
    except InvalidModel:
        if name == "fp32":
            raise
        return np.array(np.inf)


def best_of(tried: list[Trial]) -> str:
    """The fastest within the tolerance; float32 itself unless another is clearly faster.

    >>> best_of([Trial("fp32", 3.0, 0.0), Trial("bf16", 1.0, 0.3), Trial("int16", 2.0, 0.001)])
    'int16'
    """
    (exact,) = (trial for trial in tried if trial.precision == "fp32")
    faster = [trial for trial in tried if trial.seconds < WORTHWHILE * exact.seconds and trial.difference <= TOLERANCE]
    return min(faster, key=lambda trial: trial.seconds, default=exact).precision


def best_budget(rate: Callable[[int], float | None]) -> int:
    """The smallest budget that no larger one beats by `GAIN`.

    Args:
        rate: tokens per pass -> tokens per second; None where that many do not fit.

    >>> best_budget({2**14: 1e6, 2**15: 1.5e6, 2**16: 1.51e6}.get)
    32768
    """
    best, fastest = BUDGETS[0], 0.0
    for budget in BUDGETS:
        found = rate(budget)
        if found is None or found < fastest * (1 + GAIN):
            break
        best, fastest = budget, found
    return best


def recall(weights: str, device: str) -> Choice | None:
    """What was found for these weights on this device before, or None.

    Args:
        weights: what is scored, and the precision if that was given.
        device: what tells two devices with different speeds apart; for a CPU, the number of threads.
    """
    return _read(_path(weights, device))


def remember(
    weights: str, device: str, tried: list[Trial], token_budget: int | None = None, *, precision: str | None = None
) -> Choice:
    """Keep what was found, and return it; `precision` is the best of those tried unless told."""
    path = _path(weights, device)
    choice = Choice(precision or best_of(tried), token_budget)
    _read.cache_clear()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as draft:
            json.dump({**asdict(choice), "device": device, "trials": [asdict(trial) for trial in tried]}, draft)
        Path(draft.name).replace(path)
    except OSError as error:
        logger.warning("what was chosen could not be kept in %s and is chosen again next time: %s", path, error)
    return choice


def _path(weights: str, device: str) -> Path:
    told = "\0".join((weights, device, version("torch"), SOURCE.read_text(encoding="utf-8"), *FLAGS, processor()))
    return cache_dir() / "precision" / f"{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}.json"


@lru_cache(maxsize=64)
def _read(path: Path) -> Choice | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        precision, budget = kept["precision"], kept.get("token_budget")
        if not any(precision in own for own in CANDIDATES.values()) or not (budget is None or int(budget) > 0):
            raise ValueError(f"{precision!r}, {budget!r}")
        return Choice(precision, budget)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("%s cannot be read, so the choice is made again: %s", path, error)
        return None
