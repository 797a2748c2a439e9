"""Clusters made in waves are those of the full matrix, for fewer pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq import DiscreteSemanticEntropy, Entailment, InvalidParameter, KernelLanguageEntropy, SampleSet, evaluate
from semuq.graphs import greedy
from semuq.relations.base import ClusteringRelation, RelationScores
from semuq.relations.entailment.plan import Verdict, make_plan
from semuq.relations.entailment.waves import greedy_in_waves
from tests.tiny import tiny


def guess(a, b):
    """A made-up model: labels that depend on the ordered pair of texts alone, often without symmetry."""
    return np.random.default_rng([*f"{a}->{b}".encode()]).dirichlet([0.6, 0.6, 0.6])


def verdict(question, a, b):
    return Verdict(sum(f"{min(a, b)}{max(a, b)}".encode()) % 7 % 3) if {a, b} & {"x", "y"} else Verdict.OPEN


batches = st.lists(st.lists(st.sampled_from("abcdefgxy"), min_size=1, max_size=12), min_size=1, max_size=4)


@settings(deadline=None)
@given(
    batch=batches,
    rule=st.sampled_from(["strict", "relaxed"]),
    guarded=st.booleans(),
    room=st.sampled_from([0, 1, 5, 20, 10_000]),
)
def test_waves_equal_greedy_over_the_matrix(batch, rule, guarded, room):
    samples = [SampleSet(prompt=str(index), texts=texts) for index, texts in enumerate(batch)]
    plan = make_plan(samples, "none", verdict if guarded else None)
    texts = [side.text for side in plan.sides]
    asked, waves = [], []

    def ask(pairs):
        asked.extend(map(tuple, pairs.tolist()))
        waves.append(len(pairs))
        return np.array([guess(texts[a], texts[b]) for a, b in pairs])

    clusters = greedy_in_waves(plan, ask, rule, room=room)
    full = plan.scatter(np.array([guess(texts[a], texts[b]) for a, b in plan.pairs]).reshape(-1, 3))
    for own, (entailment, neutral, contradiction) in zip(clusters, full, strict=True):
        scores = RelationScores(kind="entailment", entailment=entailment, neutral=neutral, contradiction=contradiction)
        assert own.tolist() == greedy(scores.equivalence(rule)).tolist()
    assert set(asked) <= set(map(tuple, plan.pairs.tolist()))
    assert len(asked) == len(set(asked))
    if room:
        assert len(waves) <= len(plan.pairs) // room + 1
        assert all(own >= room for own in waves[:-1])


def test_waves_that_need_not_be_filled_ask_for_nothing_in_advance():
    samples = SampleSet(prompt="?", texts=tuple("abcdefgh"))
    plan = make_plan([samples], "none")
    counts = {}
    for room in (0, 10):
        asked = counts[room] = []

        def ask(pairs, asked=asked):
            asked.append(len(pairs))
            return np.tile([0.0, 0.0, 1.0], (len(pairs), 1))  # all contradict: one cluster each

        greedy_in_waves(plan, ask, "strict", room=room)
    assert counts[0] == [7, 6, 5, 4, 3, 2, 1]
    assert all(own >= 10 for own in counts[10][:-1])
    assert sum(counts[10]) <= 56


BATCH = [SampleSet(prompt=f"q{q}", texts=[f"{q} {i % 4} what" for i in range(6)]) for q in range(6)]


@pytest.mark.parametrize("rule", ["strict", "relaxed"])
def test_a_real_model_gives_the_same_clusters_for_fewer_pairs(rule):
    relation = Entailment(tiny("bert"), cache=False)
    scores, full = relation.compare_with_report(BATCH)
    clusters, lazy = relation.cluster_with_report(BATCH, rule)
    assert [own.tolist() for own in clusters] == [greedy(item.equivalence(rule)).tolist() for item in scores]
    assert lazy.pairs <= full.pairs
    assert isinstance(relation, ClusteringRelation)


def _must_not_run(*_):
    raise AssertionError("asked for what nobody needs")


def test_estimators_that_only_need_clusters_do_not_pay_for_matrices(monkeypatch):
    relation = Entailment(tiny("bert"), cache=False)
    monkeypatch.setattr(Entailment, "compare", _must_not_run)
    lazily = DiscreteSemanticEntropy().score(BATCH, relation)
    monkeypatch.undo()
    monkeypatch.setattr(
        Entailment, "cluster", _must_not_run
    )  # with a neighbour that needs the matrix, one pass serves both
    both = evaluate([DiscreteSemanticEntropy(), KernelLanguageEntropy()], BATCH, relation)
    np.testing.assert_allclose(lazily, both["DiscreteSemanticEntropy"])


def test_an_unknown_rule_is_refused():
    with pytest.raises(InvalidParameter, match="equivalence: expected one of"):
        Entailment(tiny("bert"), cache=False).cluster(BATCH, "both")
