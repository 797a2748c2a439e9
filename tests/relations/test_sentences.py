"""`SentenceEntailment` is the minimum over sentences of the best passage, by the scores of `Entailment`."""

import functools
import itertools

import numpy as np
import pytest

from semuq import Entailment as CachedEntailment
from semuq import InvalidParameter, SampleSet, SentenceEntailment
from semuq.relations.entailment import sentences as module
from semuq.text import sentences
from tests.tiny import tiny

Entailment = functools.partial(CachedEntailment, cache=False)
SINGLE = [
    SampleSet(prompt="where?", texts=("paris", "it is paris.", "- lyon", "paris", "", "...")),
    SampleSet(prompt="when?", texts=("42", "43", "not 42 ")),
]
LONG = [
    SampleSet(
        prompt="where?",
        texts=(
            "It is Paris. It is a city. It is not Lyon.",
            "Paris. A city.",
            "It is Paris. It is not Lyon.",
            "Lyon",
            "Paris. A city.",
        ),
    ),
    SampleSet(prompt="when?", texts=("42. Not 43. Yes.", "43! It is 43.")),
]


def stacked(scores):
    return np.stack([scores.entailment, scores.neutral, scores.contradiction])


def by_hand(samples, size):
    """(3, n, n), the formula read aloud: every passage and sentence asked about by itself."""
    ask = Entailment(tiny("bert"))
    n = len(samples)
    result = np.zeros((3, n, n))
    for i, j in itertools.product(range(n), repeat=2):
        if samples.texts[i] == samples.texts[j]:
            result[:, i, j] = (1, 0, 0)
            continue
        own, other = sentences(samples.texts[i]), sentences(samples.texts[j])
        passages = [samples.texts[i]]
        if size is not None and len(own) > size:
            passages = [" ".join(own[k : k + size]) for k in range(len(own) - size + 1)]
        if len(other) == 1:
            other = [samples.texts[j]]
        entailed, contradicted = [], []
        for sentence in other:
            triples = []
            for passage in passages:
                scores = stacked(ask.compare(SampleSet(prompt=samples.prompt, texts=(passage, sentence)))[0])
                triples.append(scores[:, 0, 1])
            best = max(triples, key=lambda triple: triple[0])
            entailed.append(best[0])
            contradicted.append(best[2])
        entailment = min(entailed)
        contradiction = min(max(contradicted), 1 - entailment)
        result[:, i, j] = (entailment, 1 - entailment - contradiction, contradiction)
    return result


@pytest.mark.parametrize("size", [None, 1, 2])
def test_scores_are_those_of_the_formula(size):
    relation = SentenceEntailment(Entailment(tiny("bert")), premise=size)
    for samples, scores in zip(LONG, relation.compare(LONG), strict=True):
        np.testing.assert_allclose(stacked(scores), by_hand(samples, size), atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*compared as normalised text")  # "..."
@pytest.mark.parametrize("size", [None, 1, 3])
@pytest.mark.parametrize("context", ["question", "none"])
@pytest.mark.filterwarnings("ignore:.*were compared as normalised text:UserWarning")
def test_answers_of_one_sentence_score_as_by_entailment(size, context):
    plain = Entailment(tiny("bert"), context=context)
    for own, scores in zip(plain.compare(SINGLE), SentenceEntailment(plain, premise=size).compare(SINGLE), strict=True):
        np.testing.assert_array_equal(stacked(scores), stacked(own))


def test_a_sentence_without_support_is_seen_where_a_whole_answer_hides_it():
    """On the model inside the package, to which these two answers are most probably equal as wholes."""
    samples = SampleSet(
        prompt="Who was Marie Curie?",
        texts=(
            "Marie Curie was a physicist and chemist. She was born in Warsaw. She won two Nobel Prizes. "
            "She died in 1934.",
            "Marie Curie was born in Warsaw. She won two Nobel Prizes. She was a physicist and chemist.",
        ),
    )
    whole = CachedEntailment(cache=False, threshold="label")
    assert whole.compare(samples)[0].equivalence()[0, 1]
    scores = SentenceEntailment(whole).compare(samples)[0]
    assert scores.entailment[1, 0] < 0.5 < scores.entailment[0, 1]


def test_more_sentences_never_raise_the_entailment():
    base = "It is Paris."
    longer = [base, f"{base} A city.", f"{base} A city. Not 42.", f"{base} A city. Not 42. Yes."]
    for premise in ("Lyon", "A city. Yes."):
        relation = SentenceEntailment(Entailment(tiny("bert")))
        # Of one sentence the whole answer is asked about, as it stands; here that is the sentence.
        values = [
            relation.compare(SampleSet(prompt="?", texts=(premise, hypothesis)))[0].entailment[0, 1]
            for hypothesis in longer
        ]
        assert values == sorted(values, reverse=True)


def test_equal_sentences_are_asked_about_once():
    texts = ("It is Paris. A city.", "A city. It is Paris.", "It is Paris. Yes.")
    relation = SentenceEntailment(Entailment(tiny("bert")), premise=1)
    _, report = relation.compare_with_report([SampleSet(prompt="?", texts=texts)] * 3)
    assert report.pairs == 3 * 2  # of three distinct sentences


def test_windows_do_not_change_anything(monkeypatch):
    relation = SentenceEntailment(Entailment(tiny("bert")), premise=1)
    whole = relation.compare(LONG)
    monkeypatch.setattr(module, "WINDOW_PAIRS", 1)
    for a, b in zip(whole, relation.compare(LONG), strict=True):
        np.testing.assert_allclose(stacked(a), stacked(b), atol=1e-6)


def test_the_guard_sees_whole_answers():
    samples = SampleSet(prompt="how many?", texts=("42", "forty-two", "43"))
    scores = SentenceEntailment(Entailment(tiny("bert"), guard="on")).compare(samples)[0]
    assert scores.entailment[0, 1] == 1
    assert scores.entailment[0, 2] == 0


def test_pairs_come_from_the_cache_the_second_time(tmp_path):
    relation = SentenceEntailment(CachedEntailment(tiny("bert"), cache=tmp_path / "scores.sqlite3"))
    cold, report = relation.compare_with_report(LONG)
    warm, again = SentenceEntailment(
        CachedEntailment(tiny("bert"), cache=tmp_path / "scores.sqlite3")
    ).compare_with_report(LONG)
    assert (again.forwards, again.cached) == (0, report.pairs)
    for a, b in zip(cold, warm, strict=True):
        np.testing.assert_array_equal(stacked(a), stacked(b))


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "all"])
def test_bad_options_name_themselves(size):
    with pytest.raises(InvalidParameter, match=r"^SentenceEntailment.premise: expected None or an integer >= 1, got"):
        SentenceEntailment(premise=size)
    with pytest.raises(InvalidParameter, match=r"^SentenceEntailment.entailment: expected an Entailment, got"):
        SentenceEntailment("model")
