# ruff: noqa: SIM905 - lists of phrases are read best as one string
"""Synonyms, siblings, kinds and definitions from WordNet 3.0: what names the same thing in other words.

Reads a folder that holds `data.noun`, `data.verb` and `data.adj` (Debian's package `wordnet-base`, or any
copy of the database). Two lemmas of a synset are the same; lemmas of two synsets under one parent are not;
a lemma entails its parent, and the parent leaves the lemma open.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .example import CONTRADICTION, ENTAILMENT, NEUTRAL, Contrast, normalise

THING = "What is it?|What is it called?|What is the name?|Which one is it?|What is the answer?|What was found?".split(
    "|"
)
DOING = "What did they do?|What happened?|What does it do?|What should one do?|What did he want to do?".split("|")
BEING = "How is it?|What is it like?|How was he?|How would you describe it?|Which word describes it?".split("|")
QUESTIONS = {"n": THING, "v": DOING, "a": BEING}
LOOK_ALIKE = 0.2  # share of pairs that only look the same
VAGUE_PARENTS = frozenset({"entity", "whole", "object", "thing", "person", "artifact", "unit", "abstraction", "change"})
TAXON = re.compile(r".*\b(genus|family|order|suborder|class|subclass|phylum|superfamily|division|tribe) [A-Z]")


@dataclass(frozen=True, kw_only=True)
class Synset:
    """One meaning: its lemmas, definition, part of speech, parents, opposites, and whether it is a named thing."""

    lemmas: tuple[str, ...]
    gloss: str
    part: str
    parents: tuple[str, ...]
    opposites: tuple[str, ...]
    named: bool


def read(folder: Path) -> dict[str, Synset]:
    """All synsets by part of speech and offset."""
    result = {}
    for part, name in (("n", "data.noun"), ("v", "data.verb"), ("a", "data.adj")):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            data, _, gloss = line.partition(" | ")
            fields = data.split()
            count = int(fields[3], 16)
            words = [re.sub(r"\((?:a|p|ip)\)$", "", w).replace("_", " ") for w in fields[4 : 4 + 2 * count : 2]]
            at = 5 + 2 * count
            pointers = [fields[i : i + 4] for i in range(at, at + 4 * int(fields[at - 1]), 4)]
            result[part + fields[0]] = Synset(
                lemmas=tuple(dict.fromkeys(words)),
                gloss=re.split(r"; \"|;", gloss)[0].strip(),
                part=part,
                parents=tuple(p[2] + p[1] for p in pointers if p[0] in ("@", "@i")),
                opposites=tuple(p[2].replace("s", "a") + p[1] for p in pointers if p[0] == "!"),
                named=any(p[0] == "@i" for p in pointers),
            )
    return result


def look_alikes(synsets: dict[str, Synset]) -> list[tuple[str, str]]:
    """Nouns that begin or end with the same five letters, are two edits apart at most, and share no meaning.

    "nitrate" and "nitrite"; not "grey" and "gray", which are lemmas of one synset, nor a word and its plural.
    """
    meanings: dict[str, set[str]] = defaultdict(set)
    for key, synset in synsets.items():
        if synset.part == "n":
            for lemma in synset.lemmas:
                if len(lemma) > 6 and " " not in lemma:
                    meanings[lemma].update((key, *synset.parents))
    found = set()
    for order in (sorted(meanings), sorted(meanings, key=lambda word: word[::-1])):
        for place, word in enumerate(order):
            for other in order[place + 1 : place + 4]:
                alike = word[:5] == other[:5] or word[-5:] == other[-5:]
                if not alike or abs(len(word) - len(other)) > 2 or meanings[word] & meanings[other]:
                    continue
                if 0 < edits(word.lower(), other.lower()) <= 2:
                    found.add((word, other))
    return sorted(found)


def edits(a: str, b: str) -> int:
    """Letters to change, add or take away.

    >>> edits("nitrate", "nitrite"), edits("dopamine", "dobutamine")
    (1, 3)
    """
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


class Stream:
    """Contrasts from WordNet; named things come up more often than their number."""

    def __init__(self, folder: Path) -> None:
        self.synsets = read(folder)
        self.children: dict[str, list[str]] = defaultdict(list)
        for key, synset in self.synsets.items():
            for parent in synset.parents:
                self.children[parent].append(key)
        several = [k for k, s in self.synsets.items() if len(s.lemmas) > 1 and not TAXON.match(" ".join(s.lemmas))]
        self.groups = (
            [k for k in several if self.synsets[k].named],
            [k for k in several if self.synsets[k].part == "n" and not self.synsets[k].named],
            [k for k in several if self.synsets[k].part == "v"],
            [k for k in several if self.synsets[k].part == "a"],
        )
        self.opposed = [k for k, s in self.synsets.items() if s.opposites]
        self.alike = look_alikes(self.synsets)

    def __call__(self, rng: random.Random) -> Iterator[Contrast]:
        """Endless contrasts."""
        while True:
            group = rng.choices(self.groups, (0.42, 0.38, 0.1, 0.1))[0]
            key = rng.choice(group)
            made = self._contrast(key, rng)
            if made and normalise(made.a) != normalise(made.b):
                yield made

    def _contrast(self, key: str, rng: random.Random) -> Contrast | None:
        synset = self.synsets[key]
        question = self._question(synset, rng)
        pick = rng.random()
        if rng.random() < LOOK_ALIKE:
            one, other = rng.choice(self.alike)
            return Contrast(rng.choice(THING), one, other, CONTRADICTION, CONTRADICTION, "look-alike")
        if pick < 0.44:
            a, b = rng.sample(synset.lemmas, 2)
            return Contrast(question, a, b, ENTAILMENT, ENTAILMENT, "synonym")
        if pick < 0.53 and 2 < len(synset.gloss.split()) < 16:
            other = self._sibling(key, rng)
            if other and rng.random() < 0.4:
                return Contrast(question, synset.gloss, rng.choice(other.lemmas), CONTRADICTION, CONTRADICTION, "gloss")
            return Contrast(question, synset.gloss, rng.choice(synset.lemmas), ENTAILMENT, ENTAILMENT, "gloss")
        if pick < 0.60 and synset.parents and synset.parents[0] in self.synsets:
            parent = rng.choice(self.synsets[synset.parents[0]].lemmas)
            if parent not in VAGUE_PARENTS:
                article = "an" if parent[0] in "aeiou" else "a"
                kind = f"{article} {parent}" if synset.part == "n" else parent
                return Contrast(
                    rng.choice(QUESTIONS[synset.part]), rng.choice(synset.lemmas), kind, ENTAILMENT, NEUTRAL, "kind"
                )
        if pick < 0.66:
            one = self.synsets[rng.choice(self.opposed)]
            other = self.synsets.get(rng.choice(one.opposites))
            if other:
                question = rng.choice(QUESTIONS[one.part])
                return Contrast(
                    question, rng.choice(one.lemmas), rng.choice(other.lemmas), CONTRADICTION, CONTRADICTION, "opposite"
                )
        other = self._sibling(key, rng)
        if other is None:
            return None
        return Contrast(
            question, rng.choice(synset.lemmas), rng.choice(other.lemmas), CONTRADICTION, CONTRADICTION, "sibling"
        )

    def _question(self, synset: Synset, rng: random.Random) -> str:
        """A question by part of speech; for nouns often one that names the kind."""
        parents = [p for p in synset.parents if p in self.synsets]
        if synset.part == "n" and parents and rng.random() < 0.6:
            kind = rng.choice(self.synsets[rng.choice(parents)].lemmas)
            return rng.choice(
                ("Which {} is it?", "What {} is meant?", "What is the name of the {}?", "Which {}?")
            ).format(kind)
        return rng.choice(QUESTIONS[synset.part])

    def _sibling(self, key: str, rng: random.Random) -> Synset | None:
        """Another meaning under the same parent that shares no lemma."""
        synset = self.synsets[key]
        pool = [k for p in synset.parents for k in self.children[p] if k != key]
        if not pool:
            return None
        other = self.synsets[rng.choice(pool)]
        own = {normalise(w) for w in synset.lemmas}
        return None if own & {normalise(w) for w in other.lemmas} else other
