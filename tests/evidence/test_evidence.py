"""Evidence is computed once, on demand, and shared; `evaluate` puts estimators side by side."""

import sys
import warnings

import numpy as np
import pytest

from semuq import (
    DiscreteSemanticEntropy,
    Evidence,
    ExactMatch,
    InvalidParameter,
    KernelLanguageEntropy,
    MissingEvidence,
    RelationScores,
    SampleSet,
    SemanticEmbeddingUncertainty,
    SemanticEntropy,
    evaluate,
)
from semuq.testing import MeaningEmbedder, SameMeaning, make_samples


class Counting:
    """A relation that counts how often it is asked."""

    kind, symmetric, identity = "equivalence", True, "counting"

    def __init__(self):
        self.calls = 0

    def compare(self, batch):
        self.calls += 1
        return SameMeaning().compare(batch)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return [make_samples([0, 0, 1], rng), make_samples([0, 1, 2], rng)]


def test_several_estimators_share_one_pass(batch):
    relation = Counting()
    table = evaluate(
        [SemanticEntropy(), DiscreteSemanticEntropy(), KernelLanguageEntropy(), SemanticEmbeddingUncertainty()],
        batch,
        relation,
        embedder=MeaningEmbedder(),
    )
    assert relation.calls == 1
    assert table.shape == (2, 4)
    np.testing.assert_allclose(table["DiscreteSemanticEntropy"], DiscreteSemanticEntropy().score(batch, SameMeaning()))


def test_nothing_is_computed_before_everything_is_known_to_be_there(batch):
    relation = Counting()
    with pytest.raises(MissingEvidence, match="SemanticEmbeddingUncertainty needs embeddings"):
        evaluate([DiscreteSemanticEntropy(), SemanticEmbeddingUncertainty()], batch, relation)
    assert relation.calls == 0


def test_without_pandas_the_table_is_plain(batch, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    table = evaluate(DiscreteSemanticEntropy(), batch, SameMeaning())
    assert list(table) == ["DiscreteSemanticEntropy"]
    assert table["DiscreteSemanticEntropy"].tolist() == DiscreteSemanticEntropy().score(batch, SameMeaning()).tolist()
    assert str(table).splitlines()[1].split() == ["0", "0.6365"]
    assert len(table) == 1


def test_ids_name_the_rows():
    table = evaluate(DiscreteSemanticEntropy(), SampleSet(prompt="?", texts=["a"], id="q1"), ExactMatch())
    assert list(table.index) == ["q1"]


def test_scores_that_depend_on_n_are_not_mixed_silently():
    batch = [SampleSet(prompt="?", texts=["a"] * n) for n in (2, 10)]
    with pytest.warns(UserWarning, match=r"between 2 and 10 answers, and the scores of KernelLanguageEntropy depend"):
        evaluate(KernelLanguageEntropy(), batch, ExactMatch())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(DiscreteSemanticEntropy(), batch, ExactMatch())


@pytest.mark.parametrize(
    ("estimators", "message"),
    [
        ([], "estimators: expected at least one, got none"),
        ([SemanticEntropy], r"estimators\[0\]: expected an instance such as SemanticEntropy\(\)"),
        ([DiscreteSemanticEntropy(), DiscreteSemanticEntropy()], "estimators: expected each once"),
    ],
)
def test_bad_estimator_lists_are_refused(batch, estimators, message):
    with pytest.raises(InvalidParameter, match=message):
        evaluate(estimators, batch, SameMeaning())


def test_a_relation_of_another_type_is_refused(batch):
    with pytest.raises(InvalidParameter, match=r"relation: expected a relation such as Entailment\(\)"):
        Evidence(batch, "entailment")


def test_a_relation_with_scores_of_the_wrong_size_is_refused(batch):
    class Short(Counting):
        def compare(self, batch):
            return [RelationScores.from_equivalence(np.eye(2))] * len(batch)

    with pytest.raises(InvalidParameter, match=r"expected \(n, n\) scores for n = \[3, 3\]"):
        DiscreteSemanticEntropy().score(batch, Short())


def test_an_estimator_that_computes_nan_is_a_bug_and_not_a_score(batch):
    class Broken(DiscreteSemanticEntropy):
        def _score_stack(self, stack):
            return np.full(len(stack), np.nan)

    with pytest.raises(ArithmeticError, match="a bug in the estimator"):
        Broken().score(batch, SameMeaning())
