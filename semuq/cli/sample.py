"""`semuq sample`: put the questions of a file to a model, many times each, into a file that `semuq score` reads."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from semuq.cli.console import complain, foreseen, progress_console
from semuq.cli.options import (
    BaseUrlOption,
    MaxNewTokensOption,
    ModelOption,
    SeedOption,
    SystemOption,
    TemperatureOption,
    TopPOption,
    build_sampler,
)

if TYPE_CHECKING:
    from semuq.samples import SampleSet
    from semuq.samples.journal import Journal
    from semuq.sampling import Sampler

__all__ = ["sample"]

KEPT = ("references", "id", "metadata")
"""What of a question's record goes along to its answers."""


@foreseen
def sample(
    questions: Annotated[str, typer.Argument(help="JSONL or CSV file of questions, or a .txt file with one a line.")],
    output: Annotated[str, typer.Option("--output", "-o", help="JSONL file of answers; run again to resume.")],
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Answers to each question.")] = 10,
    temperature: TemperatureOption = 1.0,
    top_p: TopPOption = 1.0,
    max_new_tokens: MaxNewTokensOption = 64,
    seed: SeedOption = 0,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    system: SystemOption = None,
    prompt_field: Annotated[str, typer.Option(help="The field that holds the question.")] = "prompt",
    window: Annotated[int, typer.Option(min=1, help="Questions asked together, and written together.")] = 16,
) -> None:
    """Ask every question of a file; run it again to go on, with the questions that failed too."""
    from semuq.samples.journal import Journal

    if not Path(questions).is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), questions)
    records = list(_read(questions, prompt_field))
    sampler = build_sampler(
        model,
        base_url=base_url,
        system=system,
        temperature=temperature,
        top_p=top_p,
        max_new_tokens=max_new_tokens,
        seed=seed,
    )
    console = progress_console()
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Journal(output) as journal,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        done = _done(journal, sampler, samples, output)
        waiting = [record for record in records if not _take(done, record["prompt"])]
        task = bar.add_task("sampling", total=len(waiting))
        failed = begun = 0
        size = 1  # small windows first: a slow server's answers are in the file early, and so is a mistake
        while waiting[begun:]:
            asked = waiting[begun : begun + size]
            begun, size = begun + size, min(2 * size, window)
            for record, found in zip(asked, _answers(sampler, asked, samples), strict=True):
                if isinstance(found, str):
                    failed += 1
                    complain(f"{record['where']}: {found}", bar.console)
                else:
                    journal.write(_with(found, record))
            bar.update(task, advance=len(asked))
        journal.open()  # no question at all is a result too: an empty file
    told = [f"{len(waiting) - failed:,} question{'' if len(waiting) - failed == 1 else 's'} sampled"]
    if len(records) > len(waiting):
        told.append(f"{len(records) - len(waiting):,} already in {output} skipped")
    if failed:
        told.append(f"{failed:,} failed; run the same command again to ask them anew")
    console.print(", ".join(told), soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def _read(path: str, prompt_field: str) -> Iterator[dict[str, Any]]:
    """The questions with where they stand and what goes along."""
    from semuq.errors import InvalidSamples
    from semuq.samples.jsonl import Fields, read_records

    if path.endswith(".txt"):
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                yield {"prompt": line.strip(), "where": f"{path}, line {number}"}
        return
    for number, record in read_records(path, fields=Fields(prompt=prompt_field)):
        where = f"{path}, line {number}"
        prompt = record.get(prompt_field)
        if not isinstance(prompt, str) or not prompt.strip():
            raise InvalidSamples(
                f"{where}: expected a question in {prompt_field!r}, got fields {sorted(record)!r:.80}; "
                "name its field with --prompt-field"
            )
        yield {"prompt": prompt, "where": where, **{name: record[name] for name in KEPT if name in record}}


def _done(journal: Journal, sampler: Sampler, n: int, output: str) -> dict[str, int]:
    """Question -> how often the output has it answered; by this sampler and as often, or it is refused.

    Raises:
        InvalidSamples: the output holds something else.
    """
    from semuq.errors import InvalidSamples

    done: dict[str, int] = {}
    for number, record in journal.records():
        where = f"{output}, line {number}"
        if not isinstance(record, dict) or not {"prompt", "texts", "metadata"} <= set(record):
            raise InvalidSamples(f"{where}: not a line of `semuq sample`; pass another -o")
        made_by, count = record["metadata"].get("sampler"), len(record["texts"])
        if made_by != sampler.identity or count != n:
            raise InvalidSamples(
                f"{where}: {count} answers of {made_by!r:.120}, this run would add {n} of {sampler.identity!r:.120}; "
                "pass another -o"
            )
        done[record["prompt"]] = done.get(record["prompt"], 0) + 1
    return done


def _take(done: dict[str, int], prompt: str) -> bool:
    """Whether the question is done; each line found stands for one."""
    if not done.get(prompt):
        return False
    done[prompt] -= 1
    return True


def _answers(sampler: Any, asked: Sequence[dict[str, Any]], n: int) -> list[SampleSet | str]:
    """The answers to each question, or why there are none."""
    found = sampler.sample([record["prompt"] for record in asked], n=n, on_error="keep")
    reasons = {failure.position: failure.reason for failure in found.failures}
    left = iter(found)
    return [reasons[position] if position in reasons else next(left) for position in range(len(asked))]


def _with(found: SampleSet, record: dict[str, Any]) -> dict[str, Any]:
    """The line of a question: its answers, and what its record brought."""
    brought = {name: record[name] for name in KEPT if name in record}
    metadata = {**(brought.pop("metadata", None) or {}), **found.metadata}
    return {**found.to_dict(), **brought, "metadata": metadata}
