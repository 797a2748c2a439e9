# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""People: one person under several forms of the name, and other people with nearly that name."""

from __future__ import annotations

import random
from functools import cache

from faker import Faker

from ..example import ENTAILMENT, NEUTRAL, Contrast
from .numbers import different, same

QUESTIONS = (
    "Who wrote it?|Who painted it?|Who discovered it?|Who is the author of the novel?|Who was the first president?|"
    "Who played the lead role?|Who invented the machine?|Who won the award?|Who composed the opera?|Who is the CEO?|"
    "Who sings the song?|Who directed the film?|Who scored the goal?|Who was the queen's husband?|Who founded it?|"
    "Who was the commander of the army?|Who plays the detective in the series?|Which scientist proposed the theory?|"
    "Who holds the record?|Who voiced the character?|Who is the head coach?|Who succeeded him?|Who assassinated him?"
).split("|")
NICKNAMES = (
    "William/Bill/Will|Robert/Bob/Rob|Richard/Dick/Rick|James/Jim/Jimmy|John/Jack/Johnny|Edward/Ed/Ted|Thomas/Tom|"
    "Charles/Charlie/Chuck|Michael/Mike|Joseph/Joe|Samuel/Sam|Benjamin/Ben|Daniel/Dan/Danny|Anthony/Tony|Steven/Steve|"
    "Elizabeth/Liz/Beth/Betty|Margaret/Maggie/Peggy|Katherine/Kate/Kathy|Jennifer/Jenny|Patricia/Pat|Susan/Sue|"
    "Theodore/Teddy/Ted|Franklin/Frank|Lawrence/Larry|Gerald/Jerry|Ronald/Ron|Donald/Don|Andrew/Andy|Matthew/Matt|"
    "Christopher/Chris|Nicholas/Nick|Alexander/Alex|Abraham/Abe|Frederick/Fred|Albert/Al|Rebecca/Becky|Victoria/Vicky|"
    "Deborah/Debbie|Pamela/Pam|Timothy/Tim|Kenneth/Ken|Gregory/Greg|Leonard/Leo|Stephen/Steve|David/Dave|Jacob/Jake"
).split("|")
TITLES = "President|Dr.|Sir|Professor|King|Queen|Captain|General|Pope|Saint|Lord|Senator|Colonel|Mr.|Mrs.|Prime Minister".split(
    "|"
)
TRADES = "writer|poet|biologist|physicist|chemist|painter|composer|actor|singer|politician|explorer|general|inventor|philosopher|director|footballer|lawyer|economist|architect".split(
    "|"
)
PEOPLES = "American|British|French|German|Italian|Spanish|Russian|Polish|Dutch|Swedish|Indian|Chinese|Japanese|Canadian|Greek|Irish|Scottish".split(
    "|"
)
LOCALES = ("en_US", "en_GB", "fr_FR", "de_DE", "it_IT", "es_ES", "nl_NL", "pl_PL", "sv_SE")


@cache
def names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(first names, surnames) of several languages, always the same."""
    first: set[str] = set()
    last: set[str] = set()
    for place, locale in enumerate(LOCALES):
        fake = Faker(locale)
        fake.seed_instance(place)
        count = 1500 if locale.startswith("en") else 250
        first.update(fake.first_name() for _ in range(count))
        last.update(fake.last_name() for _ in range(count))
    return tuple(sorted(n for n in first if " " not in n)), tuple(sorted(n for n in last if " " not in n))


def forms(first: str, last: str, rng: random.Random, *, middle: str | None = None) -> list[str]:
    """Ways to name one person, the full name first."""
    full = f"{first} {last}"
    initial = rng.choice("ABCDEFGHJKLMNPRSTW")
    result = [full, full, full, last, last, f"{first[0]}. {last}", f"{first} {initial}. {last}", f"{last}, {first}"]
    result += [f"{rng.choice(TITLES)} {full}", f"{rng.choice(TITLES)} {last}", full.lower(), full.upper()]
    trade = rng.choice(TRADES)
    result += [f"the {trade} {full}", f"{full}, the {trade}", f"The {rng.choice(PEOPLES)} {trade} {full}"]
    result += [f"{rng.choice(names()[0])} {rng.choice(names()[1])}, better known as {full}"]
    if middle:
        result += [f"{first} {middle} {last}", f"{first} {middle} {last}", f"{first[0]}. {middle[0]}. {last}"]
    for group in NICKNAMES:
        known = group.split("/")
        if first in known:
            result += [f"{name} {last}" for name in known]
    return result


def given(rng: random.Random) -> tuple[str, str]:
    """A first name, with nicknames often, and a surname."""
    first_names, surnames = names()
    first = rng.choice(NICKNAMES).split("/")[0] if rng.random() < 0.3 else rng.choice(first_names)
    return first, rng.choice(surnames)


def people(rng: random.Random) -> Contrast:
    """The same person, a namesake, a relative, another person."""
    question = rng.choice(QUESTIONS)
    (first, last), (other_first, other_last) = given(rng), given(rng)
    middle = rng.choice(names()[0])
    if rng.random() < 0.45:
        ways = forms(first, last, rng, middle=middle)
        return same(rng.choice(ways), rng.choice(ways), question, "person")
    pick = rng.random()
    if pick < 0.1 and first != other_first:
        trade = rng.choice(TRADES)
        a, b = rng.choice((last, f"{first} {last}")), f"the {trade} {other_first} {last}"
        if a == last:
            a = f"{first} {last}"
    elif pick < 0.35 and first != other_first:
        a, b = f"{first} {last}", f"{other_first} {last}"
        if rng.random() < 0.2:
            a, b = f"{first[0]}. {last}", f"{other_first} {last}"
            if first[0] == other_first[0]:
                a = f"{first} {last}"
    elif pick < 0.55 and last != other_last:
        a, b = f"{first} {last}", f"{first} {other_last}"
    else:
        a, b = rng.choice(forms(first, last, rng)), rng.choice(forms(other_first, other_last, rng))
        if last == other_last:
            b = f"{other_first} {other_last}son"
            a = f"{first} {last}"
    return different(a, b, question, "person") if a != b else same(a, b, question, "person")


def pairs(rng: random.Random) -> Contrast:
    """Two people against one of them, or against the same two in another order."""
    question = rng.choice(QUESTIONS)
    a, b, c = (" ".join(given(rng)) for _ in range(3))
    joint = f"{a} and {b}"
    pick = rng.random()
    if pick < 0.35:
        return same(
            joint, rng.choice((f"{b} and {a}", f"{a} & {b}", f"{b}, {a}", f"both {a} and {b}")), question, "two people"
        )
    if pick < 0.6:
        return Contrast(question, joint, rng.choice((a, b)), ENTAILMENT, NEUTRAL, "two people")
    if pick < 0.75:
        return Contrast(question, rng.choice((a, b)), f"{a} or {b}", ENTAILMENT, NEUTRAL, "two people")
    return different(joint, rng.choice((f"{a} and {c}", c, f"{c} and {b}")), question, "two people")


RULES = ((people, 4.0), (pairs, 0.8))
