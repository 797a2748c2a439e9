# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Everything that is not a value: yes and no, refusals, hedges, negation, lists, and wrapped answers."""

from __future__ import annotations

import random

from ..example import CONTRADICTION, ENTAILMENT, NEUTRAL, Contrast
from . import aliases, people, places
from .numbers import different, integer, same, spell

YES = ("Yes|Yes.|yes|Yes, it is.|Yes, it does.|True|Correct|That's right.|Yeah|Yep|Indeed|Certainly|Of course|It is true.|"
       "Yes, that is correct.|Absolutely|It does.|It is.|Affirmative|Definitely yes|right, yes|Yes, they did.").split("|")  # fmt: skip
NO = ("No|No.|no|No, it isn't.|No, it does not.|False|Incorrect|That's not right.|Nope|Not at all|Certainly not|Of course not|"
      "It is false.|No, that is incorrect.|Absolutely not|It doesn't.|It isn't.|Negative|Definitely not|wrong, no|No, they didn't.").split("|")  # fmt: skip
REFUSALS = (
    "I don't know.|I do not know|Unknown|I'm not sure.|I am not sure|No idea|I have no idea.|Not known|It is unknown.|"
    "I cannot answer that.|I can't answer this question.|Sorry, I don't know.|I'm unable to answer.|There is not enough information.|"
    "Cannot be determined|I could not find the answer.|Unclear|unsure|I don't have that information.|No answer|Not enough information|"
    "It's impossible to say.|I'm sorry, but I do not know the answer.|Unanswerable|don't know|N/A|Nobody knows.|It is not known.|"
    "As an AI language model, I do not have access to this information.|I don't have enough context to answer.|I can't tell.|"
    "I'm afraid I don't know that.|The text does not say.|There is no reliable information about this."
).split("|")
HEDGES = (
    "It's probably {}|Probably {}|I think it's {}|I believe it is {}|{}, I think|Maybe {}|It might be {}|Possibly {}|Most likely {}|"
    "I'm fairly sure it's {}|I guess {}|Perhaps {}|It is likely {}.|{}, if I remember correctly|I'm not certain, but {}|{}?"
).split("|")
WRAPS = (
    "It is {}.|It's {}.|The answer is {}.|That would be {}.|{}, of course.|Answer: {}|{}.|The correct answer is {}.|It was {}.|"
    'I am sure that it is {}.|This is {}.|Definitely {}.|Well, {}.|The answer to the question is {}.|That\'s {}!|"{}"|**{}**|'
    "Based on what I know, the answer is {}.|Sure! The answer is {}.|{} is the answer.|{} is correct.|It has to be {}.|({})"
).split("|")
YES_NO_QUESTIONS = (
    "Is {} in Europe?|Did {} win the war?|Is {} the capital?|Was {} born in Italy?|Does {} have a king?|Is {} larger than the other?|"
    "Can {} be seen from space?|Is {} a metal?|Was {} ever president?|Did {} write the book?|Has {} ever won?|Is it true that {} is the oldest?|"
    "Are there more people in {}?|Is {} edible?|Will {} be there?"
).split("|")
NEGATIONS = (("It is {}.", "It is not {}."), ("It was {}", "It wasn't {}"), ("{}", "not {}"), ("{} did it.", "{} did not do it."),
             ("It's {}.", "It isn't {}."), ("The answer is {}.", "The answer is not {}."), ("Definitely {}", "Definitely not {}"),
             ("{} is correct.", "{} is wrong."), ("They chose {}.", "They never chose {}."), ("{}", "anything but {}"))  # fmt: skip


def value(rng: random.Random) -> tuple[str, str]:
    """(a question, a plausible answer) of any kind."""
    pick = rng.random()
    if pick < 0.2:
        return rng.choice(people.QUESTIONS), " ".join(people.given(rng))
    if pick < 0.4:
        return rng.choice(places.WHERE), rng.choice(places.atlas()["everywhere"])["name"]
    if pick < 0.55:
        return rng.choice(places.WHICH_COUNTRY), rng.choice(places.atlas()["countries"])["name"]
    if pick < 0.75:
        questions, table = rng.choice(list(aliases.TABLES.values()))
        return rng.choice(questions.split("|")), rng.choice(rng.choice(table.split("|")).split("/"))
    if pick < 0.9:
        return "Which one is it?", rng.choice(rng.choice(aliases.KINDS).split("|"))
    number = integer(rng)
    return rng.choice(("How many are there?", "What is the number?")), spell(number, rng, plain=True)


def two_values(rng: random.Random) -> tuple[str, str, str]:
    """A question and two answers of like kind that differ."""
    state = rng.random()
    while True:
        question, a = value(rng)
        if state < 0.5 or question == "Which one is it?":
            group = next((k.split("|") for k in aliases.KINDS if a in k.split("|")), None)
            if group:
                return question, a, rng.choice([x for x in group if x != a])
        for _ in range(40):
            again, b = value(rng)
            if b != a and kind_of(again) == kind_of(question):
                return question, a, b


def kind_of(question: str) -> str:
    """The first word of a question, a rough kind of its answer."""
    return question.split()[0].lower()


def yes_no(rng: random.Random) -> Contrast:
    """Yes, no, and their longer forms."""
    _, thing = value(rng)
    question = rng.choice(YES_NO_QUESTIONS).format(thing)
    if rng.random() < 0.5:
        group = rng.choice((YES, NO))
        return same(rng.choice(group), rng.choice(group), question, "yes or no")
    a, b = rng.choice(YES), rng.choice(NO)
    if rng.random() < 0.5:
        a, b = b, a
    return different(a, b, question, "yes or no")


def refusals(rng: random.Random) -> Contrast:
    """Not knowing is one answer, and never the same as an answer."""
    question, answer = value(rng)
    if rng.random() < 0.5:
        return same(*rng.sample(REFUSALS, 2), question, "refusal")
    if rng.random() < 0.15:
        answer = rng.choice(YES + NO)
    elif rng.random() < 0.4:
        answer = rng.choice(WRAPS).format(answer)
    return Contrast(question, rng.choice(REFUSALS), answer, NEUTRAL, NEUTRAL, "refusal")


def wrapped(rng: random.Random) -> Contrast:
    """An answer in a sentence, hedged or bare; and another answer in the same or another wrapping."""
    question, a, b = two_values(rng)
    first = rng.choice(rng.choice((WRAPS, WRAPS, HEDGES, ("{}",))))
    second = rng.choice(rng.choice((WRAPS, HEDGES, ("{}",))))
    kind = "hedge" if first in HEDGES or second in HEDGES else "wrap"
    if rng.random() < 0.5:
        return same(first.format(a), second.format(a), question, kind)
    if rng.random() < 0.5:
        second = first
    return different(first.format(a), second.format(b), question, kind)


def negated(rng: random.Random) -> Contrast:
    """An answer and its negation; corrections (not this but that)."""
    question, a, b = two_values(rng)
    plain, negative = rng.choice(NEGATIONS)
    pick = rng.random()
    if pick < 0.4:
        sides = [plain.format(a), negative.format(a)]
        rng.shuffle(sides)
        return different(*sides, question, "negation")
    if pick < 0.55:
        return same(
            negative.format(a), rng.choice(("It is not {}.", "not {}", "It isn't {}")).format(a), question, "negation"
        )
    if pick < 0.7:
        return Contrast(question, b, f"not {a}", ENTAILMENT, NEUTRAL, "negation")
    correction = rng.choice(
        ("{a}, not {b}", "not {b} but {a}", "It isn't {b}, it's {a}.", "It is {a} rather than {b}.")
    ).format(a=a, b=b)
    if pick < 0.85:
        return same(correction, rng.choice(("{}", "It is {}.")).format(a), question, "correction")
    return different(correction, rng.choice(("{}", "It is {}.")).format(b), question, "correction")


def lists(rng: random.Random) -> Contrast:
    """The same items in another order, with one exchanged, with one missing."""
    group = rng.choice(aliases.KINDS).split("|") if rng.random() < 0.5 else None
    items = rng.sample(group, min(4, len(group))) if group else [value(rng)[1] for _ in range(4)]
    *listed, extra = items
    if rng.random() < 0.4:
        listed = listed[:2]
    question = rng.choice(
        ("Which are they?", "Name them.", "What are the parts?", "Which ones were chosen?", "What are the colours?")
    )

    def joined(names: list[str]) -> str:
        last = rng.choice((" and ", ", ", " and ", " & ", ", and "))
        return ", ".join(names[:-1]) + last + names[-1] if len(names) > 1 else names[0]

    shuffled = rng.sample(listed, len(listed))
    pick = rng.random()
    if pick < 0.45:
        return same(joined(listed), joined(shuffled), question, "list")
    if pick < 0.65:
        return Contrast(question, joined(listed), joined(shuffled[:-1]), ENTAILMENT, NEUTRAL, "list")
    return different(
        joined(listed),
        joined([*shuffled[:-1], extra] if rng.random() < 0.5 else [extra, *shuffled[1:]]),
        question,
        "list",
    )


def choices(rng: random.Random) -> Contrast:
    """X, and "X or Y"."""
    question, a, b = two_values(rng)
    either = rng.choice((f"{a} or {b}", f"{b} or {a}", f"either {a} or {b}", f"It is {b} or {a}."))
    if rng.random() < 0.7:
        return Contrast(question, a, either, ENTAILMENT, NEUTRAL, "choice")
    return Contrast(question, a, f"neither {a} nor {b}", CONTRADICTION, CONTRADICTION, "choice")


RULES = ((yes_no, 1.5), (refusals, 1.2), (wrapped, 3.0), (negated, 1.8), (lists, 1.2), (choices, 0.4))
