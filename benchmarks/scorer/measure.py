"""Measuring one setting: first everybody must agree with the reference, then all are timed, interleaved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.scorer.contestants import CONTESTANTS, Contestant
from benchmarks.scorer.crew import Crew
from benchmarks.scorer.questions import make_batch
from benchmarks.scorer.settings import SEED, Setting
from benchmarks.scorer.store import Row, Store
from benchmarks.scorer.worker.reference import read_reference

REFERENCE = CONTESTANTS["one"]


class Disagreement(AssertionError):
    """A contestant's probabilities are not those of the unbatched float32 model."""


class OutOfTime(Exception):
    """The time given is not enough for the next piece."""


def measure(
    setting: Setting,
    crew: Crew,
    store: Store,
    scratch: Path,
    *,
    deadline: float,
    say: Callable[[str], None],
    part: tuple[int, int] = (0, 1),
) -> None:
    """Whatever of a setting is not in the store yet.

    Args:
        part: (i, n) takes only every n-th repeat from the i-th on, for runs side by side.

    Raises:
        OutOfTime: before a piece that would probably end after `deadline` (of `time.monotonic`).
        Disagreement: before any timing.
    """
    rows = store.rows(setting)
    missing = [
        (repeat, name)
        for repeat in range(part[0], setting.repeats, part[1])
        for name in order(setting, repeat)
        if not any(row["kind"] == "time" and (row["repeat"], row["contestant"]) == (repeat, name) for row in rows)
    ]
    if not missing:
        return
    _in_time(deadline, 30)
    agree(setting, crew, store, scratch, say)
    for repeat, name in missing:
        expected = max(
            (row["clock_seconds"] for row in rows if row["kind"] == "time" and row["contestant"] == name), default=5
        )
        _in_time(deadline, expected)
        own = CONTESTANTS[name]
        reply = crew.ask(own.runner, {"do": "run", "mode": own.mode, "questions": None})
        _check(setting, own, reply, whole=False)
        store.add(setting, {"kind": "time", "repeat": repeat, "contestant": name, **reply})
        say(f"{setting.name} {repeat + 1}/{setting.repeats} {own.title}: {reply['seconds']:.2f} s")


def agree(setting: Setting, crew: Crew, store: Store, scratch: Path, say: Callable[[str], None]) -> None:
    """Load and warm every contestant; the first time, hold each against the reference."""
    scratch.mkdir(parents=True, exist_ok=True)
    path, reference = scratch / f"{setting.name}.json", scratch / f"{setting.name}.reference.jsonl"
    make_batch(setting.questions, setting.answers, setting.context).write(path)
    crew.start(REFERENCE.environment, REFERENCE.runner)
    crew.ask(REFERENCE.runner, {"do": "batch", "path": str(path), "reference": None})
    save = {"do": "run", "mode": REFERENCE.mode, "questions": setting.checked, "save": str(reference)}
    crew.ask(REFERENCE.runner, save)
    wanted = len(read_reference(str(reference)))
    checked = {row["contestant"] for row in store.rows(setting) if row["kind"] == "check"}
    for name in setting.contestants:
        own = CONTESTANTS[name]
        crew.start(own.environment, own.runner)
        crew.ask(own.runner, {"do": "batch", "path": str(path), "reference": str(reference)})
        questions = 1 if name in checked else setting.checked
        reply = crew.ask(own.runner, {"do": "run", "mode": own.mode, "questions": questions})
        _check(setting, own, reply, whole=name not in checked, wanted=wanted)
        if name not in checked:
            store.add(setting, {"kind": "check", "contestant": name, **reply})
    say(f"{setting.name}: {len(setting.contestants)} contestants agree over {wanted} pairs")


def order(setting: Setting, repeat: int) -> list[str]:
    """A new order of the contestants in every repeat. A warm run follows the run that fills its cache."""
    rng = np.random.default_rng([SEED, repeat])
    names = [setting.contestants[index] for index in rng.permutation(len(setting.contestants))]
    if "semuq-warm" in names:
        names.remove("semuq-warm")
        names.insert(names.index("semuq") + 1, "semuq-warm")
    return names


def _check(setting: Setting, own: Contestant, reply: Row, *, whole: bool, wanted: int = 0) -> None:
    if reply["difference"] > own.tolerance:
        raise Disagreement(
            f"{setting.name}, {own.title}: expected probabilities within {own.tolerance} of the reference, "
            f"got a difference of {reply['difference']:.4f}"
        )
    if whole and own.makes == "matrix" and reply["compared"] < wanted:
        raise Disagreement(
            f"{setting.name}, {own.title}: expected all {wanted} pairs of the reference, got {reply['compared']}"
        )


def _in_time(deadline: float, seconds: float) -> None:
    if time.monotonic() + seconds > deadline:
        raise OutOfTime
