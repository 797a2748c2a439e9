"""Two and eight processes that write to one output, and to one cache."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reliability.commands import Ended, command, forked, waited
from benchmarks.reliability.tally import Tally
from semuq.relations.cache import PairCache

COUNTS = (2, 8)


def of_output(rng: np.random.Generator, trials: int) -> Tally:
    """`semuq score` of the same answers into the same file, at the same time."""
    tally = Tally("a torn, lost or doubled line, or a writer that fails otherwise than by a refusal")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers = folder / "answers.jsonl"
        rows = [{"prompt": f"q{i}", "texts": ["a", "b", "a"], "id": str(i)} for i in range(100)]
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        refused = 0
        for turn in range(trials):
            out, count = folder / f"{turn}.jsonl", COUNTS[turn % 2]
            found = _together(count, lambda _, out=out: _score(answers, out))
            refused += found.count(1)
            again = _score(answers, out)
            names = [json.loads(line)["id"] for line in out.read_bytes().splitlines()]
            right = names == [row["id"] for row in rows] and again.status == 0 and set(found) <= {0, 1} and 0 in found
            tally.note(None if right else f"{count} writers: {len(names)} lines, statuses {found}, {again.errors}")
        tally.figures["writers refused"] = refused
    return tally


def of_cache(rng: np.random.Generator, trials: int) -> Tally:
    """Different rows, and the same ones, into one cache at the same time."""
    tally = Tally("a lost row of the cache, or one that is not what was written")
    with tempfile.TemporaryDirectory() as name:
        for turn in range(trials):
            cache, count = Path(name) / f"{turn}.db", COUNTS[turn % 2]
            _together(count, lambda who, cache=cache: _fill(cache, who))
            pairs = [_pair(who, number) for who in range(count) for number in range(200)]
            found = PairCache(cache, "shared").look_up([key for key, _ in pairs])
            right = np.array_equal(found, np.array([scores for _, scores in pairs], dtype=np.float32))
            lost = int(np.isnan(found).any(axis=1).sum())
            tally.note(None if right else f"{count} writers: {lost} rows lost")
    return tally


def _score(answers: Path, out: Path) -> Ended:
    return command("score", answers, "-o", out, "--relation", "exact")


def _pair(who: int, number: int) -> tuple[bytes, Any]:
    """A row; every second one is the same for all writers."""
    name = number if number % 2 else who * 1000 + number
    return name.to_bytes(16, "big"), np.random.default_rng(name).dirichlet(np.ones(3))


def _fill(path: Path, who: int) -> None:
    cache = PairCache(path, "shared")
    for start in range(0, 200, 20):
        keys, scores = zip(*(_pair(who, number) for number in range(start, start + 20)), strict=True)
        cache.store(keys, np.array(scores))


def _together(count: int, act: Callable[[int], Any]) -> list[int | None]:
    children = [forked(lambda who=who: act(who)) for who in range(count)]
    return [waited(child) for child in children]
