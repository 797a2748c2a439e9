"""`LexicalSimilarity` against rouge-score, scikit-learn and literal formulas."""

import importlib.util
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq import InvalidParameter, MissingExtra, SampleSet
from semuq.relations import lexical
from semuq.relations.lexical import LexicalSimilarity
from semuq.text import words

WORDS = st.sampled_from(["red", "blue", "sun", "moon", "tree", "42"])
TEXTS = st.lists(st.lists(WORDS, max_size=7).map(" ".join), min_size=1)
MEASURES = ("rouge-l", "jaccard", "token-f1")


def similarity(texts, measure):
    return LexicalSimilarity(measure=measure).compare(SampleSet(prompt="?", texts=texts))[0].entailment


def lcs(a, b):
    """Longest common subsequence by the textbook's table."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    return table[-1, -1]


def literal(a, b, measure):
    a, b = a.split(), b.split()
    if not a or not b:
        return float(a == b)
    if measure == "rouge-l":
        precision, recall = lcs(a, b) / len(a), lcs(a, b) / len(b)
        return 2 * precision * recall / (precision + recall) if precision else 0.0
    if measure == "jaccard":
        return len({*a} & {*b}) / len({*a} | {*b})
    return 2 * (Counter(a) & Counter(b)).total() / (len(a) + len(b))


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None)  # the first example imports a package
@given(texts=TEXTS)
def test_values_are_those_of_the_formulas(measure, texts):
    expected = [[literal(a, b, measure) for b in texts] for a in texts]
    np.testing.assert_allclose(similarity(texts, measure), expected, atol=1e-12)


@pytest.mark.skipif(not importlib.util.find_spec("rouge_score"), reason="the peer package is not installed")
@settings(deadline=None)  # the first example imports a package
@given(texts=TEXTS)
def test_rouge_l_is_that_of_the_package_rouge_score(texts):
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"])
    ours = similarity(texts, "rouge-l")
    for i, a in enumerate(texts):
        for j, b in enumerate(texts):
            if a and b:  # of two texts without words, the package says 0
                assert ours[i, j] == pytest.approx(scorer.score(a, b)["rougeL"].fmeasure, abs=1e-12)


def test_jaccard_and_f1_differ_in_repetition_and_rouge_in_order():
    texts = ("new york new york", "new york", "york new")
    assert similarity(texts, "jaccard")[0, 1] == 1
    assert similarity(texts, "token-f1")[0, 1] == pytest.approx(2 / 3)
    assert similarity(texts, "token-f1")[1, 2] == 1
    assert similarity(texts, "rouge-l")[1, 2] == pytest.approx(0.5)


@pytest.mark.parametrize("measure", MEASURES)
def test_other_scripts_and_nothing(measure):
    texts = ("東京タワー", "東京", "大阪", "Привет мир", "привет, мир!", "", " ")
    ours = similarity(texts, measure)
    assert 0 < ours[0, 1] < 1
    assert ours[1, 2] == 0
    assert ours[3, 4] == 1
    assert ours[5, 6] == 1
    assert not ours[5, :5].any()


def test_words_are_normalised():
    assert words("The U.S. won 4.5 to -3!") == ["u", "s", "won", "4.5", "to", "-3"]


def test_the_threshold_decides_equivalence():
    samples = SampleSet(prompt="?", texts=("red sun tree", "red sun moon"))
    assert LexicalSimilarity(threshold=0.6).compare(samples)[0].equivalence().all()
    assert not LexicalSimilarity(threshold=0.7).compare(samples)[0].equivalence()[0, 1]


def test_bad_parameters_are_refused():
    with pytest.raises(InvalidParameter, match=r"LexicalSimilarity\.measure: expected one of .*'rouge-l'.* got 'bleu'"):
        LexicalSimilarity(measure="bleu")
    for bad in (-0.1, 1.1, float("nan"), True, "0.5"):
        with pytest.raises(InvalidParameter, match=r"LexicalSimilarity\.threshold: expected a number in \[0, 1\]"):
            LexicalSimilarity(threshold=bad)


def test_a_missing_package_is_named_and_the_others_do_without(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    samples = SampleSet(prompt="?", texts=("a b", "b c"))
    with pytest.raises(MissingExtra, match=r"pip install 'semuq\[lexical\]'"):
        LexicalSimilarity().compare(samples)
    assert len(LexicalSimilarity(measure="jaccard").compare(samples)) == 1


@pytest.mark.parametrize("measure", MEASURES)
def test_sixty_four_long_answers_take_no_time(measure):
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{number}" for number in rng.integers(0, 500, 200)) for _ in range(64)]
    start = time.perf_counter()
    similarity(texts, measure)
    assert time.perf_counter() - start < 5  # 2,016 pairs of 200 words; a loop in Python takes a minute


@pytest.mark.parametrize("measure", MEASURES)
def test_of_long_answers_the_first_words_are_compared_and_that_is_counted(measure, monkeypatch):
    monkeypatch.setattr(lexical, "LONGEST", 4)
    monkeypatch.setattr(lexical, "CHARACTERS", 30)
    texts = ("w x y z one", "w x y z two", "w x y z", "w x", "w " * 15 + "and more")
    scores = LexicalSimilarity(measure=measure).compare(SampleSet(prompt="?", texts=texts))[0]
    assert scores.truncated == 3
    assert scores.entailment[0, 1] == scores.entailment[0, 2] == 1
    assert scores.entailment[0, 3] == similarity(("w x y z", "w x"), measure)[0, 1]


def test_answers_of_megabytes_are_compared_as_their_first_words_are():
    long = ["a " * 600_000 + "b", "a " * 600_000 + "c"]
    assert LexicalSimilarity().compare(SampleSet(prompt="?", texts=long))[0].truncated == 2
