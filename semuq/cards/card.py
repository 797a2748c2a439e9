"""One question with its answers grouped by meaning, as HTML: a report holds many of them, a notebook shows one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from semuq.cards.printable import TEXT_LIMIT, visible

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Card", "Meaning", "Wording", "html_card", "style", "templates", "wordings_of"]

MEANINGS_LIMIT = 60
"""Meanings of one question that are shown."""

WORDINGS_LIMIT = 60
"""Different wordings of one meaning that are shown."""

NUMBERS_LIMIT = 30
"""Numbers of answers of one wording that are shown."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A text that was given as an answer, and by which answers, counted from 1."""

    text: str
    numbers: tuple[int, ...] = ()

    @property
    def shown(self) -> tuple[str, int]:
        """What can be shown of the text, and how many characters were cut."""
        return visible(self.text)

    @property
    def who(self) -> str:
        """The numbers of the answers, some of them where there are many."""
        more = " …" if len(self.numbers) > NUMBERS_LIMIT else ""
        return " ".join(f"#{number}" for number in self.numbers[:NUMBERS_LIMIT]) + more


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """Answers that mean the same: their share of the whole, how many they are, their wordings.

    Where `mass` is None they are a list of answers that nobody has compared.
    """

    mass: float | None
    count: int | None
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is shown of one question.

    Args:
        prompt: the question.
        verdict: a sentence about the answers.
        meanings: the heaviest first.
        n: how many answers there were; 0 where that is not known.
        by_likelihood: whether masses are shares of likelihood, which differ from shares of answers.
        numbers: what stands in the table: name -> text.
        correct: whether the answer is right; None where nobody graded it.
        references: gold answers.
        actions: what was done about the answer.
        id: names the question; `anchor` is what a link to it ends with.
    """

    prompt: str
    verdict: str = ""
    meanings: tuple[Meaning, ...] = ()
    n: int = 0
    by_likelihood: bool = False
    numbers: Mapping[str, str] | None = None
    correct: bool | None = None
    references: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    id: str = ""
    anchor: str = ""


def wordings_of(texts: Iterable[tuple[int, str]]) -> tuple[Wording, ...]:
    """The different texts of numbered answers, the most frequent first.

    >>> wordings_of([(1, "Paris"), (2, "Lyon"), (3, "Lyon")])[0]
    Wording(text='Lyon', numbers=(2, 3))
    """
    found: dict[str, list[int]] = {}
    for number, text in texts:
        found.setdefault(text, []).append(number)
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))
    return tuple(Wording(text=text, numbers=tuple(numbers)) for text, numbers in ordered)


def html_card(card: Card) -> str:
    """The card by itself, with its style, as a notebook shows it: readable on a light and on a dark ground."""
    rendered: str = templates().get_template("alone.html.jinja").render(card=card, style=style())
    return rendered


@cache
def style() -> str:
    """The style sheet of a card; every rule of it is below the class `semuq`."""
    return resources.files("semuq.cards").joinpath("card.css").read_text(encoding="utf-8")


@cache
def templates() -> Environment:
    """The templates of cards, with what others put beside them; everything set into them is escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=ChoiceLoader([PackageLoader("semuq.cards", "."), PackageLoader("semuq.report", ".")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"meanings_limit": MEANINGS_LIMIT, "wordings_limit": WORDINGS_LIMIT, "text_limit": TEXT_LIMIT}
    made.filters |= {
        "visible": visible,
        "line": lambda text, limit=200: visible(text, limit)[0],
        "trusted": Markup,
        "counted": lambda count, word: f"{count:,} {word}{'' if count == 1 else 's'}",
        "letter": lambda index: chr(65 + index) if index < 26 else str(index + 1),
    }
    return made
