# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Abbreviations: a name and its initials, and initials that are not its own."""

from __future__ import annotations

import random

from ..example import Contrast
from .numbers import different, same

FIRST = "National|International|World|European|American|British|United|Federal|Royal|African|Central|General|Global|Pacific|North|Canadian|Indian|Australian|German".split(
    "|"
)
MIDDLE = "Health|Trade|Space|Research|Security|Football|Broadcasting|Aviation|Science|Environmental|Food|Nuclear|Labour|Justice|Education|Monetary|Olympic|Basketball|Peace|Energy|Development|Postal|Film|Language|Medical|Air|Bird|Police".split(
    "|"
)
LAST = "Organization|Agency|Association|Federation|Council|Commission|Institute|Bureau|Corporation|Union|Administration|Committee|Society|Fund|Service|Bank|League|Office|Foundation|Academy".split(
    "|"
)
QUESTIONS = "Which organisation is it?|Which agency is responsible?|Which body was founded that year?|What does it stand for?|Who runs it?|What is the full name?".split(
    "|"
)


def organisations(rng: random.Random) -> Contrast:
    """A made-up body, its initials, and bodies with nearly that name."""
    words = [rng.choice(FIRST), rng.choice(MIDDLE), rng.choice(LAST)]
    if rng.random() < 0.3:
        words.insert(2, rng.choice(MIDDLE))
    name, question = " ".join(words), rng.choice(QUESTIONS)
    if rng.random() < 0.3:
        name = f"{words[0]} {words[-1]} of {' '.join(words[1:-1])}"
        words = [words[0], words[-1], *words[1:-1]]
    short = "".join(word[0] for word in words)
    shown = rng.choice((name, f"the {name}", f"The {name}"))
    if rng.random() < 0.6:
        return same(
            rng.choice((short, short, f"the {short}", ".".join(short) + ".")),
            rng.choice((shown, shown, f"{name} ({short})")),
            question,
            "initials",
        )
    changed = list(words)
    place = rng.randrange(len(changed))
    while changed[place][0] == words[place][0]:
        changed[place] = rng.choice((FIRST, MIDDLE, LAST)[min(place, 2)])
    other = "".join(word[0] for word in changed)
    if rng.random() < 0.5:
        return different(other, shown, question, "initials")
    return different(" ".join(words), " ".join(changed), question, "initials")


RULES = ((organisations, 1.0),)
