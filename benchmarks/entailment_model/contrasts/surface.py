"""Changes that leave the meaning alone: case, articles, full stops, quotes, slips of the pen, wrappings."""

from __future__ import annotations

import random

from .phrases import HEDGES, WRAPS


def vary(answer: str, rng: random.Random) -> str:
    """The answer as it is (most often), or written in another way that means the same."""
    pick = rng.random()
    if pick < 0.5:
        return answer
    if pick < 0.62:
        return rng.choice(WRAPS).format(answer)
    if pick < 0.70:
        return rng.choice(HEDGES).format(answer)
    if pick < 0.84:
        return rng.choice((answer.lower(), answer.lower(), answer.upper(), answer.title()))
    if pick < 0.90:
        return answer.rstrip(".") + rng.choice((".", "!", " ", "\n"))
    if pick < 0.95:
        return without_article(answer) if answer.lower().startswith(("the ", "a ", "an ")) else f"the {answer}"
    return slip(answer, rng)


def without_article(answer: str) -> str:
    """The answer less its first word if that is an article."""
    first, _, rest = answer.partition(" ")
    return rest if rest and first.lower() in ("the", "a", "an") else answer


def slip(answer: str, rng: random.Random) -> str:
    """One letter lost, doubled or swapped in a long word; numbers and short words are left alone."""
    places = [i for i, word in enumerate(answer.split()) if len(word) > 6 and word.isalpha()]
    if not places:
        return answer
    words = answer.split()
    place = rng.choice(places)
    word = words[place]
    at = rng.randrange(2, len(word) - 2)
    words[place] = rng.choice((word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:],
                               word[:at] + word[at + 1] + word[at] + word[at + 2 :]))  # fmt: skip
    return " ".join(words)
