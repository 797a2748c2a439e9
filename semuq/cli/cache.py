"""`semuq cache info` and `semuq cache clear`: the entailment scores that are kept between runs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from semuq.cli.console import foreseen, progress_console

__all__ = ["cache"]

cache = typer.Typer(name="cache", help="The entailment scores that are kept between runs.", no_args_is_help=True)


@cache.command()
@foreseen
def info(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a sentence.")] = False,
) -> None:
    """Say where the cache lies and what it holds."""
    from semuq.relations.cache import default_path
    from semuq.relations.cache import info as look

    held = look(default_path())
    if as_json:
        typer.echo(
            json.dumps({"path": str(held.path), "bytes": held.bytes, "pairs": held.pairs, "scorers": held.scorers})
        )
    else:
        typer.echo(f"{held.path}: {held.pairs:,} pairs of {held.scorers:,} scorers, {held.bytes / 1e6:.1f} MB")


@cache.command()
@foreseen
def clear() -> None:
    """Remove the cache; scores are computed again when they are needed."""
    from semuq.relations.cache import clear as remove
    from semuq.relations.cache import default_path

    path = default_path()
    remove(path)
    progress_console().print(f"{path}: removed", soft_wrap=True)
