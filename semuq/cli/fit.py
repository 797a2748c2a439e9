"""`semuq fit`: graded scores in, a file that decides out."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semuq.cli.console import complain, explain, foreseen, progress_console
from semuq.cli.options import GraderOption, as_usage, build_grader
from semuq.errors import InvalidParameter, InvalidSamples, SemuqError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from semuq.grading import Grader
    from semuq.scoring.record import QuestionScore

__all__ = ["fit"]

Labels = dict[int, tuple[float, str]]
"""Position of a question -> its correctness and where that is from."""


@foreseen
def fit(
    scores: Annotated[str, typer.Argument(help="File written by `semuq score`, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSON file to write.")],
    labels: Annotated[
        Path | None, typer.Option(help='A JSONL file of {"id": ..., "correct": true} for these questions.')
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(
            help="Where the labels are: this field of the metadata, a label of the question or of each answer.",
            show_default="correct, else grades",
        ),
    ] = None,
    grader: GraderOption = None,
    estimator: Annotated[
        str | None, typer.Option(help="Whose score decides.", show_default="the first in the file")
    ] = None,
    method: Annotated[str, typer.Option(help='isotonic, platt, beta, histogram or "Histogram(bins=20)".')] = "isotonic",
    max_error: Annotated[
        float | None, typer.Option(help="Promise at most this error rate among the answered.", min=0, max=1)
    ] = None,
    confidence: Annotated[float, typer.Option(help="The promise holds with this probability.", min=0, max=1)] = 0.95,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Leave out broken lines of the scores, report them, exit 1.")
    ] = False,
) -> None:
    """Learn from graded questions how likely an answer is wrong, and when to abstain.

    Labels come from --labels, else from the metadata (correct, or grades of each answer), else the leading answer
    is graded by the references. Questions without a label are left out and counted.
    """
    from semuq.decisions.calibration import CALIBRATORS
    from semuq.decisions.rule import chosen_estimator, cross_fitted_quality, fit_decision_rule, scored_by
    from semuq.estimators import ESTIMATORS
    from semuq.scoring.record import read_scores

    calibrator, judge = as_usage(CALIBRATORS.read, method), build_grader(grader)
    if labels is not None and field is not None:
        raise typer.BadParameter("--labels and --field: expected one of them, got both")
    if grader is not None and (labels is not None or field is not None):
        raise typer.BadParameter("--grader grades by the references, which are not read with --labels or --field")
    broken: list[SemuqError] = []
    questions = list(read_scores(scores, on_error=broken.append if keep_going else None))
    for error in broken:
        complain(explain(error))
    if not questions:
        raise InvalidSamples(f"{scores}: expected graded questions, got none; is it the file that `semuq score` wrote?")
    found = _read_labels(labels, questions) if labels else _labels(questions, field, judge)
    graded = [questions[place] for place in sorted(found)]
    name = chosen_estimator(graded, estimator)
    unscored = len(graded) - len(scored_by(name, graded))
    found = {place: own for place, own in found.items() if name in questions[place].by_estimator}
    graded = [questions[place] for place in sorted(found)]
    if not graded:
        raise InvalidSamples(f"{scores}: expected some score of {name} of a question with a label, got none")
    correct = [found[place][0] for place in sorted(found)]
    rule = fit_decision_rule(
        graded, correct, estimator=name, calibrator=calibrator, max_error=max_error, confidence=confidence
    )
    rule.save(output)
    sources = Counter(source for _, source in found.values())
    console = progress_console()
    left_out = len(questions) - len(graded) - unscored
    console.print(
        f"{output}: {len(graded):,} questions, {sum(correct) / len(correct):.1%} right, by {_listed(sources)}"
        + (f"; {left_out:,} without a label left out" if left_out else "")
        + (f"; {unscored:,} without this score left out" if unscored else ""),
        soft_wrap=True,
    )
    console.print(
        f"Decides by {ESTIMATORS.short(rule.estimator)}, for questions with "
        f"{' or '.join(map(str, rule.answers))} answers.",
        soft_wrap=True,
    )
    quality = cross_fitted_quality(rule, graded, correct)
    too_few = f"{len(graded)} questions are too few to say how good that is."
    console.print(quality.describe() if quality else too_few, soft_wrap=True)
    if rule.promise:
        console.print(rule.promise.describe(), soft_wrap=True)
    if broken:
        console.print(f"{len(broken):,} broken line{'' if len(broken) == 1 else 's'} left out", soft_wrap=True)
        raise typer.Exit(1)


def _listed(sources: Counter[str]) -> str:
    if len(sources) == 1:
        return next(iter(sources))
    return " and ".join(f"{source} ({count:,})" for source, count in sources.most_common())


def _labels(questions: Sequence[QuestionScore], field: str | None, grader: Grader) -> Labels:
    """Labels in the metadata, and grades by the references where no field was asked for and a question has none."""
    names = ("correct", "grades") if field is None else (field,)
    found: Labels = {}
    for place, question in enumerate(questions):
        name = next((own for own in names if question.metadata.get(own) is not None), None)
        if name is not None:
            found[place] = (_label(question, name), f"metadata {name!r}")
        elif question.references and field is None:
            grade = grader.grade(question.prompt, question.leading_answer, question.references)
            found[place] = (float(grade >= 0.5), "references")
    if found:
        return found
    if field is None:
        raise InvalidSamples(
            "labels: expected some in the metadata ('correct', or 'grades' of each answer) or references to grade by, "
            f"got neither in {len(questions):,} questions; pass --labels FILE, or --field NAME"
        )
    there = list(dict.fromkeys(own for question in questions for own in question.metadata))
    near = get_close_matches(field, there, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there {_there(there)}"
    raise InvalidSamples(f"--field: expected one of the metadata, got {field!r}, which no question has; {hint}")


def _label(question: QuestionScore, name: str) -> float:
    """How right the leading answer is by one field of the metadata: a label, or one for each answer."""
    value, where = question.metadata[name], f"question {question.id!r}: metadata {name!r}"
    if not isinstance(value, list | dict):
        return _as_correct(value, where)
    found = question.graded_by(value)
    if found is None:
        raise InvalidSamples(
            f"{where}: expected true, false or a number in [0, 1] for each of the {len(question)} answers, or lists of "
            f"them by grader, got {value!r:.80}"
        )
    return found


def _there(names: list[str]) -> str:
    return f"are {', '.join(map(repr, names[:8]))}" if names else "is no metadata at all; pass --labels FILE"


def _read_labels(path: Path, questions: Sequence[QuestionScore]) -> Labels:
    from semuq.samples.jsonl import read_records

    known: dict[str, float] = {}
    for number, record in read_records(path):
        where, own = f"{path}, line {number}", record.get("id")
        if isinstance(own, bool) or not isinstance(own, str | int) or "correct" not in record:
            raise InvalidSamples(f'{where}: expected {{"id": ..., "correct": true or false}}, got {record!r:.80}')
        if str(own) in known:
            raise InvalidSamples(f"{where}: expected each id once, got {own!r} again")
        known[str(own)] = _as_correct(record["correct"], where)
    counts = Counter(question.id for question in questions if question.id is not None)
    shared = next((own for own, count in counts.items() if count > 1 and own in known), None)
    if shared is not None:
        raise InvalidSamples(
            f"{path}: expected a label for each question, got one for {counts[shared]} questions that are all called "
            f"{shared!r}; give each its own id"
        )
    found = {place: (known[question.id], str(path)) for place, question in enumerate(questions) if question.id in known}
    if not found:
        raise InvalidSamples(
            f"{path}: expected labels for these questions, got {len(known):,} for others, such as "
            f"{next(iter(known), None)!r}; theirs are such as {questions[0].id!r}"
        )
    if unused := len(known) - len(found):
        progress_console().print(f"{path}: {unused:,} labels belong to no question here", soft_wrap=True)
    return found


def _as_correct(value: object, where: str) -> float:
    from semuq.samples.grades import as_grade

    if (found := as_grade(value)) is not None:
        return found
    raise InvalidParameter(f"{where}: expected true, false or a number in [0, 1], got {value!r:.40}")
