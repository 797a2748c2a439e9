"""What the page is built of: tables of contestants in Markdown, with what folds them and sets them in small type."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.leaderboard.contestants import BASELINES
from benchmarks.leaderboard.measures import MEASURES

BASELINE_NAMES = tuple(baseline.name for baseline in BASELINES)


def ranked(table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names by AUROC, best first; those without one last."""
    return sorted(table, key=lambda name: -(table[name]["auroc"] or [-math.inf])[0])


def metrics_table(
    table: Mapping[str, Mapping[str, Any]], order: Sequence[str] | None, numbers: Mapping[str, int]
) -> str:
    """A row per contestant, a column per metric; its number in front, if there are numbers."""
    names = ranked(table) if order is None else order
    front = ("#",) if numbers else ()
    heads = (*front, "contestant", *(measure.title for measure in MEASURES.values()), "to best (AUROC)")
    return dense(
        table_of(
            heads,
            (
                (
                    *(str(numbers.get(name, "")) for _ in front),
                    linked(name),
                    *(cell(table[name][metric]) for metric in MEASURES),
                    cell(table[name]["auroc_to_best"], sign=True),
                )
                for name in names
            ),
        )
    )


def dense(table: str) -> str:
    """A table in small type, see `stylesheets/wide.css`."""
    return f'<div class="dense" markdown="1">\n\n{table}\n\n</div>'


def folded(title: str, body: str) -> str:
    """To be unfolded by a click."""
    return f'<details markdown="1">\n<summary>{title}</summary>\n\n{body}\n\n</details>'


def table_of(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = tuple(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def named(name: str) -> str:
    """Baselines in italics, estimators as code."""
    return f"_{name}_" if name in BASELINE_NAMES else f"`{name}`"


def linked(name: str) -> str:
    """The same, linked to the page of the estimator."""
    return named(name) if name in BASELINE_NAMES else f"[`{name}`](estimators/{name}.md)"


def cell(value: Sequence[float] | None, *, sign: bool = False) -> str:
    """The value, and its interval in a second line."""
    if value is None:
        return "-"
    form = "+.3f" if sign else ".3f"
    return f"{value[0]:{form}}<br><small>[{value[1]:{form}}, {value[2]:{form}}]</small>"


def inline(value: Sequence[float] | None) -> str:
    """The value and its interval, for a sentence."""
    return "-" if value is None else f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"
