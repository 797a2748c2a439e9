"""The command `semuq`: a thin shell over public functions, a module per subcommand.

Results go to standard output, progress and warnings to standard error. Exit status: 0 done, 1 could
not (one line says why), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from semuq.cli.ask import ask
from semuq.cli.cache import cache
from semuq.cli.decide import decide
from semuq.cli.estimators import estimators
from semuq.cli.fit import fit
from semuq.cli.probe import probe
from semuq.cli.report import report
from semuq.cli.sample import sample
from semuq.cli.score import score
from semuq.cli.serve import serve

__all__ = ["app", "main"]

app = typer.Typer(
    name="semuq",
    help="Know when a language model does not know: semantic uncertainty of its answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(ask)
app.command()(sample)
app.command()(score)
app.command()(estimators)
app.command()(report)
app.command()(fit)
app.command()(decide)
app.command()(serve)
app.add_typer(probe)
app.add_typer(cache)


def main() -> None:
    """Run the command line of this process."""
    # Libraries below draw bars of their own, across ours or line by line into whatever file stderr is; they heed these.
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    app(prog_name="semuq")


def _version(wanted: bool) -> None:
    if wanted:
        import semuq

        typer.echo(f"semuq {semuq.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Know when a language model does not know: semantic uncertainty of its answers."""
