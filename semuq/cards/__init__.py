"""How a question, its meanings and a table look as text and as HTML: in notebooks, on a page, in a terminal.

Below everything that has something to show. What models say is hostile until shown otherwise: no text becomes markup.
"""

from __future__ import annotations

from semuq.cards.card import Card, Meaning, Wording, html_card, style, templates, wordings_of
from semuq.cards.grid import Cell, grid, html_grid
from semuq.cards.printable import TEXT_LIMIT, visible

__all__ = [
    "TEXT_LIMIT",
    "Card",
    "Cell",
    "Meaning",
    "Wording",
    "grid",
    "html_card",
    "html_grid",
    "style",
    "templates",
    "visible",
    "wordings_of",
]
