"""What is no answer, and what only looks like none."""

import time

import pytest

from semuq.relations.unanswered import unanswered


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "I\u2019m sorry, but I can\u2019t help with that.",
        "As an AI language model, I cannot provide medical advice.",
        "I am unable to determine the answer.",
        "Unfortunately, I cannot say.",
        "There is not enough information in the passage.",
        "We cannot give an exact date",
    ],
)
def test_refusals(text):
    assert unanswered(text) == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "Paris",
        "+",
        "no",
        "東京",
        "I can't believe it: Paris",
        "I'm not sure, but I think it's Paris",
        "I'm sorry, I can't say for certain, but my best guess is Paris",
        "The Unknown Soldier",
    ],
)
def test_answers(text):
    assert unanswered(text) == ""


@pytest.mark.parametrize("text", ["", " \n", "...", "?", "—"])
def test_nothing(text):
    assert unanswered(text) == "empty"


@pytest.mark.parametrize("sign", ["a ", "I'm sorry ", "1 ", "i cannot ", "\u0301"])
def test_ten_megabytes_take_no_time(sign):
    began = time.process_time()
    unanswered(sign * (10_000_000 // len(sign)))
    assert time.process_time() - began < 2
