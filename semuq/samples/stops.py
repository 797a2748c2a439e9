"""Stop texts: where an answer ends that no token of its own ends.

A stop text ends an answer wherever it falls: within a token, behind the beginning of one ("Oak**Created" + "\\n"), or
across several. The text is cut in front of it; the log-probs are those of all tokens up to the one that completes it,
as the token that ends an answer counts into its probability. Read by every sampler, so that it is one law.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semuq.errors import InvalidParameter

__all__ = ["checked", "cut", "cut_pieces", "ended"]


def checked(stop: Any) -> tuple[str, ...]:
    """The stop texts as a tuple.

    Raises:
        InvalidParameter: not a sequence of texts, or one is empty.
    """
    if isinstance(stop, str) or not isinstance(stop, Sequence) or not all(isinstance(t, str) and t for t in stop):
        raise InvalidParameter(f"stop: expected a tuple of texts, got {stop!r}")
    return tuple(stop)


def ended(text: str, stop: Sequence[str]) -> bool:
    """Whether a stop text is in a text."""
    return any(end in text for end in stop)


def cut(text: str, stop: Sequence[str]) -> str:
    """The text in front of the first stop text in it; all of it where there is none.

    Example:
        >>> cut("Oak. Question: what", ("\\n", " Question"))
        'Oak.'
    """
    return text[: min((place for end in stop if (place := text.find(end)) >= 0), default=len(text))]


def cut_pieces(pieces: Sequence[str], stop: Sequence[str], text: str | None = None) -> list[str]:
    """Texts of tokens, up to the one that completes a stop text, without what is not of the answer.

    Args:
        pieces: of the tokens, in order.
        stop: the stop texts.
        text: what they say together, where that is not just one behind the other (some tokenizers put spaces between).

    Example:
        >>> cut_pieces(["O", "ak\\n", "Next"], ("\\n",))
        ['O', 'ak']
    """
    text = "".join(pieces) if text is None else text
    left, found, place = len(cut(text, stop)), [], 0
    for piece in pieces:
        start = max(text.find(piece, place), place)
        place = start + len(piece)
        found.append(piece[: max(0, left - start)])
        if ended(text[:place], stop):
            break
    return found
