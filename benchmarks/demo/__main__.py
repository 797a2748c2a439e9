"""`python -m benchmarks.demo`: ask the embedded model two dozen questions and report how sure it is.

Samples ten answers at T = 1 and one greedy answer to each question of `questions.jsonl`, scores the
ten, grades the greedy one, and asks whether uncertainty separates right from wrong. Writes
`samples.jsonl`, `scores.jsonl` and `report.html` to the output folder, and with `--record` the
figures to `benchmarks/results/demo.json`.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import transformers
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import semuq
from semuq import DiscreteSemanticEntropy, Entailment, KernelLanguageEntropy, SampleSet, SemanticEntropy
from semuq.estimators import Estimator
from semuq.estimators.naming import column_names
from semuq.grading import default_grader
from semuq.metrics import auroc, bootstrap
from semuq.report import write_report
from semuq.samples.jsonl import json_line, write_samples
from semuq.sampling import Decoding, HuggingFaceSampler
from semuq.scoring import score_stream
from semuq.scoring.record import QuestionScore
from semuq.text import shorten

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "demo.json"
N_ANSWERS = 10
SEED = 0
ESTIMATORS: tuple[Estimator, ...] = (SemanticEntropy(), DiscreteSemanticEntropy(), KernelLanguageEntropy())


def main(
    out: Annotated[Path, typer.Option(help="Where to write the samples, scores and report.")] = Path("demo-out"),
    record: Annotated[bool, typer.Option(help="Also write the figures to benchmarks/results/demo.json.")] = False,
) -> None:
    """Ask, score, grade, and show whether uncertainty tells right from wrong."""
    console = Console()
    started = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    with console.status("sampling answers (the first run unpacks the model) ..."):
        batch = sample()
    sampled = time.perf_counter()
    write_samples(out / "samples.jsonl", batch)
    with console.status("comparing answers ..."):
        scores = list(score_stream(batch, ESTIMATORS, Entailment()))
    done = time.perf_counter()
    (out / "scores.jsonl").write_bytes(b"".join(json_line(score.to_dict()) for score in scores))
    write_report(scores, out / "report.html", title="What the embedded model knows")
    console.print(table(scores))
    figures = summary(scores) | {
        "seconds": {"sampling": round(sampled - started, 1), "scoring": round(done - sampled, 1)}
    }
    show(console, figures)
    console.print(f"\nThe report: {out / 'report.html'}")
    if record:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


def sample() -> list[SampleSet]:
    """Ten answers to each question, with the greedy answer and its grade as metadata."""
    questions = [json.loads(line) for line in (HERE / "questions.jsonl").read_text().splitlines()]
    prompts = [question["question"] for question in questions]
    greedy = sampler(temperature=0.0).sample(prompts, n=1)
    sampled = sampler(temperature=1.0).sample(prompts, n=N_ANSWERS)
    grader = default_grader()
    batch = []
    for question, one, ten in zip(questions, greedy, sampled, strict=True):
        answer = one.texts[0]
        grade = grader.grade(question["question"], answer, question["references"])
        metadata = {"kind": question["kind"], "greedy": answer, "correct": bool(grade >= 0.5)}
        batch.append(
            dataclasses.replace(ten, id=question["id"], references=tuple(question["references"]), metadata=metadata)
        )
    return batch


def sampler(temperature: float) -> HuggingFaceSampler:
    """The embedded model, asked to be brief: it is, and then its answers are about the question."""
    decoding = Decoding(temperature=temperature, max_new_tokens=32, seed=SEED)
    return HuggingFaceSampler(decoding=decoding, system="Answer with one word or a short phrase.")


def table(scores: list[QuestionScore]) -> Table:
    """The questions, least uncertain first."""
    names = column_names(ESTIMATORS)
    shown = Table(title="Least uncertain first", box=None, pad_edge=False)
    for column in ("question", "greedy answer", "right?", "meanings"):
        shown.add_column(column, overflow="fold")
    for name in names:
        shown.add_column(name, justify="right")
    for score in sorted(scores, key=lambda score: score.scores[names[0]]):
        right = score.metadata["correct"]
        shown.add_row(
            Text(shorten(score.prompt, 48)),
            Text(shorten(score.metadata["greedy"], 40)),
            Text("yes", style="green") if right else Text("no", style="red"),
            str(len(score.cluster_masses)),
            *(f"{score.scores[name]:.2f}" for name in names),
        )
    return shown


def summary(scores: list[QuestionScore]) -> dict[str, object]:
    """Accuracy, and how well each score separates right from wrong, with what it was measured on."""
    correct = np.array([score.metadata["correct"] for score in scores])
    kinds = [score.metadata["kind"] for score in scores]
    separation = {}
    for name in column_names(ESTIMATORS):
        values = np.array([score.scores[name] for score in scores])
        interval = bootstrap(auroc, values, correct, seed=SEED)
        separation[name] = {"auroc": interval.value, "low": interval.low, "high": interval.high}
    return {
        "command": "python -m benchmarks.demo --record",
        "questions": len(scores),
        "answers_per_question": N_ANSWERS,
        "right": int(correct.sum()),
        "right_by_kind": {
            kind: [int(correct[[own == kind for own in kinds]].sum()), kinds.count(kind)]
            for kind in dict.fromkeys(kinds)
        },
        "separation_of_right_from_wrong": separation,
        "confidence": 0.95,
        "seed": SEED,
        "versions": {
            "semuq": semuq.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "hardware": f"{torch.get_num_threads()}-thread {platform.machine()} CPU",
    }


def show(console: Console, figures: dict) -> None:
    """The figures in sentences."""
    console.print(
        f"\nThe greedy answer was right on {figures['right']} of {figures['questions']} questions "
        f"({', '.join(f'{kind} {right}/{n}' for kind, (right, n) in figures['right_by_kind'].items())})."
    )
    console.print("How well uncertainty separates wrong answers from right ones (AUROC; 0.5 is chance), 95% interval:")
    for name, own in figures["separation_of_right_from_wrong"].items():
        console.print(f"  {name:24} {own['auroc']:.3f}  [{own['low']:.3f}, {own['high']:.3f}]")


if __name__ == "__main__":
    typer.run(main)
