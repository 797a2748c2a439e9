"""The sentence: each level of its convention, its names, and texts that would break a line."""

import numpy as np
import pytest

from semuq import ExactMatch, SampleSet
from semuq.scoring import score_stream
from semuq.scoring.verdict import CONSISTENT_UP_TO, SCATTERED_FROM, representative
from semuq.scoring.verdict import verdict as one_sentence
from semuq.text import shorten


def sentence(*texts):
    return next(score_stream([SampleSet(prompt="?", texts=texts)], None, ExactMatch())).verdict


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Paris"] * 10, "All 10 answers mean 'Paris': the model is consistent."),
        (["Paris"] * 9 + ["Lyon"], "9 of 10 answers mean 'Paris': the model is consistent."),
        (["Paris"] * 7 + list("bcd"), "7 of 10 answers mean 'Paris': the model leans towards it, but is not sure."),
        (
            ["Paris"] * 5 + ["Lyon"] * 5,
            "The 10 answers split over 2 meanings, 'Paris' (5), 'Lyon' (5): the model is not sure.",
        ),
        (list("bcdefgh") + ["x"] * 3, "Ten answers, eight meanings: the model does not know."),
        (["Paris", "Lyon"], "Two answers, two meanings: the model does not know."),
        ([f"city {i}" for i in range(20)], "20 answers, 20 meanings: the model does not know."),
        (["Paris"], "One answer, 'Paris': that says nothing about how sure the model is; sample more."),
        (["", ""], "All 2 answers are empty or refuse: the model says that it does not know."),
    ],
)
def test_levels(texts, expected):
    assert sentence(*texts) == expected


def test_the_levels_are_those_the_docstring_states():
    def relative(*counts):
        shares = np.array(counts) / sum(counts)
        return -(shares * np.log(shares)).sum() / np.log(sum(counts))

    assert relative(9, 1) <= CONSISTENT_UP_TO < relative(8, 2)
    assert relative(5, 5) <= SCATTERED_FROM < relative(4, 2, 2, 2)


def test_the_order_of_the_answers_does_not_change_the_level():
    texts = ["Paris"] * 6 + ["Lyon"] * 2 + ["Nice", "Metz"]
    rng = np.random.default_rng(0)
    assert {sentence(*rng.permutation(texts).tolist()) for _ in range(20)} == {sentence(*texts)}


def test_a_meaning_is_named_by_its_most_frequent_wording():
    assert representative(["It is Paris", "Paris", "Lyon", "Paris"], [0, 0, 1, 0], 0) == "Paris"
    assert representative(["b", "a"], [0, 0], 0) == "b"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "a\nb\r\n" * 100,
        "\x1b]0;title\x07\x1b[31mred",
        "\u202egpj.exe",
        "\x00\x7f\x9b31m",
        "\ud800lone",
        "",
    ],
)
def test_a_shortened_text_is_one_short_printable_line(text):
    line = shorten(text)
    assert len(line) <= 60
    assert line.isprintable()
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    line.encode()


def test_shortening_keeps_what_fits_and_marks_what_does_not():
    assert shorten("x" * 60) == "x" * 60
    assert shorten("x" * 61) == "x" * 59 + "…"
    assert shorten("日本語 Größe") == "日本語 Größe"


def test_answers_that_refuse_are_no_agreement_on_an_answer():
    refusals = ("I don't know.", "", "I'm sorry, but I can't help with that.")
    assert one_sentence(refusals, [0, 1, 0]) == (
        "All 3 answers are empty or refuse: the model says that it does not know."
    )
    mostly = one_sentence((*refusals, "Paris"), [0, 0, 0, 1])
    assert mostly == "3 of 4 answers are empty or refuse: the model mostly says that it does not know."
    assert one_sentence(["I'm not sure, but I think it is Paris"] * 3, [0] * 3).endswith("consistent.")
