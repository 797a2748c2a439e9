"""`semuq fit`: graded scores in, a file that decides out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from semuq.cli.console import foreseen, progress_console
from semuq.errors import InvalidParameter, InvalidSamples

if TYPE_CHECKING:
    from semuq.scoring.record import QuestionScore

__all__ = ["fit"]


@foreseen
def fit(
    scores: Annotated[str, typer.Argument(help="File written by `semuq score`, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSON file to write.")],
    labels: Annotated[
        Path | None, typer.Option(help='A JSONL file of {"id": ..., "correct": true} for these questions.')
    ] = None,
    field: Annotated[str, typer.Option(help="Where the labels are: this field of a question's metadata.")] = "correct",
    estimator: Annotated[
        str | None, typer.Option(help="Whose score decides.", show_default="the first in the file")
    ] = None,
    method: Annotated[str, typer.Option(help="isotonic, platt, histogram or beta.")] = "isotonic",
    max_error: Annotated[
        float | None, typer.Option(help="Promise at most this error rate among the answered.", min=0, max=1)
    ] = None,
    confidence: Annotated[float, typer.Option(help="The promise holds with this probability.", min=0, max=1)] = 0.95,
) -> None:
    """Learn from graded questions how likely an answer is wrong, and when to abstain.

    Labels come from --labels, else from the metadata, else the leading answer is graded by the references.
    """
    from semuq.decisions.calibration import Method
    from semuq.decisions.rule import cross_fitted_quality, fit_decision_rule
    from semuq.scoring.record import read_scores

    if method not in get_args(Method):
        raise typer.BadParameter(f"--method: expected one of {', '.join(get_args(Method))}, got {method!r}")
    questions = list(read_scores(scores))
    correct = _read_labels(labels, questions) if labels else [_label(question, field) for question in questions]
    rule = fit_decision_rule(
        questions,
        correct,
        estimator=estimator,
        method=method,  # type: ignore[arg-type]  # checked above
        max_error=max_error,
        confidence=confidence,
    )
    rule.save(output)
    console = progress_console()
    console.print(f"{output}: {len(questions):,} questions, {sum(correct) / len(correct):.1%} right", soft_wrap=True)
    if quality := cross_fitted_quality(rule, questions, correct):
        console.print(quality.describe(), soft_wrap=True)
    if rule.promise:
        console.print(rule.promise.describe(), soft_wrap=True)


def _label(question: QuestionScore, field: str) -> float:
    from semuq.decisions.rule import leading_answer
    from semuq.grading import default_grader

    if field in question.metadata:
        return _as_correct(question.metadata[field], f"question {question.id!r}: metadata {field!r}")
    if question.references:
        return float(default_grader().grade(question.prompt, leading_answer(question), question.references) >= 0.5)
    raise InvalidSamples(
        f"question {question.id!r}: expected a label in its metadata ({field!r}) or references to grade by, "
        "got neither; pass --labels FILE"
    )


def _read_labels(path: Path, questions: list[QuestionScore]) -> list[float]:
    from semuq.samples.jsonl import read_records

    known: dict[str, float] = {}
    for number, record in read_records(path):
        where = f"{path}, line {number}"
        if not isinstance(record.get("id"), str) or "correct" not in record:
            raise InvalidSamples(f'{where}: expected {{"id": ..., "correct": true or false}}, got {record!r:.80}')
        if record["id"] in known:
            raise InvalidSamples(f"{where}: expected each id once, got {record['id']!r} again")
        known[record["id"]] = _as_correct(record["correct"], where)
    missing = [question.id for question in questions if question.id not in known]
    if missing:
        raise InvalidSamples(
            f"{path}: expected a label for each of {len(questions)} questions, {len(missing)} have none, "
            f"such as {missing[0]!r}"
        )
    return [known[str(question.id)] for question in questions]


def _as_correct(value: object, where: str) -> float:
    if isinstance(value, bool | int | float) and 0 <= value <= 1:  # NaN compares false
        return float(value)
    raise InvalidParameter(f"{where}: expected true, false or a number in [0, 1], got {value!r:.40}")
