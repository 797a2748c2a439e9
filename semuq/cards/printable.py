"""Text that anything may have written, cut to what a page can bear, with what would not show made visible."""

from __future__ import annotations

__all__ = ["TEXT_LIMIT", "visible"]

TEXT_LIMIT = 2_000
"""Characters of an answer or question that are shown."""

_PICTURES: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    # Deletes, halves of surrogate pairs, and overrides that would show "gpj.exe" as "exe.jpg".
    **dict.fromkeys([*range(0x7F, 0xA0), *range(0xD800, 0xE000), 0x202D, 0x202E], "\ufffd"),
}


def visible(text: str, limit: int = TEXT_LIMIT) -> tuple[str, int]:
    r"""The first `limit` characters with control characters made visible, and how many were cut.

    >>> visible("a\x00b", 10), visible("abc", 2)
    (('a\u2400b', 0), ('ab', 1))
    """
    return text[:limit].translate(_PICTURES), max(len(text) - limit, 0)
