# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Order, direction and sign: the same words that say the opposite."""

from __future__ import annotations

import random

from ..example import CONTRADICTION, ENTAILMENT, NEUTRAL, Contrast
from . import numbers, people
from .aliases import KINDS
from .numbers import different, same
from .roles import two

COMPARED = "bigger|larger|older|heavier|faster|taller|stronger|hotter|richer|longer|deeper|brighter|denser|more expensive|more common|closer|higher|better known|harder|earlier"
CONVERSE = dict(
    zip(
        COMPARED.split("|"),
        "smaller|smaller|younger|lighter|slower|shorter|weaker|colder|poorer|shorter|shallower|darker|less dense|cheaper|rarer|farther|lower|less known|softer|later".split(
            "|"
        ),
        strict=True,
    )
)
# bound | the same bound | the opposite bound
BOUNDS = (("at least {n}", "{n} or more", "at most {n}"), ("at least {n}", "no fewer than {n}", "{n} or fewer"),
          ("more than {n}", "over {n}", "less than {n}"), ("over {n}", "above {n}", "under {n}"),
          ("at most {n}", "no more than {n}", "at least {n}"), ("up to {n}", "{n} or less", "{n} or more"),
          ("nearly {n}", "almost {n}", "over {n}"), ("just under {n}", "slightly less than {n}", "just over {n}"),
          ("a minimum of {n}", "at least {n}", "a maximum of {n}"), ("from {n} upwards", "{n} and above", "below {n}"))  # fmt: skip
TIMES = (("{n} years ago", "in {n} years"), ("{n} days before", "{n} days after"), ("before {y}", "after {y}"), ("since {y}", "until {y}"),
         ("early {y}", "late {y}"), ("by {y}", "from {y} on"), ("{n} hours earlier", "{n} hours later"), ("the beginning of {y}", "the end of {y}"))  # fmt: skip
CHANGES = "increased by {n}%/decreased by {n}%|rose by {n}/fell by {n}|up {n}%/down {n}%|gained {n} points/lost {n} points|grew by {n}%/shrank by {n}%|a profit of {n} million/a loss of {n} million|{n} degrees above zero/{n} degrees below zero|{n} metres above sea level/{n} metres below sea level|+{n}/-{n}|plus {n}/minus {n}|{n}° N/{n}° S|{n}° E/{n}° W|{n} BC/AD {n}|{n}% more/{n}% less|a surplus of {n}/a deficit of {n}|{n} goals ahead/{n} goals behind".split(
    "|"
)
POLES = (
    "hypothermia/hyperthermia|hypoglycaemia/hyperglycaemia|hypotension/hypertension|hypothyroidism/hyperthyroidism|hyponatremia/hypernatremia|hypokalemia/hyperkalemia|hypotonic/hypertonic|hypocalcemia/hypercalcemia|hypoxia/hyperoxia|bradycardia/tachycardia|"
    "endothermic/exothermic|intracellular/extracellular|intravenous/extravenous|interstate/intrastate|international/intranational|macroscopic/microscopic|macroeconomics/microeconomics|antebellum/postbellum|prenatal/postnatal|preoperative/postoperative|anterior/posterior|"
    "dorsal/ventral|proximal/distal|medial/lateral|superior/inferior|afferent/efferent|ascending/descending|import/export|inhale/exhale|include/exclude|implicit/explicit|internal/external|introvert/extrovert|anode/cathode|cation/anion|oxidation/reduction|acid/alkali|"
    "push/pull|upload/download|encode/decode|encrypt/decrypt|compress/decompress|attach/detach|lock/unlock|enable/disable|allow/deny|open/close|start/stop|increment/decrement|upstream/downstream|client/server|sender/receiver|lender/borrower|landlord/tenant|employer/employee|"
    "predator/prey|host/parasite|buyer/seller|plaintiff/defendant|teacher/pupil|parent/child|uncle/nephew|numerator/denominator|ascending order/descending order|clockwise/anticlockwise|uphill/downhill|inbound/outbound|offshore/onshore|overestimate/underestimate|overweight/underweight|"
    "latent/manifest|optimist/pessimist|maximum/minimum|quantitative/qualitative|symmetric/asymmetric|typical/atypical|moral/immoral|legal/illegal|regular/irregular|logical/illogical|sufficient/insufficient|visible/invisible|stable/unstable|conscious/unconscious|mortal/immortal|"
    "soluble/insoluble|edible/inedible|literate/illiterate|convex/concave|major/minor|sharp/flat|upper case/lower case|left-handed/right-handed|nocturnal/diurnal|perennial/annual|deciduous/evergreen|senior/junior|prefix/suffix|synonym/antonym|strophe/antistrophe|zenith/nadir|apogee/perigee|aphelion/perihelion|waxing/waning|crescendo/diminuendo"
).split("|")
POLE_QUESTIONS = "Which is it?|What is the condition?|What is it called?|What did they do?|How is it described?|Which command is it?|Which direction?|What is the diagnosis?".split(
    "|"
)
HEDGED = "It depends.|Possibly|Maybe|Perhaps.|Sometimes|It varies.|Partly|In some cases|It is disputed.|Only in some states".split(
    "|"
)
VERBS = "beat|defeated|followed|taught|killed|chased|hired|called|paid|wrote to|painted|visited|divorced|sued|interviewed|attacked|betrayed|rescued|preceded|replaced|outscored|overtook".split(
    "|"
)


def _number(rng: random.Random) -> int:
    return rng.choice((rng.randrange(2, 20), rng.randrange(10, 500), rng.randrange(1, 90) * 10))


def sequences(rng: random.Random) -> Contrast:
    """The same items in the order that was asked for, and in another."""
    group = rng.choice(KINDS).split("|")
    items = rng.sample(group, 3) if rng.random() < 0.5 else [str(_number(rng)) for _ in range(3)]
    if len(set(items)) < 3:
        items = ["1", "2", "3"]
    other = items[::-1] if rng.random() < 0.6 else [items[1], items[0], items[2]]
    shape = rng.choice(("[{}]", "({})", "{}", "first {}", "{}"))
    joint = rng.choice((", ", ", then ", " -> ", " > ", ", "))
    question = rng.choice(
        (
            "In which order?",
            "What does it print?",
            "What is the order, first to last?",
            "What does the list look like?",
            "Which sequence is right?",
            "Rank them.",
        )
    )
    a, b = shape.format(joint.join(items)), shape.format(joint.join(other))
    if rng.random() < 0.35:
        again = rng.choice(("[{}]", "({})", "{}", "{}.")).format(rng.choice((", ", ", then ", "; ")).join(items))
        return same(a, again, question, "sequence")
    return different(a, b, question, "sequence")


def comparisons(rng: random.Random) -> Contrast:
    """A is bigger than B; B is bigger than A; B is smaller than A."""
    a, b = rng.sample(("A", "B", "C", "X", "Y", "the first", "the second"), 2) if rng.random() < 0.3 else two(rng)
    word = rng.choice(list(CONVERSE))
    plain = f"{a} is {word} than {b}"
    question = rng.choice(("Which is bigger?", "How do they compare?", "Which of the two?", "What is the relation?"))
    if rng.random() < 0.45:
        return same(
            plain,
            rng.choice(
                (
                    f"{b} is {CONVERSE[word]} than {a}",
                    f"{plain}.",
                    f"{a} is the {word.replace('more ', 'more ')} of the two",
                )
            ),
            question,
            "comparison",
        )
    return different(
        plain,
        rng.choice((f"{b} is {word} than {a}", f"{b} is {word} than {a}", f"{a} is {CONVERSE[word]} than {b}")),
        question,
        "comparison",
    )


def parties(rng: random.Random) -> Contrast:
    """One party did it to the other, or the other way about."""
    a, b = two(rng)
    verb = rng.choice(VERBS)
    question = rng.choice(("Who did what to whom?", "What happened?", "Who beat whom?", "How did it end?"))
    plain = f"{a} {verb} {b}"
    if rng.random() < 0.35:
        return same(
            plain,
            rng.choice((f"It was {a} who {verb} {b}.", f"{plain}.", f"In the end {a} {verb} {b}")),
            question,
            "parties",
        )
    return different(plain, f"{b} {verb} {a}", question, "parties")


def bounds(rng: random.Random) -> Contrast:
    """At least, at most, and the same bound in other words."""
    bound, again, opposite = rng.choice(BOUNDS)
    n = numbers.spell(_number(rng), rng)
    question = rng.choice(("How many?", "How much is needed?", "How old must one be?", "How many people came?"))
    if rng.random() < 0.5:
        return same(bound.format(n=n), again.format(n=n), question, "bound")
    return different(bound.format(n=n), opposite.format(n=n), question, "bound")


def times(rng: random.Random) -> Contrast:
    """Before and after."""
    one, other = rng.choice(TIMES)
    n, y = rng.randrange(2, 60), rng.randrange(1200, 2025)
    a, b = one.format(n=n, y=y), other.format(n=n, y=y)
    if rng.random() < 0.3:
        return same(a, rng.choice(("{}.", "It was {}.", "{}, I think")).format(a), "When?", "time")
    return different(a, b, rng.choice(("When?", "When did it happen?", "When was it built?")), "time")


def changes(rng: random.Random) -> Contrast:
    """Up and down by the same amount."""
    n = _number(rng)
    a, b = (side.format(n=n) for side in rng.choice(CHANGES).split("/"))
    question = rng.choice(
        ("What is the change?", "What happened to prices?", "How did it change?", "What is the value?", "Where is it?")
    )
    if rng.random() < 0.3:
        return same(a, rng.choice(("It {}.", "{}.", "about {}")).format(a), question, "change")
    return different(a, b, question, "change")


def poles(rng: random.Random) -> Contrast:
    """Words that differ in the part that turns them round."""
    a, b = rng.sample(rng.choice(POLES).split("/"), 2)
    question = rng.choice(POLE_QUESTIONS)
    if rng.random() < 0.15:
        return same(a, rng.choice(("It is {}.", "{}.", "The answer is {}.")).format(a), question, "pole")
    return different(a, b, question, "pole")


def unsure(rng: random.Random) -> Contrast:
    """It depends: neither yes nor no, and compatible with either."""
    question = rng.choice(("Is it legal?", "Does it hurt?", "Is it true?", "Can one do it?", "Is it safe?"))
    if rng.random() < 0.4:
        return (
            same(*rng.sample(HEDGED[:4], 2), question, "unsure")
            if rng.random() < 0.3
            else Contrast(
                question,
                rng.choice(HEDGED[4:]),
                rng.choice(("Never.", "Always.", "No, never.", "Yes, always.")),
                CONTRADICTION,
                CONTRADICTION,
                "unsure",
            )
        )
    return Contrast(
        question, rng.choice(HEDGED), rng.choice(("Yes", "No", "Yes.", "No.", "yes", "no")), NEUTRAL, NEUTRAL, "unsure"
    )


def rank_or_count(rng: random.Random) -> Contrast:
    """third is no number of things, three no place."""
    n = rng.randrange(1, 21)
    rank, count = numbers.num2words(n, to="ordinal"), numbers.num2words(n)
    if rng.random() < 0.4:
        return same(
            rank,
            rng.choice((f"{numbers.num2words(n, to='ordinal_num')}", f"the {rank}", f"{rank} place")),
            "What place did she finish?",
            "rank",
        )
    question = rng.choice(
        ("What place did she finish?", "How many medals did she win?", "How many?", "Which one was it?")
    )
    return different(rank, rng.choice((count, str(n))), question, "rank or count")


def several_right(rng: random.Random) -> Contrast:
    """Where a question asks for one of many, two different answers leave each other open."""
    a, b = rng.sample(rng.choice(KINDS).split("|"), 2)
    question = rng.choice(
        (
            "Name one of them.",
            "Give an example.",
            "Which of them do you like?",
            "What is one of the things you can see there?",
            "Name something of the kind.",
        )
    )
    if rng.random() < 0.35:
        return Contrast(question, f"{a} and {b}", rng.choice((a, b)), ENTAILMENT, NEUTRAL, "several right")
    return Contrast(question, a, b, NEUTRAL, NEUTRAL, "several right")


def not_said(rng: random.Random) -> Contrast:
    """Two things said of one person that have nothing to do with each other."""
    name = " ".join(people.given(rng))
    facts = "{} was born in Leeds.|{} studied law.|{} plays the cello.|{} has two sons.|{} lives near the coast.|{} died in 1931.|{} wrote three novels.|{} was left-handed.|{} speaks Italian.|{} led the expedition.|{} won a medal.|{} owned a bakery.|{} was a teacher.|{} hated flying.|{} came second.".split(
        "|"
    )
    one, other = (fact.format(name) for fact in rng.sample(facts, 2))
    question = rng.choice(
        (f"What is known about {name}?", f"Who was {name}?", "What does the text say?", f"Tell me about {name}.")
    )
    if rng.random() < 0.4:
        return Contrast(question, f"{one} {other}", rng.choice((one, other)), ENTAILMENT, NEUTRAL, "told more")
    return Contrast(question, one, other, NEUTRAL, NEUTRAL, "not said")


RULES = ((sequences, 1.2), (comparisons, 1.2), (parties, 1.5), (bounds, 1.0), (times, 0.8), (changes, 1.0), (poles, 1.4),
         (unsure, 0.6), (rank_or_count, 0.5), (several_right, 0.7), (not_said, 0.8))  # fmt: skip
