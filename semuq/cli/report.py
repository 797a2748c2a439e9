"""`semuq report`: a file of scores as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from semuq.cli.console import complain, explain, foreseen, progress_console
from semuq.errors import SemuqError

__all__ = ["report"]


@foreseen
def report(
    scores: Annotated[str, typer.Argument(help="File written by `semuq score`, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Semantic uncertainty",
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Leave out broken lines, report them, and exit 1 at the end.")
    ] = False,
) -> None:
    """Show scores as one self-contained HTML file: distribution, questions, clusters, heat maps."""
    from semuq.report import write_report
    from semuq.scoring.record import read_scores

    broken = 0

    def complain_and_count(error: SemuqError) -> None:
        nonlocal broken
        broken += 1
        complain(explain(error))

    if str(output) != "-" and Path(scores).exists() and output.exists() and output.samefile(scores):
        raise typer.BadParameter("expected another file than the scores; the report would replace them")
    questions = write_report(
        read_scores(scores, on_error=complain_and_count if keep_going else None), output, title=title
    )
    progress_console().print(f"{output}: {questions:,} question{'' if questions == 1 else 's'}", soft_wrap=True)
    if not questions:
        progress_console().print(f"warning: no questions in {scores}", style="yellow", soft_wrap=True)
    if broken:
        raise typer.Exit(1)
