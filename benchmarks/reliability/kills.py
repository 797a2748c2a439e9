"""Killed at random moments, gone on with, and held against a run that nobody disturbed; several writers at once.

Children are forked from this process, which has imported everything, so that a kill falls into the work and not into
the start of an interpreter.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from benchmarks.reliability.tally import Tally
from semuq.cli import app
from semuq.relations.cache import PairCache

__all__ = ["cache_kills", "score_kills", "training_kills", "writers"]

FORK = multiprocessing.get_context("fork")


def score_kills(rng: np.random.Generator, kills: int, questions: int = 400) -> Tally:
    """`semuq score`, killed and run again until it is done."""
    tally = Tally("the file after a kill and a second run differs from that of an undisturbed one")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers = folder / "answers.jsonl"
        rows = [
            {"prompt": f"q{i}", "texts": [f"{'ab'[i % 2]} {j % 3}" for j in range(6)], "id": str(i)}
            for i in range(questions)
        ]
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        whole = folder / "whole.jsonl"
        began = time.perf_counter()
        _score(answers, whole)
        takes = time.perf_counter() - began
        inside = 0
        for kill in range(kills):
            out = folder / f"{kill}.jsonl"
            _killed(lambda out=out: _score(answers, out), float(rng.uniform(0, takes)))
            written = out.read_bytes().count(b"\n") if out.exists() else 0
            inside += 0 < written < questions
            code = _score(answers, out)
            same = out.read_bytes() == whole.read_bytes()
            tally.note(None if same and code == 0 else f"after {written} lines: status {code}, same {same}")
        tally.figures["fell_between_first_and_last_line"] = inside
    return tally


def _score(answers: Path, out: Path) -> int:
    result = CliRunner().invoke(app, ["score", str(answers), "-o", str(out), "--relation", "exact", "--no-matrices"])
    return int(result.exit_code)


def cache_kills(rng: np.random.Generator, kills: int) -> Tally:
    """A process that writes scores of pairs into the cache, killed."""
    tally = Tally("a row of the cache that is not what was written, or a cache that cannot be gone on with")
    with tempfile.TemporaryDirectory() as name:
        for kill in range(kills):
            path = Path(name) / f"{kill}.db"
            _killed(lambda path=path: _fill(path), float(rng.uniform(0.02, 0.4)))
            cache = PairCache(path, "killed")
            keys, scores = zip(*map(_pair, range(3000)), strict=True)
            found = cache.look_up(keys)
            known = np.isfinite(found).all(axis=1)
            right = np.array_equal(found[known], np.array(scores)[known].astype(found.dtype)) or np.allclose(
                found[known], np.array(scores)[known], atol=1e-6
            )
            cache.store(keys, np.array(scores))
            whole = bool(np.isfinite(cache.look_up(keys)).all())
            tally.note(None if right and whole else f"{int(known.sum())} rows: right {right}, whole after {whole}")
    return tally


def _pair(number: int) -> tuple[bytes, np.ndarray]:
    return number.to_bytes(16, "big"), np.random.default_rng(number).dirichlet(np.ones(3))


def _fill(path: Path) -> None:
    cache = PairCache(path, "killed")
    for start in range(0, 3000, 20):
        keys, scores = zip(*map(_pair, range(start, start + 20)), strict=True)
        cache.store(keys, np.array(scores))


TRAINING = [
    "task.columns=1", "model.hidden=16", "model.layers=1", "imitation.steps=2", "evaluation.problems=8",
    "evaluation.sampled=4", "evaluation.samples=2", "evaluation.every=2", "trainer.max_steps=4",
    "trainer.per_device_train_batch_size=8", "trainer.num_generations=4", "trainer.logging_steps=1",
    "signal.estimator=SemanticEntropy", "modulator.name=seed_grpo", "modulator.alpha=0.5",
]  # fmt: skip


def training_kills(rng: np.random.Generator, kills: int) -> Tally:
    """A training run of a tiny recipe, killed and resumed; its log (times aside) and weights compared."""
    tally = Tally("log or weights after a kill and --resume differ from those of an undisturbed run")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        _wait(_forked(lambda: _train(folder / "whole", resume=False)))
        takes = time.perf_counter() - began
        whole = _traces(folder / "whole")
        for kill in range(kills):
            own = folder / str(kill)
            _killed(lambda own=own: _train(own, resume=False), float(rng.uniform(0.2, 0.95)) * takes)
            found = sorted(path.name for path in own.glob("checkpoint-*"))
            _wait(_forked(lambda own=own: _train(own, resume=True)))
            tally.note(None if _traces(own) == whole else f"killed with {found}: another log or other weights")
    return tally


def _train(folder: Path, *, resume: bool) -> None:
    import torch

    from semuq_rl.runs.recipe import read_recipe
    from semuq_rl.runs.run import run

    torch.set_num_threads(1)
    run(read_recipe("tiny-addition", TRAINING), folder, resume=resume, save_every=2, quiet=True)


def _traces(folder: Path) -> tuple[Any, bytes] | None:
    weights = folder / "final" / "model.safetensors"
    if not weights.is_file():
        return None
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    clock = ("seconds", "time", "per_second", "runtime")
    log = [{name: own for name, own in record.items() if not any(word in name for word in clock)} for record in records]
    return log, weights.read_bytes()


def writers(rng: np.random.Generator, rounds: int) -> Tally:
    """Two and eight processes on one output, and on one cache."""
    tally = Tally("a torn, lost or doubled line, a lost row of the cache, or a failure that is no refusal")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers = folder / "answers.jsonl"
        rows = [{"prompt": f"q{i}", "texts": ["a", "b", "a"], "id": str(i)} for i in range(100)]
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        for turn in range(rounds):
            for count in (2, 8):
                out, cache = folder / f"{turn}-{count}.jsonl", folder / f"{turn}-{count}.db"
                _together(count, lambda _, out=out: os._exit(_score(answers, out)))
                _score(answers, out)
                names = [json.loads(line)["id"] for line in out.read_bytes().splitlines()]
                tally.note(None if names == [row["id"] for row in rows] else f"{count} writers: {len(names)} lines")
                _together(count, lambda who, cache=cache: _fill_own(cache, who))
                keys = [_own_key(who, number) for who in range(count) for number in range(200)]
                known = np.isfinite(PairCache(cache, "shared").look_up(keys)).all(axis=1)
                tally.note(None if known.all() else f"{count} writers: {int((~known).sum())} rows of the cache lost")
    return tally


def _own_key(who: int, number: int) -> bytes:
    return (who * 1000 + number).to_bytes(16, "big")


def _fill_own(path: Path, who: int) -> None:
    cache = PairCache(path, "shared")
    for start in range(0, 200, 20):
        keys = [_own_key(who, number) for number in range(start, start + 20)]
        cache.store(keys, np.full((20, 3), 1 / 3))


def _together(count: int, act: Callable[[int], Any]) -> None:
    children = [_forked(lambda who=who: act(who)) for who in range(count)]
    for child in children:
        _wait(child)


def _forked(act: Callable[[], Any]) -> Any:
    """A child that does it, in a group of its own, silent."""

    def inside() -> None:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        act()

    child = FORK.Process(target=inside)
    child.start()
    return child


def _wait(child: Any) -> None:
    child.join(300)
    if child.is_alive():
        child.kill()
        child.join()


def _killed(act: Callable[[], Any], after: float) -> None:
    child = _forked(act)
    child.join(after)
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    child.join()
