"""Many questions at once give what each gives alone, for every estimator that the made-up evidence feeds."""

import gc
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

from semuq import (
    DiscreteSemanticEntropy,
    Evidence,
    MissingEvidence,
    Need,
    NumSemanticSets,
    PerQuestionEstimator,
    SampleSet,
    SemanticEntropy,
)
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import AnswerEstimator
from semuq.evidence import stacks
from semuq.evidence.stack import PerToken, likeliest_of_each
from semuq.graphs import components, components_stack, greedy, greedy_stack
from semuq.testing import MeaningEmbedder
from tests.estimators.cases import random_relation, random_samples

GIVEN = random_samples(np.random.default_rng(0), 2)
FED = [
    example
    for kind in ESTIMATORS
    for example in kind.examples()
    if all(need.field is None or getattr(GIVEN, need.field) is not None for need in example.needs)
]


class Given:
    """A relation that has one answer for each question, of whatever kind."""

    kind, symmetric, identity = "entailment", False, "tests/given"

    def __init__(self, scores):
        self.scores = scores

    def compare(self, batch):
        return self.scores


def questions(count, seed, kind=None):
    """Questions of few sizes, so that stacks form, with the scores of their answers."""
    rng = np.random.default_rng(seed)
    batch = [random_samples(rng, int(rng.choice([1, 2, 5, 10]))) for _ in range(count)]
    return batch, [random_relation(rng, len(samples), kind) for samples in batch]


@pytest.mark.parametrize("kind", [None, "entailment"])
@pytest.mark.parametrize("estimator", FED, ids=repr)
def test_a_stack_scores_what_its_questions_score(estimator, kind):
    batch, scores = questions(40, seed=len(repr(estimator)), kind=kind)
    together = estimator.score(batch, Given(scores), embedder=MeaningEmbedder())
    for samples, own, score in zip(batch, scores, together, strict=True):
        alone = estimator.score(samples, Given([own]), embedder=MeaningEmbedder())
        assert alone == pytest.approx(score, rel=1e-9, abs=1e-9)
    if isinstance(estimator, AnswerEstimator):
        each = estimator.score_answers(batch, Given(scores), embedder=MeaningEmbedder())
        for samples, own, answers in zip(batch, scores, each, strict=True):
            alone = estimator.score_answers(samples, Given([own]), embedder=MeaningEmbedder())
            assert answers == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_most_of_the_package_is_fed():
    assert len({type(estimator) for estimator in FED}) > 3 / 4 * len(ESTIMATORS)


def test_large_stacks_are_cut_and_put_together_in_order(monkeypatch):
    batch, scores = questions(50, seed=1)
    whole = DiscreteSemanticEntropy().score(batch, Given(scores))
    monkeypatch.setattr("semuq.evidence.evidence.CELLS", 300)
    assert all(len(stack) * stack.n**2 <= 300 for stack in stacks(Evidence(batch)))
    np.testing.assert_allclose(DiscreteSemanticEntropy().score(batch, Given(scores)), whole, atol=1e-12)


def test_evidence_is_freed_without_the_garbage_collector():
    batch, scores = questions(5, seed=2)
    evidence = Evidence(batch, Given(scores))
    SemanticEntropy().score_evidence(evidence)
    alive = weakref.ref(evidence)
    gc.disable()
    try:
        del evidence
        assert alive() is None
    finally:
        gc.enable()


def test_embeddings_of_different_widths_are_no_stack():
    batch = [SampleSet(prompt="?", texts=("a", "b"), embeddings=np.eye(2, width)) for width in (2, 3, 2)]
    assert sorted(stack.rows for stack in stacks(Evidence(batch))) == [[0, 2], [1]]


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
def test_stacked_clusterings_are_those_of_each_question(n):
    rng = np.random.default_rng(n)
    drawn = rng.random((500, n, n)) < rng.random((500, 1, 1))
    same = drawn | drawn.swapaxes(1, 2) | np.eye(n, dtype=bool)
    assert greedy_stack(same).tolist() == [greedy(own).tolist() for own in same]
    assert components_stack(same).tolist() == [components(own).tolist() for own in same]


def test_numbers_per_token_are_reduced_answer_by_answer():
    rng = np.random.default_rng(0)
    arrays = [[rng.normal(size=rng.integers(0, 4)) for _ in range(5)] for _ in range(100)]
    ragged = PerToken.of(arrays)
    for name, reduce in (("sum", np.sum), ("mean", np.mean), ("max", np.max)):
        expected = [[reduce(own) if len(own) else 0.0 for own in answers] for answers in arrays]
        np.testing.assert_allclose(getattr(ragged, name)(), expected, rtol=1e-12)
    assert PerToken.of([[np.zeros(0)], [np.zeros(0)]]).mean().tolist() == [[0.0], [0.0]]


def test_one_occurrence_of_each_text_is_kept_the_likeliest():
    samples = SampleSet(prompt="?", texts=("a", "b", "a", "c", "b"))
    stack = stacks(Evidence([samples] * 2))[0]
    assert stack.texts[0].tolist() == [0, 1, 0, 3, 1]
    kept = likeliest_of_each(stack.texts, np.array([[-1.0, -2, -0.5, -9, -2], [-1.0, -3, -1, -9, -2]]))
    assert kept.tolist() == [[False, True, True, True, False], [True, False, False, True, True]]


def test_what_a_question_lacks_is_named():
    samples = SampleSet(prompt="?", texts=("a",))
    with pytest.raises(MissingEvidence, match="token_logprobs: expected a value for every question, got None for Samp"):
        stacks(Evidence(samples))[0].loglik(length_normalised=True)


def test_one_question_at_a_time_is_a_stack_of_its_scores():
    @dataclass(frozen=True, kw_only=True)
    class Distinct(PerQuestionEstimator):
        needs = frozenset({Need.CLUSTERS})

        def bounds(self, n):
            return (1, n)

        def _score_one(self, view):
            return view.clusters().max() + 1

    batch, scores = questions(10, seed=3)
    counted = NumSemanticSets().score(batch, Given(scores))
    assert Distinct().score(batch, Given(scores)).tolist() == counted.tolist()
