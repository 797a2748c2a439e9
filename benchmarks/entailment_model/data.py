"""Everything the model is trained on, as one stream: shares of each source, fresh contrasts in every draw.

`python -m benchmarks.entailment_model.data --data DIR [--trivia DIR] [--webquestions DIR]
[--wordnet DIR]` prints what there
is, what was dropped and why, and the overlaps with the evaluation parts (none may remain).
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from . import contrasts, evouna, nli
from . import trivia as trivia_module
from . import wordnet as wordnet_module
from .example import CONTRADICTION, Example, normalise

TOLD = 0.2  # share of the sentence pairs whose premise stands among other sentences
ANSWERED = 0.25  # share of the sentence pairs that are given as answers to a question
DEFAULT_MIX = "nli=0.38,evouna=0.13,trivia=0.12,contrasts=0.22,wordnet=0.15"


class Mixture:
    """Draws training examples: each source is an endless stream, shuffled anew whenever it is used up."""

    def __init__(
        self,
        directory: Path,
        mix: str,
        *,
        trivia: Path | None = None,
        webquestions: Path | None = None,
        wordnet: Path | None = None,
    ) -> None:
        self.shares = {name: float(share) for name, share in (part.split("=") for part in mix.split(","))}
        self.nli, self.dropped = nli.train_set(directory)
        self.questions = evouna.split(directory)["train"]
        excluded = trivia_module.benchmark_questions(directory)
        excluded |= {normalise(q.text) for part in ("dev", "test") for q in evouna.split(directory)[part]}
        self.trivia = trivia_module.open_trivia(trivia, excluded) if trivia else []
        self.trivia += trivia_module.web_questions(webquestions, excluded) if webquestions else []
        self.streams: dict[str, Callable[[random.Random], Iterator[Example]]] = {
            "nli": self._nli,
            "evouna": self._evouna,
            "contrasts": contrasts.stream,
        }
        if self.trivia:
            self.streams["trivia"] = lambda rng: trivia_module.stream(self.trivia, rng)
        if wordnet:
            self.wordnet = wordnet_module.Stream(wordnet)
            self.streams["wordnet"] = self._wordnet
        unknown = self.shares.keys() - self.streams.keys()
        if unknown:
            raise SystemExit(f"--mix: unknown source {sorted(unknown)}; there are {sorted(self.streams)}")
        self._running: dict[str, Iterator[Example]] = {}

    def sizes(self) -> dict[str, int]:
        """How much there is of each source."""
        return {"nli": len(self.nli), "evouna_questions": len(self.questions), "trivia_questions": len(self.trivia)}

    def draw(self, rng: random.Random, count: int) -> list[Example]:
        """`count` examples in the shares of the mix."""
        total = sum(self.shares.values())
        examples = []
        for name, share in self.shares.items():
            stream = self._running.setdefault(name, self.streams[name](random.Random(rng.random())))
            examples += [next(stream) for _ in range(round(count * share / total))]
        return examples

    def _nli(self, rng: random.Random) -> Iterator[Example]:
        """Labelled sentence pairs, those on pictures (SNLI) half as often again; a contradiction is symmetric.

        Some are told inside a longer text, some as answers to a question, so that the model meets the three labels in
        the shapes that answers come in.
        """
        pictures = [e for e in self.nli if e.source.startswith("snli")]
        while True:
            rows = self.nli + rng.sample(pictures, len(pictures) // 2)
            rng.shuffle(rows)
            for example, stranger in zip(rows, rows[1:] + rows[:1], strict=True):
                if example.label == CONTRADICTION and rng.random() < 0.15:
                    example = example._replace(premise=example.hypothesis, hypothesis=example.premise)
                if rng.random() < TOLD:
                    example = nli.inside(example, stranger, rng)
                yield nli.as_answers(example, rng) if rng.random() < ANSWERED else example

    def _wordnet(self, rng: random.Random) -> Iterator[Example]:
        for contrast in self.wordnet(rng):
            made = contrasts.example(contrast, rng, plain=0.75)
            yield made._replace(source="wordnet")

    def _evouna(self, rng: random.Random) -> Iterator[Example]:
        exchange = evouna.Exchange(self.questions)
        while True:
            order = rng.sample(self.questions, len(self.questions))
            for question, other in zip(order, order[1:] + order[:1], strict=True):
                yield from evouna.sample(question, rng)
                yield from exchange.sample(question, rng)
                yield evouna.swapped(question, other, rng)


def overlaps(directory: Path, train: list[Example]) -> dict[str, dict[str, int]]:
    """For each evaluation part, how many of its pairs and premises occur in the training pairs."""
    pairs = {nli.key(e) for e in train}
    premises = {nli.key(e)[0] for e in train}
    counts = {}
    for name, rows in {**nli.test_sets(directory), **nli.dev_sets(directory)}.items():
        keys = [nli.key(e) for e in rows]
        counts[name] = {
            "rows": len(rows),
            "pairs in training": sum(k in pairs for k in keys),
            "premises in training": sum(k[0] in premises for k in keys),
        }
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trivia", type=Path, default=None)
    parser.add_argument("--webquestions", type=Path, default=None)
    parser.add_argument("--wordnet", type=Path, default=None)
    options = parser.parse_args()
    mixture = Mixture(
        options.data,
        DEFAULT_MIX if options.trivia and options.wordnet else "nli=0.4,evouna=0.2,contrasts=0.4",
        trivia=options.trivia,
        webquestions=options.webquestions,
        wordnet=options.wordnet,
    )
    rng = random.Random(0)
    drawn = mixture.draw(rng, 20000)
    report = {
        "sizes": mixture.sizes(),
        "dropped": mixture.dropped,
        "nli by source and label": {
            f"{s} {n}": c for (s, n), c in Counter((e.source, e.label) for e in mixture.nli).items()
        },
        "overlaps": overlaps(options.data, mixture.nli),
        "labels in a draw": {
            f"{s} {n}": c for (s, n), c in sorted(Counter((e.source, e.label) for e in drawn).items())
        },
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
