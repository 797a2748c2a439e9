"""`semuq decide`: scores in, answer or abstain out, a line per question."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from semuq.cli.console import foreseen, progress_console

__all__ = ["decide"]


@foreseen
def decide(
    scores: Annotated[str, typer.Argument(help="File written by `semuq score`, or - for standard input.")],
    rule: Annotated[Path, typer.Option("--rule", "-r", help="File written by `semuq fit`.")],
    least: Annotated[
        float | None,
        typer.Option(
            help="Answer where the probability of being right is at least this.",
            show_default="follow the promise",
            min=0,
            max=1,
        ),
    ] = None,
) -> None:
    """Answer or abstain: one JSON line per question, with why, and the probability that its leading answer is right."""
    from semuq.decisions.rule import DecisionRule
    from semuq.samples.jsonl import json_line
    from semuq.scoring.record import read_scores

    fitted = DecisionRule.load(rule)
    if least is None and fitted.promise is None:
        raise typer.BadParameter(f"--least: expected a probability, for {rule} promises nothing (fit with --max-error)")
    given = count = 0
    reasons: Counter[str] = Counter()
    for question in read_scores(scores):
        decision = fitted.decide(question, least)
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
