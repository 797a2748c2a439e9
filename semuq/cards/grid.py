"""A small table: columns of text under a head, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from semuq.cards.printable import visible

__all__ = ["ROWS_LIMIT", "Cell", "grid", "html_grid"]

ROWS_LIMIT = 40
"""Rows that are shown; of more, the first and the last."""


@dataclass(frozen=True)
class Cell:
    """One cell, set to the right as numbers are, or to the left."""

    text: str
    left: bool = False


def grid(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The table as plain text, a line for each row.

    >>> print(grid(("name", "n"), [(Cell("a", left=True), Cell("10")), (Cell("bcdef", left=True), Cell("2"))]))
    name    n
    a      10
    bcdef   2
    """
    shown = [row if isinstance(row, str) else [_line(cell) for cell in row] for row in _fitting(rows)]
    cells = [row for row in shown if not isinstance(row, str)]
    widths = [max([len(head[i]), *(len(row[i]) for row in cells)]) for i in range(len(head))]
    left = [cell.left for cell in rows[0]] if rows else [False] * len(head)
    lines = [
        row
        if isinstance(row, str)
        else "  ".join(
            text.ljust(width) if own else text.rjust(width) for text, width, own in zip(row, widths, left, strict=True)
        )
        for row in [list(head), *shown]
    ]
    return "\n".join(line.rstrip() for line in lines)


def html_grid(head: Sequence[str], rows: Sequence[Sequence[Cell]], *, note: str = "") -> str:
    """The table as HTML, without a style of its own: a notebook has one."""
    top = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join(
        f'<tr><td colspan="{len(head)}">{escape(row)}</td></tr>' if isinstance(row, str) else _html_row(row)
        for row in _fitting(rows)
    )
    below = f"<p><small>{escape(note)}</small></p>" if note else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{below}"


def _html_row(row: Sequence[Cell]) -> str:
    cells = (f'<td style="text-align:{"left" if cell.left else "right"}">{escape(_line(cell))}</td>' for cell in row)
    return f"<tr>{''.join(cells)}</tr>"


def _line(cell: Cell) -> str:
    return " ".join(visible(cell.text, 200)[0].split())


def _fitting(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell] | str]:
    """All rows, or the first and last of too many around a line that says how many are left out."""
    if len(rows) <= ROWS_LIMIT:
        return list(rows)
    half = ROWS_LIMIT // 2
    return [*rows[:half], f"… {len(rows) - 2 * half:,} more …", *rows[-half:]]
