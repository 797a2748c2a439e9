"""`semuq decide`: scores in, answer or abstain out, a line per question."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from semuq.cli.console import complain, explain, foreseen, progress_console
from semuq.cli.options import LeastOption
from semuq.errors import SemuqError

__all__ = ["decide"]


@foreseen
def decide(
    scores: Annotated[str, typer.Argument(help="File written by `semuq score`, or - for standard input.")],
    rule: Annotated[Path, typer.Option("--rule", "-r", help="File written by `semuq fit`.")],
    least: LeastOption = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Skip lines that cannot be decided about, report them, exit 1.")
    ] = False,
) -> None:
    """Answer or abstain: one JSON line per question, with why, and the probability that its leading answer is right."""
    from semuq.decisions.rule import DecisionRule
    from semuq.samples.jsonl import json_line
    from semuq.scoring.record import read_scores

    fitted = DecisionRule.load(rule)
    if least is None and fitted.promise is None:
        raise typer.BadParameter(f"--least: expected a probability, for {rule} promises nothing (fit with --max-error)")
    given = count = broken = 0
    reasons: Counter[str] = Counter()

    def leave_out(error: SemuqError) -> None:
        nonlocal broken
        broken += 1
        complain(explain(error))

    for question in read_scores(scores, on_error=leave_out if keep_going else None):
        try:
            decision = fitted.decide(question, least)
        except SemuqError as error:
            located = type(error)(f"{scores}, question {question.id or question.prompt[:40]!r}: {error}")
            if not keep_going:
                raise located from error
            leave_out(located)
            continue
        typer.echo(json_line(decision.to_dict()), nl=False)
        count, given = count + 1, given + decision.given
        if decision.probability_right is None:
            reasons[decision.why] += 1
    console = progress_console()
    if not count:
        console.print(f"{scores}: no questions", style="yellow", soft_wrap=True)
    console.print(f"{given:,} of {count:,} questions answered", soft_wrap=True)
    for why, times in reasons.most_common(3):
        console.print(f"{times:,} abstained from: {why}", style="yellow", soft_wrap=True)
    if broken:
        console.print(f"{broken:,} left out", soft_wrap=True)
        raise typer.Exit(1)
