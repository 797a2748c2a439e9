"""One evaluation: which problems, which are done, generate the rest, grade, write.

The output is a JSONL file: a first line with the settings, then a line per problem as it is done. An
interrupted run goes on behind the last whole line; a file of other settings is refused, not mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from semuq.errors import InvalidParameter
from semuq.samples.journal import Journal
from semuq.sampling.base import Decoding, check_count
from semuq_rl.evaluation.generation import Completion, Generator
from semuq_rl.tasks.maths.grading import grade_groups
from semuq_rl.tasks.maths.sets import MathsProblem, check_set, load_set
from semuq_rl.tasks.maths.templates import Template, template

__all__ = ["Settings", "evaluate", "plan", "read_rows"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is evaluated and how; the default is the papers' way.

    Args:
        sets: names of evaluation sets.
        template: "qwen_math", "r1" or "no".
        n: rollouts per problem.
        max_tokens: of a rollout.
        temperature: 0 is greedy, and allows n = 1 only.
        top_p: as in `Decoding`.
        seed: of the sampling.
        limit: only the first so many problems of each set; None takes all.
        time_limit: seconds for comparing one answer with one reference.
    """

    sets: tuple[str, ...]
    template: str = "qwen_math"
    n: int = 1
    max_tokens: int = 3000
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    limit: int | None = None
    time_limit: float = 5.0

    def __post_init__(self) -> None:
        if not self.sets or len(set(self.sets)) < len(self.sets):
            raise InvalidParameter(f"sets: expected one or more different names, got {list(self.sets)}")
        for name in self.sets:
            check_set(name)
        template(self.template)
        check_count(self.n, self.decoding)

    @property
    def decoding(self) -> Decoding:
        """The same as a sampler takes it."""
        return Decoding(temperature=self.temperature, top_p=self.top_p, max_new_tokens=self.max_tokens, seed=self.seed)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What there is to do.

    Args:
        problems: all, by set name, in order.
        done: ids of the problems that the output holds already.
    """

    problems: dict[str, list[MathsProblem]]
    done: frozenset[str]

    def open(self) -> Iterator[tuple[str, MathsProblem]]:
        """(set, problem) for each that is not done."""
        for name, problems in self.problems.items():
            yield from ((name, problem) for problem in problems if problem.id not in self.done)


def plan(settings: Settings, output: Path, *, generator: str | None = None) -> Plan:
    """What there is to do, after a look at what the output holds.

    Args:
        settings: of this run.
        output: the JSONL file, which need not exist.
        generator: the identity of what will generate; None does not compare it.

    Raises:
        InvalidParameter: the output holds results of other settings or another generator.
    """
    problems = {name: load_set(name, limit=settings.limit) for name in settings.sets}
    header, rows = _read(output)
    if header is not None:
        wanted = _header(settings, generator or header.get("generator"))
        for key in wanted:
            # The sets may grow, and the limit: what is done stays valid.
            if key not in ("sets", "limit") and header.get(key) != wanted[key]:
                raise InvalidParameter(
                    f"output: {output} holds results with {key}={header.get(key)!r}, this run has {wanted[key]!r}; "
                    "pass another file, or --restart to write it anew"
                )
    return Plan(problems=problems, done=frozenset(str(row["id"]) for row in rows))


def evaluate(
    generator: Generator,
    settings: Settings,
    output: Path,
    *,
    chunk: int = 64,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Generate and grade what is not done yet; the rows of all problems of the settings' sets.

    Args:
        generator: continues prompts.
        settings: what and how.
        output: the JSONL file; written after every `chunk` problems.
        chunk: so many problems are generated, graded and written together.
        progress: called with (problems done, problems) after every chunk.

    Raises:
        InvalidParameter: the output holds results of other settings.
    """
    todo = plan(settings, output, generator=generator.identity)
    form = template(settings.template)
    output.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(output)
    if next(journal.records(), None) is None:
        journal.write({"settings": _header(settings, generator.identity)})
    waiting = list(todo.open())
    total = sum(map(len, todo.problems.values()))
    for start in range(0, len(waiting), chunk):
        own = waiting[start : start + chunk]
        prompts = [form.prompt(problem.problem) for _, problem in own]
        drawn = generator.generate(prompts, n=settings.n, decoding=settings.decoding, stop=form.stop)
        rows = _graded(own, drawn, form, settings.time_limit)
        for row in rows:
            journal.write(row)
        if progress is not None:
            progress(total - len(waiting) + start + len(own), total)
    wanted = {problem.id for problems in todo.problems.values() for problem in problems}
    return [row for row in read_rows(output) if row["id"] in wanted]


def read_rows(output: Path) -> list[dict[str, Any]]:
    """The rows of an output file, without its first line."""
    return _read(output)[1]


def _graded(
    problems: Sequence[tuple[str, MathsProblem]],
    drawn: Sequence[Sequence[Completion]],
    form: Template,
    time_limit: float,
) -> list[dict[str, Any]]:
    groups = [
        ([own.text for own in rollouts], problem.references)
        for (_, problem), rollouts in zip(problems, drawn, strict=True)
    ]
    grades = grade_groups(groups, extract=form.answer, time_limit=time_limit)
    return [
        {
            "id": problem.id,
            "set": name,
            "references": list(problem.references),
            "answers": [grade.answer for grade in own],
            "right": [grade.right for grade in own],
            "undecided": [grade.undecided for grade in own],
            "tokens": [completion.tokens for completion in rollouts],
            "finished": [completion.finished for completion in rollouts],
            "texts": [completion.text for completion in rollouts],
        }
        for (name, problem), rollouts, own in zip(problems, drawn, grades, strict=True)
    ]


def _header(settings: Settings, generator: str | None) -> dict[str, Any]:
    return {"generator": generator, **asdict(settings), "sets": list(settings.sets)}


def _read(output: Path) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    try:
        lines = [record for _, record in Journal(output).records()]
        if not lines:
            return None, []
        first, *rows = lines
        return dict(first["settings"]), rows
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidParameter(
            f"output: {output} is not a file of results ({error}); pass another file, or --restart to write it anew"
        ) from error
