"""Killed at random moments, gone on with, and held against a run that nobody disturbed."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reliability.commands import Ended, command, forked, killed, waited
from benchmarks.reliability.server import serving
from benchmarks.reliability.tally import Tally

QUESTIONS = 400


def score_kills(rng: np.random.Generator, kills: int) -> Tally:
    """`semuq score`, killed and run again."""
    tally = Tally("the file after a kill and a second run differs from that of an undisturbed one")
    with tempfile.TemporaryDirectory() as name:
        answers = Path(name) / "answers.jsonl"
        rows = [
            {"prompt": f"q{i}", "texts": [f"{'ab'[i % 2]} {j % 3}" for j in range(6)], "id": str(i)}
            for i in range(QUESTIONS)
        ]
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        _disturb(
            tally,
            rng,
            kills,
            Path(name),
            lambda out: command("score", answers, "-o", out, "--relation", "exact", "--no-matrices"),
        )
    return tally


def sample_kills(rng: np.random.Generator, kills: int) -> Tally:
    """`semuq sample` from a server, killed and run again."""
    tally = Tally("the file after a kill and a second run differs from that of an undisturbed one")
    with tempfile.TemporaryDirectory() as name, serving(int(rng.integers(2**31)), share=0.0) as (url, _):
        questions = Path(name) / "questions.jsonl"
        questions.write_text("".join(json.dumps({"prompt": f"q{i}", "id": str(i)}) + "\n" for i in range(40)))
        words = ("--base-url", url, "--model", "m", "-n", 3, "--window", 4)
        _disturb(tally, rng, kills, Path(name), lambda out: command("sample", questions, "-o", out, *words))
    return tally


def cache_kills(rng: np.random.Generator, kills: int) -> Tally:
    """`semuq score` with the entailment model, whose verdicts go into the cache, killed and run again."""
    tally = Tally(
        "the scores after a kill and a second run, or the rows of the cache, differ from an undisturbed run's"
    )
    with tempfile.TemporaryDirectory() as name:
        answers = Path(name) / "answers.jsonl"
        answers.write_text("".join(json.dumps(row) + "\n" for row in entailed(8)))

        def score(out: Path) -> Ended:
            return compared(answers, out, out.with_suffix(".cache"))

        whole = _disturb(tally, rng, kills, Path(name), score, lambda out: _pairs(out.with_suffix(".cache")))
        tally.figures["pairs in the cache"] = float(len(whole))
    return tally


def entailed(questions: int) -> list[dict[str, Any]]:
    """Questions with four answers each that an entailment model has to read."""
    things = ("the river", "a grey cat", "the old bridge", "a letter")
    return [
        {
            "prompt": f"What did she see on day {i}?",
            "texts": [f"She saw {things[(i + k) % 4]} near the {('gate', 'mill', 'farm')[i % 3]}" for k in range(4)],
            "id": str(i),
        }
        for i in range(questions)
    ]


def compared(answers: Path, out: Path, cache: Path) -> Ended:
    """`semuq score` with the entailment model and a cache of its own, in windows of two questions."""
    import os

    os.environ["SEMUQ_CACHE_DIR"] = str(cache)
    return command("score", answers, "-o", out, "--window", 2)


def _pairs(folder: Path) -> dict[bytes, bytes]:
    """The rows of a cache."""
    with closing(sqlite3.connect(folder / "entailment.sqlite3")) as connection:
        return dict(connection.execute("SELECT key, scores FROM pair").fetchall())


def _disturb(
    tally: Tally,
    rng: np.random.Generator,
    kills: int,
    folder: Path,
    run: Callable[[Path], Ended],
    beside: Callable[[Path], Any] = lambda out: None,
) -> Any:
    """Kill a command that writes lines to a file, run it again; returns what an undisturbed run leaves beside it."""
    whole = folder / "whole.jsonl"
    run(folder / "warm.jsonl")  # all that is imported, before anything forks
    began = time.perf_counter()
    status = waited(forked(lambda: run(whole)))
    takes = time.perf_counter() - began
    lines, kept = whole.read_bytes().count(b"\n"), beside(whole)
    if status != 0 or not lines:
        tally.note(f"undisturbed: status {status}, {lines} lines", 0)
    inside = 0
    for kill in range(kills):
        out = folder / f"{kill}.jsonl"
        killed(lambda out=out: run(out), float(rng.uniform(0, takes)))
        written = out.read_bytes().count(b"\n") if out.exists() else 0
        inside += 0 < written < lines
        status = waited(forked(lambda out=out: run(out)))
        same = out.is_file() and out.read_bytes() == whole.read_bytes() and beside(out) == kept
        tally.note(None if same and status == 0 else f"after {written} lines: status {status}, same {same}")
    tally.figures["fell between the first and the last line"] = inside
    return kept


TRAINING = [
    "task.columns=1", "model.hidden=16", "model.layers=1", "imitation.steps=2", "evaluation.problems=8",
    "evaluation.sampled=4", "evaluation.samples=2", "evaluation.every=2", "trainer.max_steps=6",
    "trainer.per_device_train_batch_size=8", "trainer.num_generations=4", "trainer.logging_steps=1",
    "signal.estimator=SemanticEntropy", "modulator.name=seed_grpo", "modulator.alpha=0.5",
]  # fmt: skip


def training_kills(rng: np.random.Generator, kills: int) -> Tally:
    """A training run of a tiny recipe, killed and resumed; its log (times aside), recipe and weights compared."""
    tally = Tally("log, recipe or weights after a kill and --resume differ from those of an undisturbed run")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _train(folder / "warm", resume=False)  # imports, before anything forks
        began = time.perf_counter()
        waited(forked(lambda: _train(folder / "whole", resume=False)))
        takes = time.perf_counter() - began
        whole = _traces(folder / "whole")
        if whole is None:
            tally.note("the undisturbed run left no weights", 0)
        found = {"before a checkpoint": 0, "behind a checkpoint": 0, "behind the end": 0}
        for kill in range(kills):
            own = folder / str(kill)
            killed(lambda own=own: _train(own, resume=False), float(rng.uniform(0.05, 1.0)) * takes)
            ended, begun = (own / "summary.json").is_file(), any(own.glob("checkpoint-*"))
            found["behind the end" if ended else "behind a checkpoint" if begun else "before a checkpoint"] += 1
            left = sorted(path.name for path in own.glob("*"))
            status = waited(forked(lambda own=own: _train(own, resume=True)))
            same = whole is not None and _traces(own) == whole
            tally.note(None if same else f"killed with {left}: status {status}, another log or other weights")
        tally.figures["killed"] = found
    return tally


def _train(folder: Path, *, resume: bool) -> None:
    import torch

    from semuq_rl.runs.recipe import read_recipe
    from semuq_rl.runs.run import run

    torch.set_num_threads(1)
    run(read_recipe("tiny-addition", TRAINING), folder, resume=resume, save_every=2, quiet=True)


def _traces(folder: Path) -> tuple[Any, bytes, bytes] | None:
    weights = folder / "final" / "model.safetensors"
    if not weights.is_file():
        return None
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    clock = ("seconds", "time", "per_second", "runtime")
    log = [{name: own for name, own in record.items() if not any(word in name for word in clock)} for record in records]
    return log, (folder / "recipe.json").read_bytes(), weights.read_bytes()
