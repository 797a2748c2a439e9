"""What `Entailment` does with answers that its model cannot read, or reads in part; from where on it is believed."""

import functools
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from semuq import Entailment as CachedEntailment
from semuq import InvalidModel, InvalidParameter, SampleSet
from semuq.graphs import greedy
from semuq.relations.base import labels_of
from semuq.relations.entailment.readable import Reader, plain
from semuq.relations.entailment.stated import Stated, stated
from semuq.scoring.stream import score_stream
from tests.tiny import tiny

Entailment = functools.partial(CachedEntailment, cache=False, precision="fp32")
LATIN = Reader(frozenset({"LATIN"}), lambda text: 0.0)

UNREAD = [
    ("Астана", "Алматы"),
    ("北京", "上海"),
    ("ปารีส", "ลียง"),
    ("パリ", "リヨン"),
    ("파리", "리옹"),
    ("باريس", "ليون"),
    ("🙂", "🙃"),
    ("∪", "∩"),
    ("iBGELg7C6mC0416ABobhglKpnCa64LdhIBh8Go6Cope5DEoH", "DlFKIaKA661c8hKIka4i4jfFplpbk7kfLg1jcAFIbc3fGCj1"),
]


@pytest.mark.parametrize(("a", "b"), UNREAD)
def test_what_the_embedded_model_cannot_read_is_the_same_only_if_it_is_written_the_same(a, b):
    samples = SampleSet(prompt="Which one is it?", texts=(a, b, f" {a}", "Oslo"))
    with pytest.warns(UserWarning, match="compared as normalised text.*mDeBERTa"):
        (scores,), report = Entailment().compare_with_report(samples)
    assert scores.equivalence()[0].tolist() == [True, False, True, False]
    assert (scores.contradiction[0, 1], scores.entailment[0, 2]) == (1.0, 1.0)
    assert scores.unreadable == report.unreadable == 3
    with pytest.warns(UserWarning, match="compared as normalised text"):
        (clusters,) = Entailment().cluster(samples)
    assert clusters.tolist() == [0, 1, 0, 2]


TOLD = [
    ("Столица Казахстана?", "Столица Казахстана — Астана.", "Астана"),
    ("Кто написал роман?", "Лев Николаевич Толстой", "Лев Толстой"),
    ("Ποιος;", "Ο Όμηρος", "ΟΜΗΡΟΣ"),
    ("中国的首都是哪里？", "中国的首都是北京。", "北京"),
    ("日本で一番高い山は？", "富士山です。", "富士山"),
    ("한국의 수도는?", "서울입니다", "서울"),
    ("いつ？", "1868年", "1868"),
    ("多少？", "三千", "3000"),
    ("Who?", "Пушкин", "Pushkin"),
    ("Which?", "👍🏽", "👍"),
]
UNTOLD = [
    ("Столица Казахстана?", "не Астана", "Астана"),
    ("北京还是上海？", "北京和上海", "上海"),
    ("哪里？", "北京大学", "北京"),
    ("Кто?", "Лев Толстой", "Алексей Толстой"),
    ("Где?", "Новая Москва", "Москва"),
    ("いつ？", "1868年", "1869年"),
]


@pytest.mark.parametrize(("question", "a", "b"), TOLD + UNTOLD)
@pytest.mark.filterwarnings("ignore:Entailment")
def test_what_is_told_around_an_answer_that_the_model_cannot_read_makes_no_other(question, a, b):
    (scores,) = Entailment().compare(SampleSet(prompt=question, texts=(a, b)))
    assert scores.equivalence()[0, 1] == ((question, a, b) in TOLD)


def test_what_it_reads_is_counted_and_warned_of_nowhere():
    texts = ("Köln", "Cologne", "42", "", "C'est Paris.", "It is α-helical.", "https://a.io/b")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (scores,) = Entailment().compare(SampleSet(prompt="Which?", texts=texts))
    assert scores.unreadable == 0


def test_a_model_that_states_no_scripts_is_judged_by_its_tokenizer():
    model, tokenizer = tiny("bert")
    relation = Entailment((model, tokenizer))
    with pytest.warns(UserWarning, match="compared as normalised text"):
        (scores,) = relation.compare(SampleSet(prompt="", texts=("東京", "京都", "paris")))
    assert scores.unreadable == 2
    assert scores.contradiction[0, 1] == 1.0
    assert scores.entailment[0, 2] == 0.0  # one of the two is not read


@given(st.text(alphabet="АБВабв日本語 ", min_size=1, max_size=12))
def test_a_text_in_another_script_is_not_read_and_is_the_same_as_itself(text):
    assert LATIN.reads(text) == (not text.strip())
    assert plain(text) == plain(f"  {text}. ".replace(". ", "。")) or not text.strip()


def long_answers(tail_a, tail_b):
    body = "the capital of france is paris " * 40
    return SampleSet(prompt="who", texts=(body + tail_a, body + tail_b, "paris"))


def test_answers_that_differ_only_behind_the_cut_say_so():
    relation = Entailment(tiny("bert"), max_length=64)
    (scores,), report = relation.compare_with_report(long_answers("yes", "no"))
    assert scores.truncated == 2
    assert report.truncated == 6
    (record,) = score_stream([long_answers("yes", "no")], None, relation)
    assert record.verdict.endswith("2 answers were read only in part: what differs behind the cut was not seen.")
    (short,) = relation.compare(SampleSet(prompt="who", texts=("paris", "lyon")))
    assert short.truncated == 0


def test_an_answer_of_megabytes_costs_no_more_than_one_that_fills_the_model():
    relation = Entailment(tiny("bert"), max_length=64)
    texts = ("paris " * 1_500_000 + "yes", "paris " * 1_500_000 + "no")
    (scores,), report = relation.compare_with_report(SampleSet(prompt="who", texts=texts))
    assert (scores.truncated, report.truncated, report.tokens) == (2, 2, 128)
    # Cut by signs before it is tokenised, by tokens afterwards: the same tokens as of the whole.
    (same,) = relation.compare(SampleSet(prompt="who", texts=("paris " * 400 + "yes", "paris " * 400 + "no")))
    np.testing.assert_array_equal(scores.entailment, same.entailment)


@given(arrays(np.float64, (6, 3), elements=st.floats(0.01, 1)), st.floats(0.05, 1))
def test_labels_by_a_threshold(raw, threshold):
    p = (raw / raw.sum(axis=1, keepdims=True)).T
    free, bound = labels_of(*p), labels_of(*p, threshold)
    assert (free == p.argmax(axis=0)).all()
    assert ((bound == 0) == (p[0] >= threshold)).all()
    others = bound != 0
    assert (bound[others] == np.where(p[2] > p[1], 2, 1)[others]).all()


def test_a_threshold_is_taken_from_the_config_and_decides_clusters_and_matrices_alike():
    model, tokenizer = tiny("bert")
    batch = [
        SampleSet(prompt=f"q{q}", texts=[f"{q} {word} what" for word in ("a", "no", "yes", "it")]) for q in range(4)
    ]
    probabilities = np.stack([s.entailment for s in Entailment((model, tokenizer)).compare(batch)])
    middle = float(np.median(probabilities[probabilities < 1]))
    model.config.entailment_threshold = middle
    try:
        relation = Entailment((model, tokenizer))
        scores = relation.compare(batch)
        assert {own.threshold for own in scores} == {middle}
        found = np.stack([own.labels() == 0 for own in scores])
        assert (found == (probabilities >= middle)).all()
        assert 0 < found[probabilities < 1].mean() < 1
        for own, clusters in zip(scores, relation.cluster(batch), strict=True):
            assert clusters.tolist() == greedy(own.equivalence()).tolist()
        assert Entailment((model, tokenizer), threshold="label").compare(batch)[0].threshold is None
        assert Entailment((model, tokenizer), threshold=0.9).compare(batch)[0].threshold == 0.9
        assert relation.identity != Entailment((model, tokenizer), threshold=0.9).identity
        model.config.entailment_threshold = 1.5
        with pytest.raises(InvalidModel, match=r"entailment_threshold in its config: expected a number in \(0, 1\]"):
            stated((model, tokenizer))
    finally:
        del model.config.entailment_threshold


@pytest.mark.parametrize("given_", [0, 1.5, True, "strict"])
def test_a_threshold_is_a_probability(given_):
    with pytest.raises(InvalidParameter, match=r"Entailment\.threshold"):
        Entailment(threshold=given_)


def test_the_embedded_model_states_its_threshold_and_script_and_is_scaled_by_its_temperature():
    from semuq.models import load_embedded
    from semuq.models.bundled import EMBEDDED, settings

    config = settings()
    assert stated(None) == Stated(config["entailment_threshold"], frozenset({"LATIN"}))
    from safetensors.torch import load_file

    from semuq.models.bundled import WEIGHTS, restored

    raw = restored(load_file(EMBEDDED / WEIGHTS))["classifier.bias"]
    model, _ = load_embedded()
    torch.testing.assert_close(model.classifier.bias * config["entailment_temperature"], raw)
