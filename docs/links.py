"""Every estimator that a page names is a link to its own page: in sentences, tables and code alike."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

__all__ = ["linked", "on_post_page", "unlinked"]

_KEPT_OUT = frozenset({"a", "script", "style", "svg", "title", "button", "select", "textarea", "label", "summary"})
"""What must not hold a link, or holds one already."""


def on_post_page(output: str, *, page: Any, **_: Any) -> str:
    """Link the names in the article of a finished page."""
    depth = len([part for part in page.url.split("/") if part])
    return linked(output, "../" * depth, page.url)


def linked(html: str, root: str, url: str = "") -> str:
    """The page with its names linked, whose own address is `url` and from which the site begins at `root`.

    >>> linked("<article><p>CoCoA of <code>SNNE()</code></p></article>", "../", "estimators/SNNE/")
    '<article><p><a href="../estimators/CoCoA/" class="estimator">CoCoA</a> of <code>SNNE()</code></p></article>'
    """
    walker = _Walker(html, root, url)
    walker.feed(html)
    walker.close()
    return "".join(walker.parts)


def unlinked(html: str, url: str = "") -> list[str]:
    """The names in the article that lead nowhere."""
    walker = _Walker(html, "", url)
    walker.feed(html)
    walker.close()
    return walker.names


@cache
def _names() -> re.Pattern[str]:
    from semuq.estimators import ESTIMATORS

    names = sorted((kind.__name__ for kind in ESTIMATORS), key=len, reverse=True)
    return re.compile(rf"(?<![\w./])(?:{'|'.join(names)})(?!\w|\.py)")


class _Walker(HTMLParser):
    """Copies a page piece by piece, and links what is named in its article."""

    def __init__(self, html: str, root: str, url: str) -> None:
        super().__init__(convert_charrefs=False)
        self.root, self.url = root, url
        self.parts: list[str] = []
        self.names: list[str] = []
        self.open: list[str] = []

    @property
    def outside(self) -> bool:
        return "article" not in self.open or bool(_KEPT_OUT & set(self.open))

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.parts.append(self.get_starttag_text() or "")
        if tag == "article" or (tag in _KEPT_OUT and "article" in self.open):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")
        if tag in self.open:
            del self.open[len(self.open) - 1 - self.open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self.outside else _names().sub(self._link, data))

    def _link(self, match: re.Match[str]) -> str:
        name = match[0]
        if self.url.strip("/") == f"estimators/{name}":
            return name
        self.names.append(name)
        return f'<a href="{self.root}estimators/{name}/" class="estimator">{name}</a>'

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:
        self.parts.append(f"<![{data}]>")

    def handle_pi(self, data: str) -> None:
        self.parts.append(f"<?{data}>")
