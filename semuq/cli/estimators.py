"""`semuq estimators`: what there is to choose from, read off the classes themselves."""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Any

import typer

from semuq.cli.console import foreseen, result_console
from semuq.text import shorten

__all__ = ["estimators"]

BOUNDS_AT = 10
"""Bounds are shown for this many answers."""


@foreseen
def estimators(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")] = False,
) -> None:
    """List the estimators: what each needs, its units, its bounds for 10 answers, its paper."""
    from semuq.estimators import ESTIMATORS

    facts = [_facts(cls) for cls in ESTIMATORS]
    if as_json:
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("estimator", "needs", f"at n={BOUNDS_AT}", "n≥"):
        table.add_column(heading, no_wrap=True)
    for fact in facts:
        papers = "".join(f"\n{_link(reference)}" for reference in fact["papers"])
        low, high = fact["bounds"]
        table.add_row(
            Text(fact["name"], style="bold").append(papers, style="not bold dim"),
            ",\n".join(fact["needs"]) or "texts",
            f"{'-inf' if low is None else f'{low:.3g}'} – {'inf' if high is None else f'{high:.3g}'}\n{fact['units']}",
            str(fact["min_samples"]),
        )
    result_console().print(table)


def _facts(cls: Any) -> dict[str, Any]:
    low, high = cls().bounds(BOUNDS_AT)
    return {
        "name": cls.__name__,
        "default": repr(cls()),
        "needs": sorted(str(need) for need in cls.needs),
        "units": cls.units,
        "bounds": [None if math.isinf(value) else round(value, 4) for value in (low, high)],
        "bounds_at": BOUNDS_AT,
        "min_samples": cls.min_samples,
        "papers": list(cls.papers),
    }


def _link(reference: str) -> str:
    """The arXiv number or DOI of a reference; its beginning where it has neither (`--json` has all of it)."""
    found = re.search(r"arXiv:\S+|doi:\S+", reference)
    return found[0].removeprefix("doi:").rstrip(".,;") if found else shorten(reference, 28)
