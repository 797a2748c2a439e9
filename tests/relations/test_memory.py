"""What a comparison holds beside its results does not grow with the number of questions."""

import tracemalloc

import pytest
import torch

from semuq import Cascade, Entailment, SampleSet, SentenceEntailment
from semuq.relations.entailment import relation as module
from semuq.relations.entailment import sentences
from semuq.relations.entailment.pairs import PairEncoder
from semuq.relations.entailment.scorer import Scorer
from tests.tiny import tiny


class Undecided:
    """A network that gives every pair the same logits, at once."""

    pads = overlaps = False

    def prepare(self, tokens):
        return tokens

    def __call__(self, tokens):
        return torch.zeros(len(tokens.lengths), 3)


def instant():
    """An entailment relation without a model."""
    relation = Entailment(tiny("bert"), cache=False)
    encoder = PairEncoder(tiny("bert")[1], 128)
    relation.__dict__["_scorer"] = Scorer(Undecided(), encoder, columns=(0, 1, 2), token_budget=2_048)
    return relation


def questions(count):
    return [
        SampleSet(prompt=f"question {index} " * 10, texts=[f"answer {index} {step}. a city." for step in range(6)])
        for index in range(count)
    ]


def beside_the_results(work, count):
    """Bytes at the peak that are not there any more when the results are."""
    batch = questions(count)
    tracemalloc.start()
    results = work(batch)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(results) == count
    return peak - kept


WAYS = {
    "matrices": lambda: instant().compare,
    "matrices with progress": lambda: lambda batch: instant().compare(batch, progress=lambda done, total: None),
    "clusters": lambda: instant().cluster,
    "sentences": lambda: SentenceEntailment(instant(), premise=1).compare,
    "a cascade": lambda: Cascade(instant(), instant(), threshold=1.0).compare,
}


@pytest.mark.parametrize("way", WAYS)
def test_memory_is_flat_in_the_number_of_questions(way, monkeypatch):
    monkeypatch.setattr(module, "WINDOW_PAIRS", 180)
    monkeypatch.setattr(sentences, "WINDOW_PAIRS", 720)
    beside_the_results(WAYS[way](), 8)  # imports, and what is kept for good
    few, many = (beside_the_results(WAYS[way](), count) for count in (15, 75))
    assert many < 1.5 * few


def test_without_windows_memory_would_grow():
    """Guards the test above: windows as large as the batch are seen by the same measure."""
    few, many = (beside_the_results(WAYS["matrices"](), count) for count in (15, 75))
    assert many > 3 * few
