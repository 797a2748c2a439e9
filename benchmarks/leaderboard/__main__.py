"""`python -m benchmarks.leaderboard [sample|grade|score|report]`: the stages, all of them where none is named."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.leaderboard.answers import Record, answered, greedy_set, sample_set
from benchmarks.leaderboard.evidence import collect
from benchmarks.leaderboard.judging import RELATIONS, claims_of, grade, relation_of
from benchmarks.leaderboard.models import DEFAULT, Model, read_model
from benchmarks.leaderboard.page import page
from benchmarks.leaderboard.pricing import TIMED, costs_kept
from benchmarks.leaderboard.questions import DataSet, Question, read_datasets
from benchmarks.leaderboard.results import Judged, summarise
from benchmarks.leaderboard.sampling import Store, sample
from benchmarks.leaderboard.scoring import score_kept
from benchmarks.leaderboard.subset import score_extra
from semuq.errors import SemuqError
from semuq.evidence import Embedder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
N_RESAMPLES, FAST_RESAMPLES = 1000, 100
SLOW_DRAWS = 200
FAST_QUESTIONS = 8

console = Console(stderr=True)


class Stage(StrEnum):
    """What to do."""

    ALL = "all"
    SAMPLE = "sample"
    EVIDENCE = "evidence"
    GRADE = "grade"
    SCORE = "score"
    REPORT = "report"


def main(
    stage: Annotated[Stage, typer.Argument(help="One stage; all of them if left out.")] = Stage.ALL,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="A set of questions, by name or TOML file; repeatable.")
    ] = None,
    model: Annotated[str, typer.Option(help="A model: name in models/, TOML file, hub name or folder.")] = DEFAULT,
    fast: Annotated[bool, typer.Option(help=f"{FAST_QUESTIONS} questions of each set, kept apart.")] = False,
    limit: Annotated[int | None, typer.Option(help="At most so many questions of each set.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop sampling after this time; a later run goes on.")] = None,
    relation: Annotated[str | None, typer.Option(help="Compare answers of every set by this relation.")] = None,
    embedder: Annotated[bool, typer.Option(help="Load the sentence encoder, for estimators that need it.")] = True,
    work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/leaderboard"),
    out: Annotated[Path | None, typer.Option(help="Folder of all results, in place of the repository's own.")] = None,
) -> None:
    """Sample, grade and score every set of questions, and write the figures and the page."""
    try:
        chosen = read_datasets(sets or ())
        asked = read_model(model)
        if relation is not None and relation not in RELATIONS:
            raise typer.BadParameter(f"--relation: expected one of {sorted(RELATIONS)}, got {relation!r}")
        if relation is not None:
            chosen = [dataclasses.replace(data, judge={**data.judge, "relation": relation}) for data in chosen]
        if fast:
            limit, work = limit or FAST_QUESTIONS, work.with_name(f"{work.name}-fast")
            out = out or work / "out"
        if asked.name != DEFAULT and out is None:
            out = work / asked.name / "out"
        kept = HERE / "answers" / asked.name if out is None else out / "answers"
        store = Store(work=work / asked.name, kept=kept)
        seconds = None if minutes is None else 60 * minutes
        if stage in (Stage.ALL, Stage.SAMPLE):
            sample(chosen, asked, store, limit=limit, seconds=seconds, say=console.print)
        if embedder and stage in (Stage.ALL, Stage.EVIDENCE):
            collect(chosen, asked, store, _embedder(), limit=limit, seconds=seconds, say=console.print)
        if stage in (Stage.SAMPLE, Stage.EVIDENCE):
            return
        judged = [own for data in chosen if (own := judge(data, store, limit, stage, embedder)) is not None]
    except SemuqError as error:
        console.print(f"[red]{error}", highlight=False)
        raise typer.Exit(1) from None
    if stage in (Stage.ALL, Stage.REPORT):
        resamples = FAST_RESAMPLES if fast else N_RESAMPLES
        report(judged, chosen, asked, resamples, out)


def judge(data: DataSet, store: Store, limit: int | None, stage: Stage, embed: bool) -> Judged | None:
    """Grades and, unless only they are wanted, scores of one set; None where nothing has been answered."""
    pairs = answered(data.load(limit), store.read(data))
    if not pairs:
        console.print(f"{data.name}: no answers yet; run the sample stage")
        return None
    grades = grade(data, pairs)
    console.print(
        f"{data.name}: {len(pairs)} questions, greedy {grades.greedy.mean():.1%}, sampled {grades.answers.mean():.1%}"
    )
    if stage is Stage.GRADE:
        return None
    own = relation_of(data)
    if data.judge["relation"] == "entailment":
        own = dataclasses.replace(own, cache=store.work / f"{data.name}.pairs.sqlite")  # type: ignore[type-var]
        store.work.mkdir(parents=True, exist_ok=True)
    embedder = _embedder() if embed else None
    batch = [sample_set(*pair, claims_of(data)) for pair in pairs]
    scores, known = score_kept(
        store.work / f"{data.name}.scores.json",
        batch,
        [greedy_set(*pair) for pair in pairs],
        own,
        embedder,
        grades.greedy,
    )
    console.print(f"{data.name}: {len(scores.question)} contestants{' (scored before)' if known else ''}")
    return Judged(
        name=data.name,
        title=data.title,
        about=data.about,
        grades=grades,
        scores=scores,
        truncated=_truncated(pairs),
        costs=costs_kept(store.work / f"{data.name}.costs.json", batch, own, embedder, scores.question),
        extra=score_extra(data, store, pairs, own, embedder, scores),
    )


def report(judged: list[Judged], sets: list[DataSet], model: Model, n_resamples: int, out: Path | None) -> None:
    """Write the results file and the page."""
    if not judged:
        raise typer.Exit(1)
    entailed = [data.title for data in sets if data.judge["relation"] == "entailment"]
    results = {
        "command": "python -m benchmarks.leaderboard",
        "model": {"name": model.name, "how": _how(model)},
        "answers_per_question": model.answers,
        "entailment_sets": ", ".join(entailed) or "no set",
        "seed": model.seed,
        "n_resamples": n_resamples,
        "timed_questions": TIMED,
        "slow_draws": min(SLOW_DRAWS, n_resamples),
        "hardware": f"{os.cpu_count()}-core {platform.machine()} CPU",
        "versions": {name: version(name) for name in ("semuq", "torch", "transformers", "numpy", "scikit-learn")}
        | {"python": platform.python_version()},
        **summarise(judged, n_resamples=n_resamples, seed=model.seed),
    }
    path = ROOT / "benchmarks" / "results" / "leaderboard.json" if out is None else out / "leaderboard.json"
    docs = ROOT / "docs" / "leaderboard.md" if out is None else out / "leaderboard.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(results), encoding="utf-8")
    docs.write_text(page(results), encoding="utf-8")
    console.print(f"written: {path.name}, {docs.name}")


def as_json(results: dict) -> str:
    """Indented, with lists of numbers on one line."""
    text = json.dumps(results, indent=1)
    return re.sub(r"\[\s+([^\[\]{}\"]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def _how(model: Model) -> str:
    parts = [str(model.options.get("dtype", "float32"))]
    if model.sampler == "HuggingFaceSampler":
        parts.append("chat template" if model.chat else "prompts with examples and no chat template")
    return ", ".join(parts)


def _truncated(pairs: list[tuple[Question, Record]]) -> float:
    flags = [flag for _, record in pairs for flag in record["metadata"]["truncated"]]
    return sum(flags) / len(flags)


def _embedder() -> Embedder:
    from semuq.models.embedder import SentenceEmbedder

    return SentenceEmbedder()


if __name__ == "__main__":
    typer.run(main)
