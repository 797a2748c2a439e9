"""Scores by the stream: agreement with one-by-one estimators, windows, evidence, and lines of a file."""

import dataclasses
import json
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest

from semuq import (
    DiscreteSemanticEntropy,
    EigenScore,
    ExactMatch,
    Heat,
    InvalidParameter,
    InvalidSamples,
    InvEntropy,
    KernelLanguageEntropy,
    MissingEvidence,
    PredictiveEntropy,
    SampleSet,
    SemanticEmbeddingUncertainty,
    SemanticEntropy,
)
from semuq.estimators import ESTIMATORS
from semuq.evidence.needs import EMBEDDED, RELATED, Need
from semuq.numerics import entropy
from semuq.relations.base import RelationScores
from semuq.scoring import default_estimators, fingerprint, score_stream, source_key
from semuq.scoring.record import QuestionScore, read_scores
from semuq.testing.cases import MeaningEmbedder, NoisyEntailment, make_samples

WORDS = ("Paris", "paris.", "Lyon", "Nice", "", "Größe", "日本")


def questions(count, seed=0, logprobs=True):
    rng = np.random.default_rng(seed)
    for index in range(count):
        texts = [str(word) for word in rng.choice(WORDS, size=rng.integers(1, 8))]
        yield SampleSet(
            id=f"q{index}",
            prompt=f"Question {index}?",
            texts=texts,
            token_logprobs=[-rng.exponential(1, size=3) for _ in texts] if logprobs else None,
            references=("Paris",),
            metadata={"correct": bool(rng.integers(2))},
        )


class CountingMatch:
    """ExactMatch that counts its passes."""

    kind, symmetric, identity = "equivalence", True, "counting"

    def __init__(self):
        self.passes = []

    def compare(self, batch):
        self.passes.append(len(batch))
        return ExactMatch().compare(batch)


@pytest.mark.parametrize("window", [1, 3, 100])
def test_scores_are_those_of_the_estimators_one_by_one_whatever_the_window(window):
    batch = list(questions(10))
    estimators = [SemanticEntropy(), KernelLanguageEntropy()]
    results = list(score_stream(batch, estimators, NoisyEntailment(), window=window))
    assert [result.id for result in results] == [samples.id for samples in batch]
    for result, samples in zip(results, batch, strict=True):
        for estimator in estimators:
            assert result.by_estimator[repr(estimator)] == pytest.approx(estimator.score(samples, NoisyEntailment()))


def test_masses_are_those_whose_entropy_is_the_score_that_is_shown_beside_them():
    for result in score_stream(questions(20), None, NoisyEntailment()):
        assert sum(result.cluster_masses) == pytest.approx(1)
        assert entropy(result.cluster_masses) == pytest.approx(result.scores["SemanticEntropy"])
    for result in score_stream(questions(20, logprobs=False), None, NoisyEntailment()):
        assert entropy(result.cluster_masses) == pytest.approx(result.scores["DiscreteSemanticEntropy"])


def test_a_window_costs_one_pass_of_the_relation_whatever_the_number_of_estimators():
    relation = CountingMatch()
    list(score_stream(questions(10), None, relation, window=4))
    assert relation.passes == [4, 4, 2]


def test_the_default_set_is_what_each_question_has_the_evidence_for():
    mixed = [next(questions(1)), next(questions(1, logprobs=False)), next(questions(1, seed=1))]
    first, second, third = score_stream(mixed, None, ExactMatch())
    full = [repr(item) for item in default_estimators(mixed[0])]
    assert list(first.by_estimator) == list(third.by_estimator) == full
    assert list(first.scores) == ["SemanticEntropy", "DiscreteSemanticEntropy", "KernelLanguageEntropy"]
    assert list(second.scores) == ["DiscreteSemanticEntropy", "KernelLanguageEntropy"]
    assert (first.masses_from, second.masses_from) == ("likelihoods", "counts")


def test_an_estimator_without_its_evidence_is_refused_after_the_questions_before_it():
    mixed = [*questions(3), next(questions(1, logprobs=False))]
    stream = score_stream(mixed, [SemanticEntropy()], ExactMatch(), window=10)
    done = [next(stream).id for _ in range(3)]
    assert done == ["q0", "q1", "q2"]
    with pytest.raises(MissingEvidence, match="SemanticEntropy needs token_logprobs"):
        next(stream)


def test_a_source_that_breaks_loses_nothing_that_came_before():
    def broken():
        yield from questions(5)
        raise InvalidSamples("answers.jsonl, line 6: broken")

    stream = score_stream(broken(), None, ExactMatch())
    assert [next(stream).id for _ in range(5)] == ["q0", "q1", "q2", "q3", "q4"]
    with pytest.raises(InvalidSamples, match="line 6"):
        next(stream)


def test_the_source_is_read_a_window_at_a_time():
    read = []

    def source():
        for samples in questions(100):
            read.append(samples.id)
            yield samples

    stream = score_stream(source(), None, ExactMatch(), window=4)
    assert read == []
    next(stream)
    assert len(read) == 4


def test_memory_does_not_grow_with_the_number_of_questions():
    def long_answers(count):
        for samples in questions(count):
            yield SampleSet(prompt=samples.prompt, texts=[text * 2_000 for text in samples.texts])

    def peak(count):
        tracemalloc.start()
        for _ in score_stream(long_answers(count), None, ExactMatch(), window=8):
            pass
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(20)  # imports and caches
    assert peak(200) < 1.5 * peak(40)


@pytest.mark.parametrize("matrices", [True, False])
def test_a_line_of_a_file_gives_the_score_back(matrices):
    for result in score_stream(questions(10), None, NoisyEntailment(), matrices=matrices):
        again = QuestionScore.from_dict(json.loads(json.dumps(result.to_dict())))
        assert again == result
        assert again.scores == dict(result.scores)
        if matrices:
            assert np.allclose(again.relation_scores.entailment, result.relation_scores.entailment, atol=5e-5)
            assert np.allclose(again.relation_scores.neutral, result.relation_scores.neutral, atol=2e-4)
        else:
            assert again.relation_scores is None


@pytest.mark.parametrize(
    "scores",
    [
        RelationScores.from_equivalence(np.eye(2, dtype=bool)),
        RelationScores.from_similarity(np.array([[1.0, 0.25], [0.25, 1.0]]), threshold=0.7),
    ],
)
def test_equivalences_and_similarities_come_back_with_their_kind_and_threshold(scores):
    class Fixed:
        kind, symmetric, identity = scores.kind, True, "fixed"

        def compare(self, batch):
            return [scores for _ in batch]

    (result,) = score_stream([SampleSet(prompt="?", texts=("a", "b"))], None, Fixed())
    again = QuestionScore.from_dict(json.loads(json.dumps(result.to_dict()))).relation_scores
    assert (again.kind, again.threshold) == (scores.kind, scores.threshold)
    assert (again.contradiction == scores.contradiction).all()


def test_matrices_are_written_with_four_decimals():
    (result,) = score_stream([SampleSet(prompt="?", texts=("a", "b", "c"))], None, NoisyEntailment())
    values = np.array(result.to_dict()["relation_scores"]["entailment"])
    assert (values == np.round(values, 4)).all()
    assert not (result.relation_scores.entailment == values).all()


def test_the_fingerprint_changes_with_all_that_can_change_a_score_and_with_nothing_else():
    class Embedder:
        def __init__(self, identity):
            self.identity = identity

    one, other = SemanticEntropy(), SemanticEntropy(duplicates="count")
    embeds = [SemanticEmbeddingUncertainty()]
    prints = [
        fingerprint(None, ExactMatch()),
        fingerprint(None, ExactMatch(normalise=False)),
        fingerprint([one], ExactMatch()),
        fingerprint([other], ExactMatch()),
        fingerprint([one, other], ExactMatch()),
        fingerprint(embeds, ExactMatch(), Embedder("a")),
        fingerprint(embeds, ExactMatch(), Embedder("b")),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint([one, other], ExactMatch()) == fingerprint([other, one], ExactMatch())
    assert fingerprint([one], ExactMatch(), Embedder("a")) == fingerprint([one], ExactMatch())


def test_the_source_key_names_what_is_scored_and_not_what_is_graded():
    record = next(questions(1)).to_dict()
    key = source_key(SampleSet.from_dict(record))
    assert source_key(SampleSet.from_dict({**record, "references": ["x"], "metadata": {"correct": True}})) == key
    n = len(record["texts"])
    for change in ({"id": "other"}, {"prompt": "?"}, {"texts": ["x"] * n}, {"token_logprobs": [[-9.0]] * n}):
        assert source_key(SampleSet.from_dict({**record, **change})) != key


@pytest.mark.parametrize("window", [0, -1, 2.0, True])
def test_a_window_is_a_positive_int(window):
    with pytest.raises(InvalidParameter, match="window: expected a whole number >= 1"):
        next(score_stream(questions(1), None, ExactMatch(), window=window))


@pytest.mark.parametrize("estimators", [[], [SemanticEntropy(), SemanticEntropy()]])
def test_estimators_are_given_once_and_not_none_of_them(estimators):
    with pytest.raises(InvalidParameter, match="at least one, and each once"):
        next(score_stream(questions(1), estimators, ExactMatch()))


def test_no_question_gives_no_score():
    assert list(score_stream([], None, ExactMatch())) == []


def test_what_semuq_score_did_not_write_is_refused_with_file_and_line(tmp_path):
    good = next(score_stream(questions(1), None, ExactMatch())).to_dict()
    broken = [
        {"prompt": "?", "texts": ["a"]},
        {**good, "clusters": [0] * (len(good["texts"]) + 1)},
        {**good, "clusters": 3},
        {**good, "scores": {"SemanticEntropy()": "high"}},
        {**good, "scores": []},
        {**good, "cluster_masses": [1.0] * 9},
        {**good, "masses_from": "thin air"},
        {**good, "texts": "Paris"},
        {**good, "extra": 1},
        {**good, "relation_scores": {"kind": "equivalence", "entailment": [[1, 0], [0, 1]] * 9}},
        {**good, "relation_scores": {"kind": "equivalence"}},
    ]
    path = tmp_path / "scores.jsonl"
    for record in broken:
        path.write_text(json.dumps(good) + "\n" + json.dumps(record) + "\n")
        with pytest.raises(InvalidSamples, match=r"scores.jsonl, line 2: .*written by `semuq score`"):
            list(read_scores(path))
        errors = []
        assert len(list(read_scores(path, on_error=errors.append))) == 1
        assert len(errors) == 1


@dataclass(frozen=True)
class Named:
    """An embedder of this name."""

    identity: str

    def embed(self, texts):
        return np.ones((len(texts), 2))


@pytest.mark.parametrize(
    ("estimator", "matters"), [(EigenScore(), True), (InvEntropy(), True), (DiscreteSemanticEntropy(), False)], ids=repr
)
def test_settings_name_the_embedder_of_whatever_uses_one(estimator, matters):
    first, second = (fingerprint([estimator], ExactMatch(), Named(name)) for name in ("first", "second"))
    assert (first != second) is matters


def test_windows_grow_from_the_first_so_that_results_come_early():
    taken = []

    def source():
        for item in questions(20):
            taken.append(item)
            yield item

    early = score_stream(source(), None, ExactMatch(), window=8, first=1)
    seen = []
    for _ in range(20):
        next(early)
        seen.append(len(taken))
    assert seen == [1, 3, 3, 7, 7, 7, 7, *[15] * 8, *[20] * 5]
    assert list(score_stream(questions(20), None, ExactMatch(), window=8, first=1)) == list(
        score_stream(questions(20), None, ExactMatch())
    )


def test_two_of_one_class_keep_their_parameters_in_their_names_and_full_names_are_given_on_request():
    both = [KernelLanguageEntropy(), KernelLanguageEntropy(kernel=Heat(t=0.5))]
    (short,) = score_stream(questions(1), both, ExactMatch())
    (full,) = score_stream(questions(1), both, ExactMatch(), names="full")
    assert list(short.scores) == [f"KernelLanguageEntropy(kernel=Heat(t={t}))" for t in (0.3, 0.5)]
    assert list(full.scores) == list(short.by_estimator) == list(full.by_estimator) == [repr(item) for item in both]
    assert not full.estimators
    assert short.settings == full.settings
    with pytest.raises(InvalidParameter, match="names: expected one of"):
        next(score_stream(questions(1), both, ExactMatch(), names="long"))


def test_a_line_with_full_names_as_earlier_files_have_them_reads_as_it_was():
    (full,) = score_stream(questions(1), None, ExactMatch(), names="full")
    line = full.to_dict()
    assert "estimators" not in line
    assert QuestionScore.from_dict(line).by_estimator == full.by_estimator


@pytest.mark.parametrize(
    ("estimators", "message"),
    [
        ({"Nope": "Nope()"}, "expected the repr behind each name in scores, got 'Nope'"),
        ({"A": 3}, "expected the repr behind each name in scores, got 'A': 3"),
        ({"A": "X()", "B": "X()"}, "estimators: expected each once"),
    ],
)
def test_names_that_name_nothing_are_refused(estimators, message):
    (score,) = score_stream(questions(1), None, ExactMatch())
    line = score.to_dict() | {"scores": {"A": 1.0, "B": 2.0}, "estimators": estimators}
    with pytest.raises(InvalidSamples, match=message):
        QuestionScore.from_dict(line)


def with_a_gap(samples, answer=0):
    """The question without the log-probs of one answer."""
    known = [None if place == answer else own for place, own in enumerate(samples.token_logprobs)]
    return dataclasses.replace(samples, token_logprobs=known)


def test_a_question_with_a_gap_in_its_log_probs_has_no_likelihood_score_and_says_why():
    whole = [own for own in questions(12) if len(own) > 1]
    batch = [with_a_gap(own, 1) if place == 2 else own for place, own in enumerate(whole)]
    estimators = (SemanticEntropy(), DiscreteSemanticEntropy(), PredictiveEntropy())
    found = list(score_stream(batch, estimators, ExactMatch()))
    before = list(score_stream(whole, estimators, ExactMatch()))
    assert [own.to_dict() for place, own in enumerate(found) if place != 2] == [
        own.to_dict() for place, own in enumerate(before) if place != 2
    ]
    gap = found[2]
    by_likelihood, by_count, predictive = map(repr, estimators)
    assert gap.by_estimator == {by_count: before[2].by_estimator[by_count]}
    why = f"token_logprobs: expected those of all {len(gap)} answers, got none for answer 1"
    assert dict(gap.unscored) == {by_likelihood: why, predictive: why}
    assert gap.masses_from == "counts"
    assert QuestionScore.from_dict(json.loads(json.dumps(gap.to_dict()))) == gap


def test_every_estimator_that_needs_likelihoods_gives_nan_for_a_gap_and_the_same_for_its_neighbours():
    rng = np.random.default_rng(3)
    tried = 0
    for name in ESTIMATORS.names:
        kind = ESTIMATORS[name]
        estimator = kind.examples()[0]
        if Need.LIKELIHOODS not in estimator.needs:
            continue
        batch = [make_samples([0, 1, 1, 2], rng, tokens=4) for _ in range(3)]
        options = {"embedder": MeaningEmbedder()} if estimator.needs & EMBEDDED else {}
        relation = NoisyEntailment() if estimator.needs & RELATED else None
        alone = estimator.score(batch, relation, **options)
        with pytest.warns(
            UserWarning, match=rf"{kind.__name__}: no score \(NaN\) for 1 of 3 questions; samples\[1\].token"
        ):
            found = estimator.score([batch[0], with_a_gap(batch[1], 3), batch[2]], relation, **options)
        assert np.isnan(found[1])
        assert found[[0, 2]].tolist() == alone[[0, 2]].tolist()
        tried += 1
    assert tried > 10


def test_damaged_reasons_are_refused():
    record = next(score_stream(questions(1), None, ExactMatch())).to_dict()
    for unscored in ("x", {"A()": 3}, dict.fromkeys(record["estimators"].values(), "why")):
        with pytest.raises(InvalidSamples, match="unscored"):
            QuestionScore.from_dict(record | {"unscored": unscored})
