"""`python -m benchmarks.leaderboard [sample|grade|score|report]`: the stages, all of them where none is named.

Without `--model`, the models of the repository are graded, scored and reported from their committed answers.
"""

from __future__ import annotations

import json
import platform
import re
from dataclasses import replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.leaderboard.answers import Record, answered, greedy_set, sample_set
from benchmarks.leaderboard.evidence import collect
from benchmarks.leaderboard.judging import by_meaning, claims_of, grade, relation_of
from benchmarks.leaderboard.measures import SLOW_DRAWS
from benchmarks.leaderboard.models import OFFICIAL, Model, read_model
from benchmarks.leaderboard.page import page, read_results
from benchmarks.leaderboard.pricing import TIMED, costs_kept
from benchmarks.leaderboard.questions import DataSet, Question, read_datasets
from benchmarks.leaderboard.results import Judged, summarise
from benchmarks.leaderboard.sampling import Store, sample
from benchmarks.leaderboard.scoring import score_kept
from benchmarks.leaderboard.subset import score_extra
from benchmarks.machine import hardware
from semuq.errors import SemuqError
from semuq.evidence import Embedder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "benchmarks" / "results"
N_RESAMPLES, FAST_RESAMPLES = 1000, 100
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
    model: Annotated[
        str | None,
        typer.Option(help="A model: name in models/, TOML file, hub name or folder; all of models/ if left out."),
    ] = None,
    fast: Annotated[bool, typer.Option(help=f"{FAST_QUESTIONS} questions of each set, kept apart.")] = False,
    limit: Annotated[int | None, typer.Option(help="At most so many questions of each set.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop sampling after this time; a later run goes on.")] = None,
    relation: Annotated[str | None, typer.Option(help="Compare answers of every set by this relation.")] = None,
    embedder: Annotated[bool, typer.Option(help="Load the sentence encoder, for estimators that need it.")] = True,
    work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/leaderboard"),
    out: Annotated[Path | None, typer.Option(help="Folder of all results, in place of the repository's own.")] = None,
) -> None:
    """Sample, grade and score every set of questions, and write the figures and the page."""
    if fast:
        limit, work = limit or FAST_QUESTIONS, work.with_name(f"{work.name}-fast")
        out = out or work / "out"
    names = OFFICIAL if model is None else (model,)
    # Models of the repository are sampled by `campaign`, which takes hours; others in one go with all the rest.
    stages = (Stage.GRADE, Stage.SCORE, Stage.REPORT) if model is None and stage is Stage.ALL else (stage,)
    try:
        found = {}
        for name in names:
            asked = read_model(name)
            folder = out if out is not None or asked.name in OFFICIAL else work / asked.name / "out"
            # Where nobody is asked, the committed answers are read wherever the results go.
            ours = folder is None or (model is None and stage is not Stage.SAMPLE)
            kept = HERE / "answers" / asked.name if ours else folder / "answers"
            store = Store(work=work / asked.name, kept=kept)
            chosen = read_datasets(sets or asked.sets)
            if relation is not None:
                chosen = [replace(data, judge={**data.judge, "relation": relation}) for data in chosen]
            figures = one(asked, chosen, store, stages, limit, minutes, embedder, fast)
            if figures is not None:
                found[asked.name] = (figures, folder)
    except SemuqError as error:
        console.print(f"[red]{error}", highlight=False)
        raise typer.Exit(1) from None
    if Stage.REPORT in stages or Stage.ALL in stages:
        if not found:
            raise typer.Exit(1)
        for name, (figures, folder) in found.items():
            write(results_file(name, folder), figures)
        publish(next(iter(found.values()))[1])


def one(
    model: Model,
    chosen: list[DataSet],
    store: Store,
    stages: tuple[Stage, ...],
    limit: int | None,
    minutes: float | None,
    embed: bool,
    fast: bool,
) -> dict | None:
    """The stages for one model, and its figures if they are wanted and there are answers."""
    seconds = None if minutes is None else 60 * minutes
    if {Stage.ALL, Stage.SAMPLE} & set(stages):
        sample(chosen, model, store, limit=limit, seconds=seconds, say=console.print)
    if embed and {Stage.ALL, Stage.EVIDENCE} & set(stages):
        collect(chosen, model, store, _embedder(), limit=limit, seconds=seconds, say=console.print)
    if stages in ((Stage.SAMPLE,), (Stage.EVIDENCE,)):
        return None
    score = stages != (Stage.GRADE,)
    judged = [own for data in chosen if (own := judge(model, data, store, limit, score, embed)) is not None]
    if not judged:
        return None
    return figures_of(judged, chosen, model, FAST_RESAMPLES if fast else N_RESAMPLES)


def judge(model: Model, data: DataSet, store: Store, limit: int | None, score: bool, embed: bool) -> Judged | None:
    """Grades and, unless only they are wanted, scores of one set; None where nothing has been answered."""
    pairs = answered(data.load(limit), store.read(data))
    if not pairs:
        console.print(f"{model.name}: {data.name}: no answers yet; run the sample stage")
        return None
    grades = grade(data, pairs)
    console.print(
        f"{model.name}: {data.name}: {len(pairs)} questions, "
        f"greedy {grades.greedy.mean():.1%}, sampled {grades.answers.mean():.1%}"
    )
    if not score:
        return None
    own = relation_of(data)
    if by_meaning(data):
        own = replace(own, cache=store.work / f"{data.name}.pairs.sqlite")  # type: ignore[type-var]
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
        extra=score_extra(data, store, pairs, own, embedder, scores, model.beside),
    )


def figures_of(judged: list[Judged], sets: list[DataSet], model: Model, n_resamples: int) -> dict:
    """What the results file of a model holds."""
    names = {own.name for own in judged}
    entailed = [data.title for data in sets if data.name in names and by_meaning(data)]
    return {
        "command": "python -m benchmarks.leaderboard",
        "model": {"name": model.name, "how": _how(model)},
        "answers_per_question": model.answers,
        "entailment_sets": ", ".join(entailed) or "no set",
        "seed": model.seed,
        "n_resamples": n_resamples,
        "timed_questions": TIMED,
        "slow_draws": min(SLOW_DRAWS, n_resamples),
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("semuq", "torch", "transformers", "numpy", "scikit-learn")}
        | {"python": platform.python_version()},
        **summarise(judged, n_resamples=n_resamples, seed=model.seed),
    }


def results_file(model: str, out: Path | None) -> Path:
    """Where the figures of a model are."""
    return (RESULTS if out is None else out) / f"leaderboard_{model}.json"


def publish(out: Path | None) -> None:
    """The page of all figures there are: the repository's, or those of one folder."""
    folder = RESULTS if out is None else out
    docs = ROOT / "docs" / "leaderboard.md" if out is None else out / "leaderboard.md"
    docs.write_text(page(*read_results(folder)), encoding="utf-8")
    console.print(f"written: {docs.name}")


def write(path: Path, figures: dict) -> None:
    """A results file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(figures), encoding="utf-8")
    console.print(f"written: {path.name}")


def as_json(results: dict) -> str:
    """Indented, with lists of numbers on one line."""
    text = json.dumps(results, indent=1)
    return re.sub(r"\[\s+([^\[\]{}\"]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def _how(model: Model) -> str:
    if model.sets:
        return "published answers, without log-probs"
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
