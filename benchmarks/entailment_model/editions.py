"""Two editions of the model on the same pairs: `python -m benchmarks.entailment_model.editions --first FOLDER`.

FOLDER holds a packed model, such as the first edition, which the history keeps:

    for file in weights.safetensors config.json manifest.json tokenizer.json tokenizer_config.json; do
        git show a56a948:semuq/models/entailment/$file > FOLDER/$file; done

Both decide as the default relation does, by the rules of today and their own threshold, on the hand-written contrasts
and on the cases of `benchmarks.edges` that compare short answers; the exact test is McNemar's.
Writes benchmarks/results/entailment_editions.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import hardware
from semuq import Entailment, SampleSet
from semuq.models import EMBEDDED, load_embedded
from semuq.models.bundled import digest_of
from semuq.relations.entailment import guard

from .pairs import Pair, contrasts, edge_cases

HERE = Path(__file__).parent
RESULT = HERE.parent / "results" / "entailment_editions.json"


def pairs() -> dict[str, list[Pair]]:
    """The pairs by the set that they are of."""
    found: dict[str, list[Pair]] = {}
    for kind, group, own in edge_cases():
        found.setdefault(f"{kind}, {group}", []).append(own)
    return found | {f"contrasts, {part}": contrasts(part) for part in ("dev", "test")}


def decided(relation: Entailment, asked: Sequence[Pair]) -> list[bool]:
    """Whether each pair means the same."""
    batch = [SampleSet(prompt=question, texts=(a, b)) for question, a, b, _ in asked]
    return [bool(own.equivalence()[0, 1]) for own in relation.compare(batch)]


def compared(asked: Sequence[Pair], first: Sequence[bool], second: Sequence[bool]) -> dict[str, Any]:
    """How often each is right and merges what differs, and whether the difference may be chance.

    Example:
        >>> asked = [("", "a", "b", False)] * 6
        >>> found = compared(asked, [True] * 6, [False] * 6)
        >>> found["second"]["right"], found["won"], found["lost"], found["p"]
        (6, 6, 0, 0.0312)
    """
    from scipy.stats import binomtest

    same = [own[3] for own in asked]
    right = [[said is wanted for said, wanted in zip(own, same, strict=True)] for own in (first, second)]
    won = sum(b and not a for a, b in zip(*right, strict=True))
    lost = sum(a and not b for a, b in zip(*right, strict=True))
    return {
        "pairs": len(asked),
        **{
            name: {
                "right": sum(hits),
                "share": round(sum(hits) / len(hits), 4),
                "called the same wrongly": sum(said and not wanted for said, wanted in zip(own, same, strict=True)),
            }
            for name, own, hits in (("first", first, right[0]), ("second", second, right[1]))
        },
        "won": won,
        "lost": lost,
        "p": round(float(binomtest(won, won + lost).pvalue), 4) if won + lost else 1.0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=Path, required=True, help="folder of the packed model to compare with")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    folders = {"first": options.first, "second": EMBEDDED}
    relations = {name: Entailment(load_embedded(folder), guard="on", cache=False) for name, folder in folders.items()}
    found = {
        "command": "python -m benchmarks.entailment_model.editions --first FOLDER",
        "machine": hardware(),
        "guard": guard.VERSION,
        "weights": {name: digest_of(folder / "weights.safetensors") for name, folder in folders.items()},
        "sets": {
            name: compared(asked, *(decided(relation, asked) for relation in relations.values()))
            for name, asked in pairs().items()
        },
    }
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
