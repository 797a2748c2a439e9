# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Numbers, quantities, ordinals: the same value written differently, and values that are nearly the same."""

from __future__ import annotations

import random
from collections.abc import Callable

from num2words import num2words

from ..example import CONTRADICTION, ENTAILMENT, Contrast

THINGS = (
    "players are on the team|bones are in the hand|moons does the planet have|seats does the theatre have|"
    "people died in the disaster|steps lead to the top|episodes were made|books did she write|sons did he have|"
    "islands make up the country|goals did he score|medals did the team win|floors does the tower have|"
    "pages does the novel have|countries took part|copies were sold|men were on the ship|strings does it have|"
    "species are known|symphonies did he write|votes did she get|employees does the company have|"
    "chapters are in the book|states joined|children did they have|years did the war last|rooms does it have"
).split("|")
LENGTHS = {
    "kilometres": ("km", "kilometers", "kilometres"),
    "metres": ("m", "meters", "metres"),
    "miles": ("miles", "mi"),
    "feet": ("feet", "ft"),
    "inches": ("inches", "in"),
    "centimetres": ("cm", "centimeters", "centimetres"),
    "yards": ("yards", "yd"),
}
WEIGHTS = {
    "kilograms": ("kg", "kilograms", "kilos"),
    "grams": ("g", "grams"),
    "pounds": ("pounds", "lbs", "lb"),
    "tons": ("tons",),
    "ounces": ("ounces", "oz"),
}
TIMES = {
    "seconds": ("seconds", "sec", "s"),
    "minutes": ("minutes", "min", "mins"),
    "hours": ("hours", "hrs"),
    "days": ("days",),
    "weeks": ("weeks",),
    "months": ("months",),
    "years": ("years", "yrs"),
}
DEGREES = {
    "celsius": ("degrees Celsius", "°C", "C", "degrees centigrade"),
    "fahrenheit": ("degrees Fahrenheit", "°F", "F"),
    "kelvin": ("kelvin", "K"),
}
MONEY = {
    "dollars": ("dollars", "US dollars", "USD"),
    "pounds": ("pounds", "pounds sterling", "GBP"),
    "euros": ("euros", "EUR"),
    "yen": ("yen", "JPY"),
}
UNITS: tuple[tuple[str, dict[str, tuple[str, ...]]], ...] = (
    ("How long is it?|How far is it?|How tall is it?|How deep is the lake?|What is the distance?", LENGTHS),
    ("How much does it weigh?|What is its mass?|How heavy is it?", WEIGHTS),
    ("How long does it take?|How long did it last?|For how long was he in prison?", TIMES),
    ("What is the temperature?|At what temperature does it boil?|What is its melting point?", DEGREES),
    ("How much did it cost?|What was the price?|How much was the prize?", MONEY),
)
FRAMES = "It takes {}.|It lasted about {}.|about {}|It is roughly {}.|It needs {} to get there.|Light takes {} for it.|A typical one has {}.|around {}|The figure is {}.|They measured {}.|It comes to {} in all.".split(
    "|"
)
FACTORS = (("kilometres", "metres", 1000), ("kilograms", "grams", 1000), ("metres", "centimetres", 100),
           ("feet", "inches", 12), ("yards", "feet", 3), ("minutes", "seconds", 60), ("hours", "minutes", 60),
           ("days", "hours", 24), ("weeks", "days", 7), ("years", "months", 12))  # fmt: skip
FRACTIONS = (
    ("half", "one half", "1/2", "50%", "50 percent", "fifty percent", "a half", "0.5"),
    ("a quarter", "one quarter", "1/4", "25%", "25 percent", "twenty-five percent", "one fourth", "0.25"),
    ("three quarters", "3/4", "75%", "75 percent", "three fourths", "seventy-five percent", "0.75"),
    ("a third", "one third", "1/3", "33%", "about 33 percent"),
    ("two thirds", "2/3", "67%", "about 67 percent"),
    ("a tenth", "one tenth", "1/10", "10%", "10 percent", "ten percent", "0.1"),
    ("a fifth", "one fifth", "1/5", "20%", "20 percent", "twenty percent", "0.2"),
    ("all of it", "100%", "100 percent", "the whole", "one hundred percent"),
    ("none", "0%", "zero percent", "none of it"),
    ("two fifths", "2/5", "40%", "40 percent", "forty percent", "0.4"),
    ("an eighth", "one eighth", "1/8", "12.5%", "0.125"),
    ("nine tenths", "9/10", "90%", "ninety percent", "90 percent", "0.9"),
)


def same(a: str, b: str, question: str, kind: str) -> Contrast:
    """A pair that means the same in both directions."""
    return Contrast(question, a, b, ENTAILMENT, ENTAILMENT, kind)


def different(a: str, b: str, question: str, kind: str) -> Contrast:
    """A pair that cannot both be the answer."""
    return Contrast(question, a, b, CONTRADICTION, CONTRADICTION, kind)


def integer(rng: random.Random) -> int:
    """A number of any size, small ones most often."""
    top = rng.choice((12, 12, 30, 100, 100, 1000, 10_000, 100_000, 10_000_000))
    value = rng.randrange(0, top + 1)
    if top >= 1000 and rng.random() < 0.5:
        value = max(1, round(value, -rng.choice((1, 2, 3))))
    return value


def near(value: int, rng: random.Random) -> int:
    """Another number that looks or is much like `value`."""
    digits = str(value)
    options = [value + 1, value + 1, max(value - 1, 0), value + 2, value + 10, value * 10, value + rng.randrange(1, 30)]
    if len(digits) > 1:
        place = rng.randrange(len(digits))
        options.append(int(digits[:place] + str(rng.randrange(10)) + digits[place + 1 :]))
        options.append(int(digits[:place] + str(rng.randrange(10)) + digits[place + 1 :]))
        options.append(int(digits[::-1]))
        options.append(int(digits[:-1]))
        options.append(value * 2)
    others = [o for o in options if o != value]
    return rng.choice(others)


def spell(value: int, rng: random.Random, *, plain: bool = False) -> str:
    """One way to write an integer: digits, thousands separators, words, or millions."""
    ways = [str(value), f"{value:,}"]
    if not plain and value <= 1000:
        ways += [num2words(value), num2words(value)]
    elif not plain and value < 100_000:
        ways.append(num2words(value))
    if value == 0:
        ways += ["none", "zero"]
    if value >= 1_000_000 and value % 100_000 == 0:
        ways += [f"{value / 1e6:g} million", f"{value / 1e6:g} million"]
    elif value >= 1000 and value % 1000 == 0:
        ways += [f"{value // 1000} thousand", f"{num2words(value // 1000)} thousand"]
    if value == 12:
        ways.append("a dozen")
    return rng.choice(ways)


def counts(rng: random.Random) -> Contrast:
    """How many: equal or nearly equal integers."""
    thing = rng.choice(THINGS)
    question, value = f"How many {thing}?", integer(rng)
    noun = thing.split()[0]
    tails = ("", "", "", f" {noun}", f" {noun}")
    if rng.random() < 0.5:
        return same(spell(value, rng) + rng.choice(tails), spell(value, rng) + rng.choice(tails), question, "number")
    tail = rng.choice(tails)
    other = near(value, rng)
    style = rng.getstate()
    a = spell(value, rng)
    if rng.random() < 0.6:
        rng.setstate(style)
    return different(a + tail, spell(other, rng) + tail, question, "number")


def quantities(rng: random.Random) -> Contrast:
    """Values with units: other spelling or conversion is the same, other value or unit is not."""
    questions, table = rng.choice(UNITS)
    question, unit = rng.choice(questions.split("|")), rng.choice(list(table))
    value = rng.choice((rng.randrange(2, 20), rng.randrange(2, 200), rng.randrange(10, 5000)))

    def written(number: float, name: str) -> str:
        form = rng.choice(table[name])
        text = f"{number:,g}" if number == int(number) or number < 1000 else f"{number:,}"
        if number == int(number) and number < 60 and len(form) > 2 and rng.random() < 0.3:
            text = num2words(int(number))
        tight = form in ("km", "m", "kg", "g", "cm", "°C", "°F", "ft", "lbs") and rng.random() < 0.4
        if table is MONEY and rng.random() < 0.4 and name in ("dollars", "euros", "pounds"):
            return {"dollars": "$", "euros": "€", "pounds": "£"}[name] + text
        return text + ("" if tight else " ") + form

    made = _compared(table, unit, value, written, question, rng)
    if rng.random() < 0.35:
        frame = rng.choice(FRAMES)
        return made._replace(b=frame.format(made.b)) if rng.random() < 0.5 else made._replace(a=frame.format(made.a))
    return made


def _compared(
    table: dict[str, tuple[str, ...]],
    unit: str,
    value: int,
    written: Callable[[float, str], str],
    question: str,
    rng: random.Random,
) -> Contrast:
    """The same quantity in another form or unit, another number, another unit."""
    pick = rng.random()
    if pick < 0.35:
        return same(written(value, unit), written(value, unit), question, "unit")
    if pick < 0.5:
        possible = [(big, small, f) for big, small, f in FACTORS if big in table and small in table]
        if possible:
            big, small, factor = rng.choice(possible)
            value = rng.randrange(1, 12)
            a, b = written(value, big), written(value * factor, small)
            if rng.random() < 0.4:
                return different(a, written(value * factor + factor, small), question, "unit")
            return same(a, b, question, "unit")
    if pick < 0.75:
        return different(written(value, unit), written(near(value, rng), unit), question, "unit")
    other = rng.choice([name for name in table if name != unit])
    return different(written(value, unit), written(value, other), question, "unit")


def decimals(rng: random.Random) -> Contrast:
    """4.5, 4 1/2, four and a half, 4.50; and 4.6."""
    question = rng.choice(
        ("What is the value?", "What was the score?", "How many litres does it hold?", "What is the ratio?")
    )
    whole = rng.randrange(1, 30)
    tail, words = rng.choice((("5", "a half"), ("25", "a quarter"), ("75", "three quarters")))
    fraction = {"5": "1/2", "25": "1/4", "75": "3/4"}[tail]
    forms = [f"{whole}.{tail}", f"{whole}.{tail}0", f"{whole} {fraction}", f"{num2words(whole)} and {words}"]
    if rng.random() < 0.5:
        return same(rng.choice(forms), rng.choice(forms), question, "decimal")
    wrong = [f"{whole + 1}.{tail}", f"{whole}.{rng.choice('123469')}", f"{whole}", f"{whole}{tail}", f"{whole}.0{tail}"]
    return different(rng.choice(forms), rng.choice(wrong), question, "decimal")


def shares(rng: random.Random) -> Contrast:
    """Fractions and percentages."""
    question = rng.choice(
        ("What share of the land is forest?", "How much of the body is water?", "What proportion voted for it?")
    )
    first, second = rng.sample(FRACTIONS, 2)
    pick = rng.random()
    if pick < 0.45:
        return same(rng.choice(first), rng.choice(first), question, "share")
    if pick < 0.6:
        value = rng.randrange(1, 100)
        percent = rng.choice(("%", " percent", " per cent"))
        if rng.random() < 0.4:
            return same(f"{value}%", f"{value}{percent}", question, "share")
        return different(f"{value}%", f"{near(value, rng)}{percent}", question, "share")
    return different(rng.choice(first), rng.choice(second), question, "share")


def ordinals(rng: random.Random) -> Contrast:
    """First, 1st, number one; and second."""
    question = rng.choice(
        ("In which place did she finish?", "Which president was he?", "On which floor is it?", "Which edition was it?")
    )
    value = rng.choice((rng.randrange(1, 13), rng.randrange(1, 60)))

    def written(number: int) -> str:
        word, digit = num2words(number, to="ordinal"), num2words(number, to="ordinal_num")
        return rng.choice((word, digit, f"the {word}", f"the {digit}"))

    if rng.random() < 0.5:
        return same(written(value), written(value), question, "ordinal")
    other = max(1, value + rng.choice((-2, -1, 1, 2, 10)))
    if other == value:
        other += 1
    return different(written(value), written(other), question, "ordinal")


ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI")
REGNAL = "Henry|Edward|George|Charles|William|Louis|Richard|James|Philip|Pope Pius|Pope John|Pope Benedict".split("|")
SERIES = "World War|Apollo|Super Bowl|Rocky|Final Fantasy|Part|Chapter|Type|Phase|Saturn".split("|")


def numbered(rng: random.Random) -> Contrast:
    """Henry VIII and Henry the Eighth; World War II and World War 2; and their neighbours."""
    value = rng.randrange(1, len(ROMAN) + 1)
    other = value + rng.choice((-1, 1)) if 1 < value < len(ROMAN) else (2 if value == 1 else value - 1)
    if rng.random() < 0.5:
        name, question = rng.choice(REGNAL), "Which ruler was it?"
        forms: Callable[[int], list[str]] = lambda n: [  # noqa: E731
            f"{name} {ROMAN[n - 1]}", f"{name} the {num2words(n, to='ordinal').title()}", f"King {name} {ROMAN[n - 1]}"
            if "Pope" not in name else f"{name} {ROMAN[n - 1]}", f"{name} {n}",
        ]  # fmt: skip
    else:
        name, question = rng.choice(SERIES), rng.choice(("Which one was it?", "What is it called?"))
        forms = lambda n: [f"{name} {ROMAN[n - 1]}", f"{name} {n}", f"{name} {num2words(n).title()}"]  # noqa: E731
    if rng.random() < 0.5:
        return same(rng.choice(forms(value)), rng.choice(forms(value)), question, "numbered")
    return different(rng.choice(forms(value)), rng.choice(forms(other)), question, "numbered")


RULES = ((counts, 4.0), (quantities, 3.0), (decimals, 1.0), (shares, 1.0), (ordinals, 1.0), (numbered, 0.8))
