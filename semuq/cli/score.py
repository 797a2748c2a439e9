"""`semuq score`: answers that already exist, from a file of any size, in windows, resumable."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from semuq.cli.console import complain, explain, foreseen, progress_console
from semuq.cli.options import (
    ContextName,
    ContextOption,
    NamesName,
    RelationOption,
    as_usage,
    build_embedder,
    build_relation,
)
from semuq.cli.watch import PairRate, Watch, watched
from semuq.errors import SemuqError

if TYPE_CHECKING:
    from semuq.cli.output import ScoreFile
    from semuq.estimators.base import Estimator
    from semuq.relations.base import Relation
    from semuq.samples import SampleSet
    from semuq.samples.jsonl import Fields

__all__ = ["score"]


class Engine(StrEnum):
    """What the scoring runs on."""

    LOCAL = "local"
    RAY = "ray"


@foreseen
def score(
    answers: Annotated[
        str,
        typer.Argument(
            help="JSONL or CSV file of answers (.gz too), - for standard input, or a log of Inspect or of the harness."
        ),
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="JSONL file of scores, or - for stdout.")] = "-",
    estimators: Annotated[
        str | None,
        typer.Option(
            help='Such as "SemanticEntropy,KernelLanguageEntropy(kernel=Heat(t=0.5))".',
            show_default="what the answers have the evidence for",
        ),
    ] = None,
    relation: RelationOption = "entailment",
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "--relation-model", help="Entailment model: folder or hub name.", show_default="built in"
        ),
    ] = None,
    context: ContextOption = ContextName.QUESTION,
    prompt_field: Annotated[str, typer.Option(help="The field that holds the question.")] = "prompt",
    texts_field: Annotated[str, typer.Option(help="The field that holds the list of answers.")] = "texts",
    window: Annotated[int, typer.Option(min=1, help="Questions held and compared at a time.")] = 32,
    matrices: Annotated[bool, typer.Option(help="Keep the answers-by-answers matrices, for heat maps.")] = True,
    names: Annotated[
        NamesName, typer.Option(help="Call scores by their class, with parameters where two would clash, or in full.")
    ] = NamesName.SHORT,
    engine: Annotated[
        Engine, typer.Option(help="Score in this process, or by workers of Ray: $RAY_ADDRESS, or started here.")
    ] = Engine.LOCAL,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Workers of Ray, with a copy of the models each.", show_default="1")
    ] = None,
    gpus_per_worker: Annotated[float, typer.Option(min=0, help="GPUs of each worker; 0.5 lets two share one.")] = 0.0,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Skip broken lines, report them, and exit 1 at the end.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
) -> None:
    """Score the questions of a file; run it again to resume."""
    from semuq.cli.output import ScoreFile, score_line
    from semuq.estimators import ESTIMATORS
    from semuq.samples.jsonl import Fields
    from semuq.scoring import fingerprint, require_evidence, score_stream

    chosen = None if estimators is None else as_usage(ESTIMATORS.read_all, estimators)
    if engine is Engine.LOCAL and (workers or gpus_per_worker):
        raise typer.BadParameter("--workers and --gpus-per-worker: expected --engine ray with them")
    _check_paths(answers, output)
    compared_by, embedder = build_relation(relation, model, context), build_embedder(chosen)
    settings = fingerprint(chosen, compared_by, embedder)

    with ScoreFile(output, settings=settings, names=names.value, overwrite=overwrite) as file, _progress() as bar:
        fields = Fields(prompt_field, texts_field)
        source = _Source(
            answers, fields, bar, keep_going, lambda item: require_evidence(item, chosen, compared_by, embedder)
        )
        questions = source.questions(file)
        try:
            lines: Iterator[bytes]
            if engine is Engine.RAY:
                from semuq.scoring.ray import score_lines_on_ray

                lines = score_lines_on_ray(
                    questions,
                    chosen,
                    compared_by,
                    embedder,
                    window,
                    workers=workers or 1,
                    gpus_per_worker=gpus_per_worker,
                    matrices=matrices,
                    names=names.value,
                )
            else:
                watched = source.watch(compared_by)
                scores = score_stream(
                    questions, chosen, watched, embedder, window, first=1, matrices=matrices, names=names.value
                )
                lines = map(score_line, scores)
            for line in lines:
                file.write_line(line)
                source.written(line)
        except KeyboardInterrupt:
            bar.stop()
            kept = f"{output} keeps what was done: run the same command again to go on" if output != "-" else "stopped"
            complain(f"interrupted after {file.written:,} questions; {kept}")
            raise typer.Exit(130) from None
        except SemuqError:
            bar.stop()
            progress_console().print(source.summary(file), soft_wrap=True)
            raise
    progress_console().print(source.summary(file), soft_wrap=True)
    if not source.sizes and not source.broken:
        progress_console().print(f"warning: no questions in {answers}", style="yellow", soft_wrap=True)
    for name, count in source.unscored.items():
        progress_console().print(
            f"warning: {count:,} question{'' if count == 1 else 's'} without {ESTIMATORS.short(name)}, which "
            "needs something of all answers; 'unscored' in the output says what",
            style="yellow",
            soft_wrap=True,
        )
    _warn_of_unequal_sizes(source.sizes, chosen)
    if source.broken:
        raise typer.Exit(1)


class _Source:
    """The questions of a file that are still to be scored, and a count of the others."""

    def __init__(
        self, path: str, fields: Fields, bar: Progress, keep_going: bool, check: Callable[[SampleSet], None]
    ) -> None:
        self.path, self.fields, self.bar, self.keep_going, self.check = path, fields, bar, keep_going, check
        self.task = bar.add_task("scoring", total=_count_lines(path))
        self.skipped = 0
        self.broken = 0
        self.sizes: set[int] = set()
        self.unscored: Counter[str] = Counter()
        self._held = self._done = 0
        self._watch = Watch(self._show)

    def watch(self, relation: Relation) -> Relation:
        """The relation, telling the bar of its pairs where it compares them by a model."""
        return watched(relation, self._watch)

    def written(self, line: bytes) -> None:
        """One more question is done for good."""
        if b'"unscored": {' in line:
            self.unscored.update(list(json.loads(line).get("unscored", {})))
        self._held -= 1
        self._done += 1
        self._watch.questions = 0.0
        self._show()

    def _show(self) -> None:
        """The questions that are written, and beside them the compared part of those that are held."""
        shown = self._done + min(self._watch.questions, self._held)
        self.bar.update(
            self.task,
            completed=max(shown, self.bar.tasks[self.task].completed),
            pairs=self._watch.pairs,
            rate=self._watch.rate,
        )

    def questions(self, file: ScoreFile) -> Iterator[SampleSet]:
        from semuq.samples.logs import read_answers

        for where, samples in read_answers(
            self.path,
            prompt_field=self.fields.prompt,
            texts_field=self.fields.texts,
            on_error=self._leave_out if self.keep_going else None,
        ):
            try:
                self.check(samples)
            except SemuqError as error:
                # Evidence counts the questions it was given, which is one.
                what = str(error).removeprefix("samples[0]").removeprefix(f" ({samples.id})").removeprefix(": ")
                located = type(error)(f"{where}: {what}")
                if not self.keep_going:
                    raise located from error
                self._leave_out(located)
                continue
            self.sizes.add(len(samples))
            if file.holds(samples):
                self.skipped += 1
                self._one_less()
            else:
                self._held += 1
                yield samples

    def summary(self, file: ScoreFile) -> str:
        parts = [f"{file.written:,} question{'' if file.written == 1 else 's'} scored"]
        if self.skipped:
            parts.append(f"{self.skipped:,} already in {file.path} skipped")
        if file.dropped:
            parts.append("a half-written last line dropped and done again")
        if self.broken:
            parts.append(f"{self.broken:,} broken line{'' if self.broken == 1 else 's'} left out")
        return ", ".join(parts)

    def _leave_out(self, error: SemuqError) -> None:
        self.broken += 1
        self._one_less()
        complain(explain(error), self.bar.console)

    def _one_less(self) -> None:
        """What is not scored is not counted either, or it would flatter the rate."""
        total = self.bar.tasks[self.task].total
        if total is not None:
            self.bar.update(self.task, total=max(total - 1, 0))


class _Rate(ProgressColumn):
    """Questions per second, or seconds per question where that reads better."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.1f} questions/s" if speed >= 1 else f"{1 / speed:.1f} s/question")


def _progress() -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), PairRate(), TimeRemainingColumn())
    # Questions come in bursts of a window: a rate over less than a few of them jumps.
    console = progress_console()
    return Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, speed_estimate_period=300
    )


def _check_paths(answers: str, output: str) -> None:
    """Refuse before a model is loaded what cannot work."""
    if answers != "-" and not Path(answers).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), answers)
    for path in (answers, output):
        if path != "-" and Path(path).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if output.endswith(".gz"):
        raise typer.BadParameter(
            f"-o {output}: a compressed file cannot be resumed; write .jsonl and compress it after"
        )
    if "-" not in (answers, output) and Path(output).exists() and Path(output).samefile(answers):
        raise typer.BadParameter(f"-o {output}: expected another file than the answers; it would replace them")


def _count_lines(path: str) -> int | None:
    """How many lines there are to do, where that is cheap to know."""
    from semuq.samples.csv import is_csv
    from semuq.samples.inspect_logs import is_inspect_log

    if path == "-" or path.endswith(".gz") or is_csv(path) or not Path(path).is_file() or is_inspect_log(path):
        return None
    with Path(path).open("rb") as file:
        first = file.readline().lstrip()
        # The items of an array are no lines, and the harness writes a line for each filter.
        if first.startswith((b"[", b'{"doc_id"')):
            return None
        file.seek(0)
        return sum(1 for line in file if line.strip())


def _warn_of_unequal_sizes(sizes: set[int], chosen: Sequence[Estimator] | None) -> None:
    from semuq.estimators.kernel import KernelLanguageEntropy

    depend = [type(item).__name__ for item in chosen or (KernelLanguageEntropy(),) if item.depends_on_n]
    if len(sizes) > 1 and depend:
        progress_console().print(
            f"warning: questions have between {min(sizes)} and {max(sizes)} answers, and the scores of "
            f"{', '.join(depend)} depend on that number: rank only questions with equally many answers",
            style="yellow",
            soft_wrap=True,
        )
