"""What the SVG pictures of the results pages share: colours, text, faint lines, the frame."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["COLOURS", "FAINT", "TEXT", "picture"]

COLOURS = ("#3b7dd8", "#d8743b", "#3fa45b", "#b04fb3", "#8a8a8a")
TEXT = 'font-size="11" fill="currentColor"'
"""The page's own colour, light or dark."""
FAINT = 'stroke="currentColor" stroke-opacity="0.2"'


def picture(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    """An SVG as wide as the page at the most, with a title for those who do not see it."""
    return (
        f'<div><svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:{width:.0f}px;width:100%;font-family:inherit" xmlns="http://www.w3.org/2000/svg">'
        + "".join(parts)
        + "</svg></div>"
    )
