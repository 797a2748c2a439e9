"""`Cascade`: the small model where it is sure, the large one where not, and a promise that holds."""

import functools
import itertools

import numpy as np
import pytest
from scipy.stats import binom

from semuq import Cascade, InvalidParameter, SampleSet
from semuq import Entailment as CachedEntailment
from semuq.graphs import greedy
from semuq.relations.base import ClusteringRelation
from semuq.relations.entailment.cascade_fit import Asked, fit_threshold, questions_needed
from tests.tiny import tiny

Entailment = functools.partial(CachedEntailment, cache=False)
WORDS = ("paris", "lyon", "it is paris", "a city", "not paris", "42", "43", "yes", "no")
BATCH = [
    SampleSet(prompt=f"question {index}?", texts=[WORDS[(index * 7 + step * step) % len(WORDS)] for step in range(5)])
    for index in range(40)
]


def models(**options):
    return Entailment(tiny("bert"), **options), Entailment(tiny("roberta"), **options)


def stacked(scores):
    return np.stack([scores.entailment, scores.neutral, scores.contradiction])


@pytest.fixture(scope="module")
def matrices():
    """What each model says by itself."""
    return [[stacked(own) for own in model.compare(BATCH)] for model in models()]


@pytest.fixture(scope="module")
def middle(matrices):
    """The median margin of the small model: half of the pairs go on."""
    margins = np.concatenate([own[i, j] for own, (i, j) in off_diagonal(matrices[0])])
    return float(np.median(margins))


def off_diagonal(matrices):
    for matrix in matrices:
        ranked = np.sort(matrix, axis=0)
        yield ranked[2] - ranked[1], np.nonzero(matrix[0] < 1)


@pytest.mark.parametrize("threshold", [0.0, "middle", 1.0])
def test_each_pair_is_the_models_that_the_margin_says(matrices, middle, threshold):
    threshold = middle if threshold == "middle" else threshold
    cascade = Cascade(*models(), threshold=threshold)
    for small, large, scores in zip(*matrices, cascade.compare(BATCH), strict=True):
        got = stacked(scores)
        for i, j in itertools.product(range(len(scores)), repeat=2):
            first, second = sorted(small[:, i, j])[:0:-1]
            wanted = large if first - second <= threshold else small
            np.testing.assert_allclose(got[:, i, j], wanted[:, i, j], atol=1e-6)


def test_the_report_counts_what_went_on(middle):
    _, report = Cascade(*models(), threshold=middle).compare_with_report(BATCH)
    assert report.small.pairs == Entailment(tiny("bert")).compare_with_report(BATCH)[1].pairs
    assert 0 < report.large.pairs < report.small.pairs
    assert report.share == pytest.approx(0.5, abs=0.1)
    assert Cascade(*models(), threshold=1.0).compare_with_report(BATCH)[1].share == 1
    assert np.isnan(Cascade(*models(), threshold=1.0).compare_with_report(SampleSet(prompt="?", texts=["a"]))[1].share)


@pytest.mark.parametrize("equivalence", ["strict", "relaxed"])
def test_clusters_are_those_of_the_matrices_for_fewer_pairs(middle, equivalence):
    cascade = Cascade(*models(guard="on"), threshold=middle)
    assert isinstance(cascade, ClusteringRelation)
    scores, full = cascade.compare_with_report(BATCH)
    clusters, lazy = cascade.cluster_with_report(BATCH, equivalence)
    for own, ids in zip(scores, clusters, strict=True):
        np.testing.assert_array_equal(ids, greedy(own.equivalence(equivalence)))
    assert lazy.small.pairs < full.small.pairs
    assert lazy.large.pairs < full.large.pairs


def test_the_guard_is_that_of_the_large_model():
    samples = SampleSet(prompt="how many?", texts=("42", "forty-two", "43"))
    small, large = models()
    guarded = Cascade(small, Entailment(tiny("roberta"), guard="on"), threshold=0.0).compare(samples)[0]
    assert guarded.entailment[0, 1] == guarded.entailment[1, 0] == 1
    assert guarded.entailment[0, 2] == 0
    plain = Cascade(Entailment(tiny("bert"), guard="on"), large, threshold=0.0).compare(samples)[0]
    assert 0 < plain.entailment[0, 2] < 1


def test_equal_models_are_that_model():
    one = Entailment(tiny("bert"))
    for own, scores in zip(one.compare(BATCH), Cascade(one, one, threshold=0.4).compare(BATCH), strict=True):
        np.testing.assert_allclose(scores.entailment, own.entailment, atol=1e-6)


def test_progress_ends_at_the_number_of_pairs(middle):
    calls = []
    cascade = Cascade(*models(token_budget=64), threshold=middle)
    _, report = cascade.compare_with_report(BATCH, progress=lambda *call: calls.append(call))
    assert calls[-1] == (report.small.pairs, report.small.pairs)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


class TestFit:
    def test_the_threshold_is_the_lowest_that_an_exact_test_lets_pass(self, matrices):
        """Against the definition: every pair by hand, binomial tails by scipy, no early stop."""
        fitted = Cascade(*models()).fit(BATCH, agreement=0.8, confidence=0.9, per="question")
        worst = []
        for small, large in zip(*matrices, strict=True):
            differs = small.argmax(axis=0) != large.argmax(axis=0)
            ranked = np.sort(small, axis=0)
            worst.append((ranked[2] - ranked[1])[differs].max(initial=-1.0))
        worst = np.array(worst)
        passes = {t: binom.cdf((worst > t).sum(), len(BATCH), 0.2) <= 0.1 for t in np.linspace(0, 1, 1001)}
        assert passes[1.0]
        lowest = min(t for t, passed in passes.items() if passed)
        assert fitted.threshold == pytest.approx(lowest, abs=0.00101)
        assert fitted.threshold <= lowest
        errors = int((worst > fitted.threshold).sum())
        assert fitted.guarantee.observed == pytest.approx(1 - errors / len(BATCH))
        assert fitted.guarantee.bound >= 0.8
        # Clopper-Pearson by its definition: at the bound, as few errors have probability 1 - confidence.
        assert binom.cdf(errors, len(BATCH), 1 - fitted.guarantee.bound) == pytest.approx(0.1)

    def test_what_was_promised_is_seen_and_counted(self):
        fitted = Cascade(*models()).fit(BATCH, agreement=0.9, confidence=0.9)
        _, report = fitted.compare_with_report(BATCH)
        unique = Cascade(*models(), threshold=fitted.threshold)
        assert fitted.guarantee.questions == len(BATCH)
        assert report.share == pytest.approx(fitted.guarantee.share, abs=0.05)
        assert fitted.identity == unique.identity
        told = fitted.describe()
        assert "at least 90.00% of questions, with confidence 90%" in told
        assert "40 it was fitted on" in told

    def test_a_pair_of_each_question_is_all_that_the_large_model_is_asked(self, monkeypatch):
        asked = {}
        ask = CachedEntailment.ask

        def counted(self, sides, pairs, progress=None):
            asked[self.model[0].config.model_type] = asked.get(self.model[0].config.model_type, 0) + len(pairs)
            return ask(self, sides, pairs, progress)

        monkeypatch.setattr(CachedEntailment, "ask", counted)
        Cascade(*models()).fit(BATCH, agreement=0.9, confidence=0.9)
        assert asked["roberta"] <= len(BATCH) < asked["bert"]

    def test_the_same_seed_gives_the_same_cascade(self):
        options = {"agreement": 0.9, "confidence": 0.9}
        assert Cascade(*models()).fit(BATCH, **options).guarantee == Cascade(*models()).fit(BATCH, **options).guarantee

    def test_equal_models_send_nothing_on(self):
        one = Entailment(tiny("bert"))
        fitted = Cascade(one, one).fit(BATCH, agreement=0.9, confidence=0.9)
        assert fitted.threshold == 0
        assert fitted.guarantee.observed == 1

    def test_models_that_never_agree_send_everything_on(self):
        asked = [Asked(margins=np.array([0.2, 0.9999999]), worst=0.9999999)] * 50
        found = fit_threshold(asked, agreement=0.9, confidence=0.9, per="pair")
        assert (found.threshold, found.share, found.observed) == (1.0, 1.0, 1.0)

    def test_too_few_questions_say_how_many_would_do(self):
        with pytest.raises(InvalidParameter, match=r"^batch: expected at least 299 questions .* 0.99 .* 0.95, got 40"):
            Cascade(*models()).fit(BATCH)

    @pytest.mark.parametrize(
        ("agreement", "confidence"), [(0.99, 0.95), (0.9, 0.9), (0.5, 0.5), (0.999, 0.99), (0.75, 0.9375), (0.1, 0.2)]
    )
    def test_the_number_that_would_do_does_and_one_less_does_not(self, agreement, confidence):
        needed = questions_needed(agreement, confidence)
        asked = [Asked(margins=np.array([0.5]), worst=-1.0)] * needed
        assert fit_threshold(asked, agreement=agreement, confidence=confidence, per="pair").threshold == 0
        with pytest.raises(InvalidParameter, match=f"at least {needed:,} questions"):
            fit_threshold(asked[1:], agreement=agreement, confidence=confidence, per="pair")

    def test_questions_that_no_model_decides_prove_nothing(self):
        empty = [SampleSet(prompt="?", texts=("same", "same"))] * 500
        with pytest.raises(InvalidParameter, match="got 0"):
            Cascade(*models()).fit(empty)

    def test_the_promise_is_kept(self):
        """Of many fits at confidence 0.8, no more than a fifth may break an agreement of 0.9, whatever the models.

        The small model errs with a probability that falls with its margin, so that the true agreement at each
        threshold is known: 1 - integral of the error rate above it.
        """
        rng = np.random.default_rng(0)
        fits, broken = 100, 0
        for _ in range(fits):
            margins = rng.random(150)
            wrong = rng.random(150) < 0.6 * (1 - margins)
            asked = [
                Asked(margins=np.array([margin]), worst=margin if error else -1.0)
                for margin, error in zip(margins, wrong, strict=True)
            ]
            threshold = fit_threshold(asked, agreement=0.9, confidence=0.8, per="pair").threshold
            broken += 0.3 * (1 - threshold) ** 2 > 0.1
        # 20 are expected at most; 30 is 2.5 standard deviations above. Far fewer would be a test without power.
        assert fits * 0.05 < broken <= 30

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"agreement": 1.0}, r"^agreement: expected a number in \(0, 1\), got 1.0"),
            ({"confidence": 0}, r"^confidence: expected a number in \(0, 1\), got 0"),
            ({"per": "answer"}, r"^per: expected one of \('pair', 'question'\), got 'answer'"),
        ],
    )
    def test_bad_options_name_themselves(self, options, message):
        with pytest.raises(InvalidParameter, match=message):
            Cascade(*models()).fit(BATCH, **options)


def test_without_a_threshold_it_says_what_to_do():
    cascade = Cascade(*models())
    for call in (cascade.compare, cascade.cluster):
        with pytest.raises(InvalidParameter, match=r"^Cascade.threshold: expected a number in \[0, 1\], got None; use"):
            call(BATCH)
    assert cascade.describe() == "Not fitted."
    assert Cascade(*models(), threshold=0.5).describe().startswith("No guarantee")


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), "high", True])
def test_bad_thresholds_are_refused(threshold):
    with pytest.raises(InvalidParameter, match=r"^Cascade.threshold: expected None or a number in \[0, 1\]"):
        Cascade(*models(), threshold=threshold)


def test_models_that_read_other_pairs_are_refused():
    with pytest.raises(InvalidParameter, match=r"^Cascade.small: expected context='none' as of the large one, got 'q"):
        Cascade(Entailment(tiny("bert")), Entailment(tiny("roberta"), context="none"))
    with pytest.raises(InvalidParameter, match=r"^Cascade.large: expected an Entailment, got 'large'"):
        Cascade(Entailment(tiny("bert")), "large")


def test_an_unknown_rule_is_refused():
    with pytest.raises(InvalidParameter, match=r"^equivalence: expected one of"):
        Cascade(*models(), threshold=0.5).cluster(BATCH, "loose")
