"""Every relation obeys the laws of `semuq.testing.relations`, and every law catches a relation that breaks it."""

import json
import pickle
import re
from dataclasses import dataclass, field

import numpy as np
import pytest

from semuq import Cascade, Entailment, ExactMatch, RelationScores, SampleSet, SentenceEntailment
from semuq.relations.choice import ChoiceMatch
from semuq.relations.code import CodeEquivalence, ProcessRunner
from semuq.relations.embedding import EmbeddingSimilarity
from semuq.relations.judge import JudgeEquivalence
from semuq.relations.lexical import LexicalSimilarity
from semuq.relations.maths import MathEquivalence
from semuq.samples import as_batch
from semuq.testing import RELATION_LAWS, SameMeaning, check_relation
from tests.tiny import tiny


@dataclass(frozen=True)
class Letters:
    """An embedder: how often each of 32 classes of characters occurs."""

    identity: str = "letters"

    def embed(self, texts):
        vectors = np.zeros((len(texts), 32))
        for row, text in enumerate(texts):
            for character in text:
                vectors[row, ord(character) % 32] += 1
        return vectors


@dataclass(frozen=True)
class Echo:
    """A judge: yes if the two quoted answers are equal without case; unreadable where one holds a digit."""

    identity: str = "echo"

    def sample(self, prompts, *, n=10):
        return [SampleSet(prompt=prompt, texts=(self._reply(prompt),) * n) for prompt in prompts]

    def _reply(self, prompt):
        first, second = (json.loads(found) for found in re.findall(r'^\w+ answer: (".*")$', prompt, re.MULTILINE))
        if first[:1].isdigit():
            return "Hard to say."
        return "Yes" if first.strip(".").casefold() == second.strip(".").casefold() else "No"


def entailment(**options):
    return Entailment(tiny("bert"), **options)


def cascade(**options):
    return Cascade(entailment(), Entailment(tiny("roberta")), **options)


RELATIONS = {
    "ExactMatch": ExactMatch(),
    "ExactMatch-as-is": ExactMatch(normalise=False),
    "Choice": ChoiceMatch(),
    "Code": CodeEquivalence(entry_point="f", inputs=[(1,)], trust_code=True),
    "Lexical-rouge-l": LexicalSimilarity(),
    "Lexical-jaccard": LexicalSimilarity(measure="jaccard"),
    "Lexical-token-f1": LexicalSimilarity(measure="token-f1"),
    "Embedding": EmbeddingSimilarity(embedder=Letters()),
    "Embedding-question": EmbeddingSimilarity(embedder=Letters(), with_question=True, threshold=0.5),
    "Math": MathEquivalence(),
    "Math-last-number": MathEquivalence(extract="last-number", time_limit=10),
    "Judge": JudgeEquivalence(sampler=Echo()),
    "Judge-none": JudgeEquivalence(sampler=Echo(), context="none"),
    "Entailment": entailment(),
    "Entailment-none": entailment(context="none", guard="on"),
    "Cascade": cascade(threshold=0.3),
    "Sentences": SentenceEntailment(entailment()),
    "Sentences-1": SentenceEntailment(entailment(context="none"), premise=1),
    "SameMeaning": SameMeaning(),
}
MODEL_FREE = [name for name in RELATIONS if not name.startswith(("Entailment", "Cascade", "Sentences"))]


@pytest.mark.parametrize("law", RELATION_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", RELATIONS)
@pytest.mark.filterwarnings("ignore:.*were compared as normalised text:UserWarning")
def test_laws(name, law):
    law(RELATIONS[name], np.random.default_rng([0, *law.__name__.encode()]))


def test_one_call_runs_them_all():
    check_relation(ExactMatch(), seed=1, rounds=3)


@pytest.mark.parametrize("name", MODEL_FREE)
def test_relations_without_a_model_survive_pickling(name):
    relation = RELATIONS[name]
    copy = pickle.loads(pickle.dumps(relation))
    assert copy == relation
    assert copy.identity == relation.identity
    samples = SampleSet(prompt="?", texts=("Paris", "paris", "Lyon", "1/2", "0.5"))
    assert copy.compare(samples)[0].entailment.tolist() == relation.compare(samples)[0].entailment.tolist()


@pytest.mark.parametrize(
    "variants",
    [
        (ExactMatch(), ExactMatch(normalise=False)),
        (
            *(LexicalSimilarity(measure=measure) for measure in ("rouge-l", "jaccard", "token-f1")),
            LexicalSimilarity(threshold=0.71),
        ),
        (
            EmbeddingSimilarity(embedder=Letters()),
            EmbeddingSimilarity(embedder=Letters("other")),
            EmbeddingSimilarity(embedder=Letters(), threshold=0.91),
            EmbeddingSimilarity(embedder=Letters(), with_question=True),
        ),
        (
            *(MathEquivalence(extract=how) for how in ("auto", "boxed", "answer", "last-number")),
            MathEquivalence(time_limit=1),
        ),
        (
            JudgeEquivalence(sampler=Echo()),
            JudgeEquivalence(sampler=Echo("other")),
            JudgeEquivalence(sampler=Echo(), context="none"),
        ),
        (
            *(CodeEquivalence(trust_code=True, count=count) for count in (40, 41)),
            CodeEquivalence(trust_code=True, seed=1),
            CodeEquivalence(trust_code=True, entry_point="f"),
            *(CodeEquivalence(trust_code=True, inputs=[(own,)]) for own in (1, 2)),
            CodeEquivalence(trust_code=True, on_unknown="merge"),
            CodeEquivalence(runner=ProcessRunner(memory=1 << 29)),
        ),
        (entailment(), entailment(context="none"), entailment(guard="on"), entailment(max_length=64)),
        (
            *(SentenceEntailment(entailment(), premise=size) for size in (None, 1, 2)),
            SentenceEntailment(entailment(context="none")),
        ),
        (cascade(), cascade(threshold=0.3), Cascade(entailment(), entailment())),
    ],
    ids=lambda variants: type(variants[0]).__name__,
)
def test_identity_changes_with_every_parameter(variants):
    assert len({relation.identity for relation in variants}) == len(variants)


def test_what_changes_no_score_is_not_in_the_identity():
    assert MathEquivalence(workers=1).identity == MathEquivalence(workers=3).identity
    assert MathEquivalence(time_limit=5).identity == MathEquivalence(time_limit=5.0).identity
    assert entailment(token_budget=64).identity == entailment().identity


@dataclass(frozen=True)
class Broken:
    """Exact match with one thing wrong."""

    fault: str
    calls: list = field(default_factory=list, compare=False)
    kind = "equivalence"

    @property
    def symmetric(self):
        return True

    @property
    def identity(self):
        return f"broken/{len(self.calls) if self.fault == 'identity' else self.fault}"

    def compare(self, batch):
        questions = as_batch(batch)
        self.calls.append(len(questions))
        scores = [self._scores(samples, len(questions)) for samples in questions]
        return scores[:1] if self.fault == "shape" else scores

    def _scores(self, samples, mates):
        texts = samples.texts
        if self.fault == "any_text" and "" in texts:
            raise AssertionError("an empty answer")
        same = np.array([[a == b for b in texts] for a in texts])
        undecided = 0
        if self.fault == "batch":
            undecided = mates
        if self.fault == "random":
            undecided = len(self.calls)
        if self.fault == "first":
            same[0, :] = same[:, 0] = True
        if self.fault == "copies":
            same = np.eye(len(texts), dtype=bool)
        entailment = same.astype(float)
        if self.fault == "diagonal":
            entailment[0, 0] = 0.0
        if self.fault == "direction":
            entailment = np.triu(np.ones_like(entailment))
        return RelationScores(
            kind="similarity" if self.fault == "kind" else "equivalence",
            entailment=entailment,
            neutral=np.zeros_like(entailment),
            contradiction=1 - entailment,
            undecided=undecided,
        )


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("identity", "facts"),
        ("shape", "shape"),
        ("kind", "shape"),
        ("diagonal", "certain_diagonal"),
        ("direction", "symmetric"),
        ("copies", "duplicates"),
        ("batch", "batch_singles"),
        ("first", "order"),
        ("random", "repeatable"),
        ("any_text", "any_text"),
    ],
)
def test_every_law_catches_a_relation_that_breaks_it(fault, law):
    check = {other.__name__: other for other in RELATION_LAWS}[law]
    check(Broken("nothing"), np.random.default_rng(0))
    with pytest.raises(AssertionError):
        _repeatedly(check, Broken(fault))


def _repeatedly(check, relation):
    for seed in range(5):
        check(relation, np.random.default_rng(seed))


def test_no_law_is_without_its_broken_relation():
    mark = next(m for m in test_every_law_catches_a_relation_that_breaks_it.pytestmark if m.name == "parametrize")
    assert {law for _, law in mark.args[1]} == {law.__name__ for law in RELATION_LAWS}
