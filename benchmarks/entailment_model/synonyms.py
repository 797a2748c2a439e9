"""The names that WordNet knows, by the things that they name: `python -m benchmarks.entailment_model.synonyms
--wordnet DIR`.

Reads `data.noun` and `index.noun` of WordNet 3.0 and writes `semuq/relations/entailment/guard/synonyms.txt.gz`: a line
a thing, its names between bars. A name with "~" before it is one that does not make the others' bearer out: an abstract
noun (WordNet takes speed for velocity), or one that means two other things first. Things that can be pointed at are
animals, plants, substances, food, bodies, artefacts, places, people, groups, illnesses, languages, times, and whatever
bears a name of its own.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

from semuq.relations.entailment.guard import synonyms

CONCRETE = frozenset({5, 6, 8, 10, 13, 14, 15, 17, 18, 20, 22, 26, 27, 28})
"""Lexicographers' files: animal, artifact, body, communication, food, group, location, object, person, plant,
phenomenon, state, substance, time."""
SENSES = 2
LOOSE = {"toad", "washington dc", "george bush", "john adams"}
"""Names that stand beside names of something else."""


def groups(folder: Path) -> list[tuple[str, ...]]:
    """The names of each thing, in the order of the database."""
    senses = {}
    for line in (folder / "index.noun").read_text(encoding="latin1").splitlines():
        if not line.startswith("  "):
            fields = line.split()
            senses[fields[0]] = fields[-int(fields[2]) :]
    found = []
    for line in (folder / "data.noun").read_text(encoding="latin1").splitlines():
        if line.startswith("  "):
            continue
        fields = line.partition(" | ")[0].split()
        names = dict.fromkeys(fields[4 : 4 + 2 * int(fields[3], 16) : 2])
        named = all(name[0].isupper() for name in names) or int(fields[1]) in CONCRETE
        kept = {}
        for name in names:
            sure = named and fields[0] in senses[name.lower()][:SENSES]
            kept.setdefault(synonyms.key(name.replace("_", " ")), sure)
        sure = not LOOSE & {*kept}
        found.append(tuple(name if sure and own else f"~{name}" for name, own in kept.items()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=Path, required=True)
    options = parser.parse_args()
    text = "".join(f"{'|'.join(own)}\n" for own in groups(options.wordnet))
    path = Path(synonyms.__file__).with_name("synonyms.txt.gz")
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{text.count(chr(10)):,} things, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
