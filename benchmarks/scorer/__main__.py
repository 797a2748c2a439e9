"""`python -m benchmarks.scorer`: environments, agreement, timings, equality, profile, figures and page."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from benchmarks.scorer import equality, settings
from benchmarks.scorer.compiling import warm_up
from benchmarks.scorer.crew import ROOT, Crew
from benchmarks.scorer.environments import ENVIRONMENTS, interpreter
from benchmarks.scorer.measure import OutOfTime, measure
from benchmarks.scorer.models import MODELS, model_folder
from benchmarks.scorer.page import page
from benchmarks.scorer.pieces import Pieces
from benchmarks.scorer.profiling import profile_of
from benchmarks.scorer.questions import HOW, make_batch
from benchmarks.scorer.results import as_json, hardware, summarise
from benchmarks.scorer.settings import SEED, THREADS, Setting
from benchmarks.scorer.store import Store, code_digest
from benchmarks.scorer.targets import judge
from semuq import Entailment
from semuq.models.cachedir import cache_dir

console = Console(stderr=True, highlight=False, soft_wrap=True)
RESULTS = ROOT / "benchmarks" / "results" / "scorer.json"
PAGE = ROOT / "docs" / "scorer.md"
PROFILED = 10


class Stage(StrEnum):
    """What to do."""

    BUILD = "build"
    TIME = "time"
    EQUALITY = "equality"
    PROFILE = "profile"
    REPORT = "report"


@dataclass(frozen=True)
class Run:
    """Where things lie and when to stop."""

    cache: Path
    work: Path
    fast: bool
    deadline: float

    @property
    def settings(self) -> tuple[Setting, ...]:
        return settings.FAST if self.fast else settings.SETTINGS

    @property
    def comparisons(self) -> tuple[equality.Comparison, ...]:
        return equality.FAST if self.fast else equality.COMPARISONS

    @property
    def store(self) -> Store:
        return Store(self.work / "timings.jsonl", code_digest())

    @property
    def pieces(self) -> Pieces:
        return Pieces(self.work / "pieces", code_digest())

    def python(self, environment: str | None) -> Path:
        return interpreter(environment, self.cache, say)


def main(
    stages: Annotated[list[Stage] | None, typer.Argument(help="Some stages; all of them if left out.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Time only this setting; repeatable.")] = None,
    fast: Annotated[bool, typer.Option(help="A few questions, about two minutes, kept apart.")] = False,
    minutes: Annotated[float | None, typer.Option(help="Stop after about so long; a later run goes on.")] = None,
    part: Annotated[str, typer.Option(help="I/N: every N-th repeat from the I-th on, for runs side by side.")] = "1/1",
    cache: Annotated[Path | None, typer.Option(help="Folder of environments and models.")] = None,
    work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/scorer"),
    out: Annotated[Path | None, typer.Option(help="Folder of results, in place of the repository's own.")] = None,
) -> None:
    """Measure the entailment pass beside other packages and write the figures and the page."""
    work = work.with_name(f"{work.name}-fast") if fast else work
    deadline = time.monotonic() + 60 * minutes if minutes else float("inf")
    run = Run(cache or cache_dir() / "scorer-benchmark", work.absolute(), fast, deadline)
    unknown = set(only or ()) - {setting.name for setting in run.settings}
    if unknown:
        raise typer.BadParameter(
            f"--only: expected some of {[own.name for own in run.settings]}, got {sorted(unknown)}"
        )
    index, of = (int(own) for own in part.split("/"))
    chosen = stages or list(Stage)
    if fast and out is None:
        out = run.work / "out"
    try:
        if Stage.BUILD in chosen:
            build(run)
        if Stage.TIME in chosen:
            time_all(run, only, (index - 1, of))
        if Stage.EQUALITY in chosen:
            compare_all(run)
        if Stage.PROFILE in chosen:
            profile_all(run)
    except OutOfTime:
        console.print("time is up; run the same command again to go on")
        raise typer.Exit(3) from None
    if Stage.REPORT in chosen:
        report(run, out)


def build(run: Run) -> None:
    """Environments and models."""
    for name in ENVIRONMENTS:
        run.python(name)
    for name in MODELS:
        model_folder(name, run.cache)


def time_all(run: Run, only: list[str] | None, part: tuple[int, int]) -> None:
    """All settings, those with the same model in one go, so that workers are loaded once."""
    for model in MODELS:
        scratch = run.work / "scratch" / str(part[0])
        folder = model_folder(model, run.cache)
        with Crew(
            interpreter=run.python, folder=folder, threads=THREADS, logs=run.work / "logs" / str(part[0])
        ) as crew:
            for setting in run.settings:
                if setting.model != model or (only and setting.name not in only):
                    continue
                measure(setting, crew, run.store, scratch, deadline=run.deadline, say=say, part=part)
                for environment, versions in crew.versions.items():
                    run.pieces.keep(f"versions.{environment}", versions)


def compare_all(run: Run) -> None:
    """Every precision against the reference."""
    folder = model_folder("embedded", run.cache)
    for comparison in run.comparisons:
        expected = None
        for precision in equality.precisions():
            name = f"equality.{comparison.context}.{precision}.{comparison.questions}"
            if run.pieces.get(name) is not None:
                continue
            if expected is None:
                expected = equality.reference(
                    comparison, folder, run.work / "reference", deadline=run.deadline, say=say
                )
            if time.monotonic() > run.deadline:
                raise OutOfTime
            figures = equality.compare(comparison, expected, folder, precision)
            run.pieces.keep(name, {"precision": precision, "context": comparison.context, **figures})
            say(f"{precision}, {comparison.context}: {figures}")


def profile_all(run: Run) -> None:
    """Where the time of semuq and of the bare model goes, on the first questions of the main setting."""
    from benchmarks.scorer.worker.bare import Bare
    from benchmarks.scorer.worker.semuq import Semuq

    main = next(own for own in run.settings if own.name == "main")
    batch = make_batch(min(PROFILED, main.questions), main.answers, main.context)
    folder = model_folder("embedded", run.cache)
    for name, kind, mode in (
        ("semuq", Semuq, "matrix"),
        ("semuq-clusters", Semuq, "clusters"),
        ("ideal", Bare, "ideal"),
    ):
        if run.pieces.get(f"profile.{name}") is None:
            if time.monotonic() > run.deadline:
                raise OutOfTime
            run.pieces.keep(f"profile.{name}", profile_of(kind, folder, batch, mode))
            say(f"profile of {name}: {run.pieces.get(f'profile.{name}')}")
    if run.pieces.get("compile") is None:
        run.pieces.keep("compile", warm_up(folder, batch))
        say(f"torch.compile: {run.pieces.get('compile')}")


def report(run: Run, out: Path | None) -> None:
    """Write the results file and the page from what is there."""
    measured = {own.name: summarise(own, run.store.rows(own)) for own in run.settings}
    measured = {name: own for name, own in measured.items() if own["contestants"]}
    if "main" not in measured:
        console.print("report: expected timings of the main setting, got none; run the time stage")
        raise typer.Exit(1)
    results: dict[str, Any] = {
        "command": "python -m benchmarks.scorer",
        "seed": SEED,
        "threads": THREADS,
        "hardware": hardware(),
        "models": {name: title for name, (title, _) in MODELS.items()},
        "computed_in": {name: computed_in(model_folder(name, run.cache)) for name in MODELS},
        "strings": HOW,
        "versions": run.pieces.starting("versions."),
        "settings": measured,
        "counts": {"forwards_at_128": equality.forwards_at_128(run.comparisons[0])},
        "equality": list(run.pieces.starting("equality.").values()),
        "profile": run.pieces.starting("profile."),
        "compile": run.pieces.get("compile"),
    }
    results["versions"].setdefault("semuq", {})["semuq"] = version("semuq")
    results["targets"] = judge(results)
    path = RESULTS if out is None else out / "scorer.json"
    docs = PAGE if out is None else out / "scorer.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(results), encoding="utf-8")
    docs.write_text(page(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    shutil.rmtree(run.work / "scratch", ignore_errors=True)
    say(f"written: {path.name}, {docs.name}")


def computed_in(folder: Path) -> str:
    """The precision that `Entailment` takes for a model on this machine."""
    torch.set_num_threads(THREADS)
    return Entailment(folder).computed_in


def say(text: str) -> None:
    """A line of progress."""
    console.print(text)


if __name__ == "__main__":
    typer.run(main)
