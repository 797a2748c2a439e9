"""Signal: any estimator on a scale from 0 to 1, and groups that cannot be scored."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from semuq import (
    DiscreteSemanticEntropy,
    ExactMatch,
    KernelLanguageEntropy,
    SemanticEmbeddingUncertainty,
    SemanticEntropy,
)
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.base import PerQuestionEstimator
from semuq.evidence import Need
from semuq.graphs import greedy
from semuq_rl import GroupBatch, Signal, extract_boxed, seed_grpo
from semuq_rl.groups.answers import Alone, answer_samples, set_apart, whole_text
from semuq_rl.groups.signals import merge_results, read_signal


def groups(*texts, mask=None, **more):
    g = max(map(len, texts))
    padded = [[*own, *[""] * (g - len(own))] for own in texts]
    mask = [[k < len(own) for k in range(g)] for own in texts] if mask is None else mask
    prompts = [f"q{p}" for p in range(len(texts))]
    return GroupBatch(prompts=prompts, texts=padded, rewards=np.zeros((len(texts), g)), mask=mask, **more)


def with_logprobs(*texts):
    g = max(map(len, texts))
    return groups(
        *texts,
        token_mask=np.ones((len(texts), g, 2), dtype=bool),
        logprobs=np.full((len(texts), g, 2), -0.5),
        logprobs_source="old",
    )


class Letters:
    """Embeds a text by the letters a to d."""

    def embed(self, texts):
        return np.array([[text.count(letter) + 0.01 for letter in "abcd"] for text in texts])


@dataclass(frozen=True, kw_only=True)
class Picky(PerQuestionEstimator):
    """Fails on a group that holds a given answer."""

    calls: ClassVar[list] = []
    units: ClassVar = "dimensionless"
    papers: ClassVar = ()
    min_samples: ClassVar = 2
    error: type = ValueError

    def bounds(self, n):
        return (0.0, 1.0)

    def _score_one(self, view):
        if "bad" in view.samples.texts:
            raise self.error("cannot read this")
        return 0.25


COUNTED = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())


def test_ragged_groups_are_put_on_their_own_scale():
    batch = groups(["1", "1", "2", "2"], ["1", "2"], ["1", "1", "1"], ["1"])
    result = COUNTED.measure(batch)
    np.testing.assert_allclose(result.values, [np.log(2) / np.log(4), 1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(result.raw, [np.log(2), np.log(2), 0.0, 0.0], atol=1e-12)
    assert result.failed == 0
    assert result.logprobs_source is None


@pytest.mark.parametrize(
    "signal",
    [
        COUNTED,
        Signal(estimator=SemanticEntropy(), relation=ExactMatch()),
        Signal(estimator=KernelLanguageEntropy(), relation=ExactMatch()),
        Signal(estimator=SemanticEmbeddingUncertainty(), embedder=Letters()),
    ],
    ids=lambda signal: type(signal.estimator).__name__,
)
def test_any_estimator_ranks_agreement_below_scatter(signal):
    result = signal.measure(with_logprobs(["aa", "aa", "aa"], ["aa", "bb", "cc"]))
    assert result.known.all()
    assert 0 <= result.values[0] < result.values[1] <= 1
    # One batch gives what singles give.
    alone = signal.measure(with_logprobs(["aa", "bb", "cc"]))
    np.testing.assert_allclose(alone.values[0], result.values[1])


def test_the_source_of_the_logprobs_is_kept():
    signal = Signal(estimator=SemanticEntropy(), relation=ExactMatch())
    assert signal.measure(with_logprobs(["1", "2"])).logprobs_source == "old"


def test_a_group_without_answers_is_unknown_and_counted():
    signal = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=extract_boxed)
    batch = groups(["?", "??"], [r"\boxed{1}", r"\boxed{2}"])
    result = signal.measure(batch)
    assert result.known.tolist() == [False, True]
    assert result.reasons == {0: "none of 2 rollouts could be parsed"}
    assert (result.failed, result.unparsable) == (1, 2)
    assert np.isnan(result.raw[0])
    damp = seed_grpo(alpha=1.0)
    after, _ = damp.update(np.array([[0.3, -0.3], [0.3, -0.3]]), damp.init(), signal=result)
    assert after.tolist() == [[0.3, -0.3], [0.0, 0.0]]


@pytest.mark.parametrize(("unparsable", "expected"), [("alone", np.log(3) / np.log(3)), ("drop", 0.0)])
def test_rollouts_without_an_answer(unparsable, expected):
    signal = Signal(
        estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=extract_boxed, unparsable=unparsable
    )
    result = signal.measure(groups(["hm", "hm", r"\boxed{1}"]))
    np.testing.assert_allclose(result.values, [expected], atol=1e-12)
    assert result.unparsable == 2


def test_an_estimator_of_what_rollouts_do_not_carry_is_refused():
    @dataclass(frozen=True, kw_only=True)
    class Deep(Picky):
        needs: ClassVar = frozenset({Need.HIDDEN_STATES})

    with pytest.raises(MissingEvidence, match=r"Deep needs hidden states, which rollouts do not carry; take"):
        Signal(estimator=Deep())


def test_token_entropies_reach_the_estimator():
    @dataclass(frozen=True, kw_only=True)
    class MeanEntropy(Picky):
        needs: ClassVar = frozenset({Need.TOKEN_ENTROPIES})

        def _score_one(self, view):
            return float(np.mean([own.mean() for own in view.samples.token_entropies]))

    signal = Signal(estimator=MeanEntropy())
    mask = [[[True, True], [True, False]]]
    batch = groups(["1", "2"], token_mask=mask, entropies=[[[0.2, 0.4], [0.5, 9.0]]])
    np.testing.assert_allclose(signal.measure(batch).values, [0.4])
    with pytest.raises(MissingEvidence, match=r"entropies: MeanEntropy needs"):
        signal.measure(groups(["1", "2"]))


ROLLOUTS = [r"\boxed{1}", "hm", r"\boxed{2}", r"\boxed{1}", "hm"]


def test_alone_fills_the_matrices_around_the_answers():
    samples, places = answer_samples(groups(ROLLOUTS), 0, extract_boxed)
    assert places.tolist() == [0, 1, 2, 3, 4]
    scores = set_apart(ExactMatch(), [samples]).compare([samples])[0]
    expected = np.eye(5)
    expected[0, 3] = expected[3, 0] = 1
    assert (scores.entailment == expected).all()
    assert (scores.contradiction == 1 - expected).all()
    assert (scores.neutral == 0).all()


def test_alone_clusters_where_the_relation_can():
    class Clustering(ExactMatch):
        seen: ClassVar[list] = []

        def cluster(self, batch, equivalence="strict"):
            self.seen.extend(batch)
            return [greedy(scores.equivalence(equivalence)) for scores in self.compare(batch)]

    signal = Signal(estimator=DiscreteSemanticEntropy(), relation=Clustering(), extract=extract_boxed)
    batch = groups(ROLLOUTS, [r"\boxed{3}", r"\boxed{3}"])
    full = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=extract_boxed)
    np.testing.assert_array_equal(signal.measure(batch).values, full.measure(batch).values)
    # The relation sees answers only.
    assert [samples.texts for samples in Clustering.seen] == [("1", "2", "1"), ("3", "3")]
    samples, _ = answer_samples(batch, 0, extract_boxed)
    assert set_apart(Clustering(), [samples]).cluster([samples])[0].tolist() == [0, 1, 2, 0, 3]


def test_all_parsable_leaves_the_relation_as_it_is():
    relation = ExactMatch()
    samples, _ = answer_samples(groups(["1", "2"]), 0, whole_text)
    assert set_apart(relation, [samples]) is relation


def test_alone_is_said_in_the_identity_and_keeps_the_facts():
    alone = Alone(relation=ExactMatch())
    assert alone.identity == "exact/normalise=True/unparsable=alone"
    assert (alone.kind, alone.symmetric) == ("equivalence", True)


def test_a_rollout_without_tokens_has_no_likelihood_but_counts():
    texts = [["1", "2", "2"], ["3", "4", "5"]]
    token_mask = np.ones((2, 3, 2), dtype=bool)
    token_mask[0, 2] = token_mask[1] = False
    batch = groups(*texts, token_mask=token_mask, logprobs=np.full((2, 3, 2), -0.5), logprobs_source="old")
    result = Signal(estimator=SemanticEntropy(), relation=ExactMatch()).measure(batch)
    assert result.values.tolist() == [1.0, 0.0]
    assert result.reasons == {1: "none of 3 rollouts could be parsed and has tokens"}
    assert {p: own.tolist() for p, own in result.clusters.items()} == {0: [0, 1, -1]}
    counted = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch()).measure(batch)
    assert {p: own.tolist() for p, own in counted.clusters.items()} == {0: [0, 1, 1], 1: [0, 1, 2]}


def test_clusters_are_those_of_the_estimator():
    dropped = Signal(
        estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=extract_boxed, unparsable="drop"
    ).measure(groups([r"\boxed{1}", "?", r"\boxed{2}", r"\boxed{1}"], ["?", "?"]))
    assert {p: own.tolist() for p, own in dropped.clusters.items()} == {0: [0, -1, 1, 0]}
    assert not Signal(estimator=SemanticEmbeddingUncertainty(), embedder=Letters()).measure(groups(["a", "b"])).clusters


@pytest.mark.parametrize("shares", [[[0, 2], [1, 3]], [[3, 1, 0], [2]]])
def test_measuring_in_parts_is_measuring_at_once(shares):
    batch = groups(["1", "2"], ["bad", "1"], ["3", "3"], ["4", "5"], ["6", "6"])
    signal = Signal(
        estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=lambda text: {"bad": None}.get(text, text)
    )
    whole = signal.measure(batch.take(range(4)))
    merged = merge_results([signal.measure(batch.take(share)) for share in shares], shares, 4)
    for name in ("values", "known", "raw"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name))
    assert merged.reasons == whole.reasons
    assert merged.unparsable == whole.unparsable == 1
    assert {p: own.tolist() for p, own in merged.clusters.items()} == {
        p: own.tolist() for p, own in whole.clusters.items()
    }


@pytest.mark.parametrize("error", [ValueError, ArithmeticError, ZeroDivisionError])
def test_one_bad_group_does_not_stop_the_others(error):
    result = Signal(estimator=Picky(error=error)).measure(groups(["1", "2"], ["bad", "1"], ["3", "4"], ["5"]))
    assert result.known.tolist() == [True, False, True, False]
    assert result.values.tolist() == [0.25, 0.0, 0.25, 0.0]
    assert result.reasons == {1: f"{error.__name__}: cannot read this", 3: "1 answers, 2 needed"}


def test_an_error_of_another_kind_is_not_swallowed():
    with pytest.raises(RuntimeError, match="cannot read"):
        Signal(estimator=Picky(error=RuntimeError)).measure(groups(["bad", "1"]))


def test_every_group_may_fail():
    result = Signal(estimator=Picky()).measure(groups(["bad", "1"]))
    assert result.failed == 1
    assert not result.known.any()


def test_unbounded_estimators_are_refused_with_the_fix():
    unbounded = SemanticEntropy(form="monte-carlo-clusters")
    with pytest.raises(InvalidParameter, match=r"finite bounds.*form='shannon'.*limits='log_n'"):
        Signal(estimator=unbounded, relation=ExactMatch())
    clipped = Signal(estimator=unbounded, relation=ExactMatch(), limits=(0.0, 0.5))
    result = clipped.measure(with_logprobs(["1", "2"], ["1", "1"]))
    assert result.values.tolist() == [1.0, 0.0]
    assert result.clipped == 1
    with pytest.raises(InvalidParameter, match="low < high, got"):
        Signal(estimator=unbounded, relation=ExactMatch(), limits=(1.0, 0.5))


def test_what_is_missing_for_all_is_an_error():
    with pytest.raises(MissingEvidence, match=r"Signal.relation: DiscreteSemanticEntropy .*ExactMatch\(\)"):
        Signal(estimator=DiscreteSemanticEntropy())
    with pytest.raises(MissingEvidence, match=r"Signal\.embedder"):
        Signal(estimator=SemanticEmbeddingUncertainty())
    with pytest.raises(MissingEvidence, match=r"logprobs: SemanticEntropy needs .*DiscreteSemanticEntropy"):
        Signal(estimator=SemanticEntropy(), relation=ExactMatch()).measure(groups(["1", "2"]))
    with pytest.raises(InvalidParameter, match=r"Signal\.estimator: expected an estimator"):
        Signal(estimator="entropy")
    with pytest.raises(InvalidParameter, match=r"Signal\.unparsable"):
        Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), unparsable="skip")


def test_the_relation_sees_the_whole_step_at_once():
    class Counting(ExactMatch):
        calls: ClassVar[list] = []

        def compare(self, batch):
            self.calls.append(len(batch))
            return super().compare(batch)

    Signal(estimator=DiscreteSemanticEntropy(), relation=Counting()).measure(groups(["1", "2"], ["3"], ["4", "4"]))
    assert Counting.calls == [3]


def test_read_signal_takes_lists_and_tensors():
    torch = pytest.importorskip("torch")
    for given in ([0.25, 1.0], np.array([0.25, 1.0]), torch.tensor([0.25, 1.0])):
        values, known = read_signal(given, 2)
        assert values.tolist() == [0.25, 1.0]
        assert known.all()
