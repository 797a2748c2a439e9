"""The formulas of docstrings as HTML: in a terminal they stay as they were written, on the site they are typeset.

`block` makes the section of an estimator's page; `Formulas` does the same for whatever the API pages show.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from html import escape
from itertools import groupby
from typing import Any

import griffe

from docs.notation import Span, declared, spans

__all__ = ["Formulas", "block", "inline"]

_GAP = re.compile(r"(?<![,=\s])\s{2,}(?!=|<-|\s)")
_SECTION = re.compile(
    r"^Formula[.:](?P<body>.*?)(?=^\s*$\n^[A-Z][\w ]*(?: \([^)]*\))?[.:]|\Z)", re.MULTILINE | re.DOTALL
)
_NUMERIC = re.compile(r"\b(?:float|int)\b")


def block(text: str, names: Collection[str] = ()) -> str:
    """The section as HTML: indented lines are equations in columns, the others paragraphs.

    >>> print(block("U = 1 - s, for a share s"))
    <div class="formula">
    <p><span data-tex="U = 1 - s">U = 1 - s</span>, for a share <span data-tex="s">s</span></p>
    </div>
    """
    known = declared(text) | set(names)
    parts = []
    first, _, rest = text.strip("\n").partition("\n")
    indented = first.startswith("    ")
    lines = ([first] if indented else [first.strip()]) + rest.splitlines()
    for columns, group in groupby(lines, key=lambda line: line.startswith("    ")):
        if columns:
            rows = "\n".join(_row(line.strip(), known) for line in group)
            parts.append(f'<div class="scroll"><table class="formula">\n{rows}\n</table></div>')
        elif words := " ".join(filter(None, map(str.strip, group))):
            parts.append(f"<p>{inline(words, known)}</p>")
    return '<div class="formula">\n' + "\n".join(parts) + "\n</div>"


def inline(text: str, names: Collection[str] = ()) -> str:
    """A line with its formulas marked for typesetting, code and emphasis as in Markdown."""
    return "".join(_html(span) for span in spans(text, names))


def _row(line: str, names: Collection[str]) -> str:
    """One equation: what it is called, its two sides, and what is said of it."""
    label, equation, note = _cells(line, names)
    found = list(spans(equation, names))
    left, right = _sides(found)
    if not left and not label and not note:
        return f'<tr><td></td><td colspan="3">{right}</td></tr>'
    cells = (("label", inline(label, names)), ("left", left), ("right", right), ("note", inline(note, names)))
    return "<tr>" + "".join(f'<td class="{name}">{content}</td>' for name, content in cells) + "</tr>"


def _cells(line: str, names: Collection[str]) -> tuple[str, str, str]:
    """Label, equation and note, which wide gaps part; an "or" joins two."""
    cells: list[str] = []
    for cell in _GAP.split(line):
        if cells and (
            cell.split()[0] in ("or", "on", "for", "where") or cells[-1].endswith(" or") or cells[-1] == "or"
        ):
            cells[-1] += " " + cell
        else:
            cells.append(cell)
    place = next((number for number, cell in enumerate(cells) if _relates(cell, names)), None)
    if place is None:
        symbol = len(found := list(spans(cells[0], names))) == 1 and found[0].tex is not None
        if symbol or len(cells) == 1:
            return "", cells[0], "  ".join(cells[1:])
        return cells[0], "  ".join(cells[1:]), ""
    return "  ".join(cells[:place]), cells[place], "  ".join(cells[place + 1 :])


def _relates(cell: str, names: Collection[str]) -> bool:
    return any(span.relates for span in spans(cell, names)) or bool(re.match(r"\S+ +=", cell))


def _sides(found: list[Span]) -> tuple[str, str]:
    """Split an equation at its first sign of equality, so that those of a block stand under each other."""
    first = found[0]
    if first.tex is None:
        return "", "".join(_html(span, large=True) for span in found)
    left, sign, right = _at_equality(first)
    if sign:
        rest = [Span(right[0], right[1]), *found[1:]]
        return _html(Span(*left), large=True), "".join(_html(span, large=True) for span in rest)
    if len(found) > 1 and found[1].text.lstrip().startswith("="):
        return _html(first, large=True), "".join(_html(span, large=True) for span in found[1:])
    return "", "".join(_html(span, large=True) for span in found)


def _at_equality(span: Span) -> tuple[tuple[str, str], bool, tuple[str, str]]:
    assert span.tex is not None
    depth = 0
    for place, sign in enumerate(span.tex):
        depth += (sign in "{([") - (sign in "})]")
        if depth == 0 and span.tex.startswith(("= ", "\\leftarrow "), place):
            text_left, mark, text_right = re.split(r"(<-|(?<![<>!])=)", span.text, maxsplit=1)
            return (text_left.strip(), span.tex[:place].strip()), True, (mark + text_right, "{} " + span.tex[place:])
    return (span.text, span.tex), False, ("", "")


def _html(span: Span, *, large: bool = False) -> str:
    if span.tex is not None:
        tex = f"\\displaystyle {span.tex}" if large else span.tex
        return f'<span data-tex="{escape(tex)}">{escape(span.text)}</span>'
    text = escape(span.text, quote=False)
    text = re.sub(r"`([^`]*)`", r"<code>\1</code>", text)
    return re.sub(r"(?<![\w*])\*(\w[^*]*)\*(?!\w)", r"<em>\1</em>", text)


class Formulas(griffe.Extension):
    """Typesets the section on the formula in every docstring of the API pages."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Put HTML where the docstring has its formula."""
        if obj.docstring is None or "Formula" not in obj.docstring.value:
            return
        names = set(_numbers(obj))
        obj.docstring.value = _SECTION.sub(
            lambda match: f"**Formula.**\n\n{block(match['body'].rstrip(), names)}\n\n",
            inspect.cleandoc(obj.docstring.value),
        )


def _numbers(obj: griffe.Object) -> Iterator[str]:
    """The parameters that are numbers: their names are symbols in the formula."""
    members = [*getattr(obj, "parameters", ()), *(obj.attributes.values() if obj.is_class else ())]
    yield from (own.name for own in members if own.annotation is not None and _NUMERIC.search(str(own.annotation)))
