"""What is no answer, and what only looks like none."""

import time

import numpy as np
import pytest

from semuq import (
    ChoiceMatch,
    EmbeddingSimilarity,
    Entailment,
    ExactMatch,
    JudgeEquivalence,
    LexicalSimilarity,
    MathEquivalence,
    SampleSet,
)
from semuq.relations.unanswered import unanswered


class ByLength:
    """An embedder."""

    identity = "length"

    def embed(self, texts):
        return np.array([[len(text), 1.0] for text in texts])


class NeverAsked:
    """A judge."""

    identity = "never"

    def sample(self, prompts):
        raise AssertionError(f"asked {prompts}")


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
        "idk",
        "No clue!",
        "Not mentioned in the text.",
        "The passage does not say who wrote it.",
        "Can you provide more context?",
        "His date of birth is unknown.",
        "I would need more information to answer that.",
        "It is impossible to tell from the passage.",
        "<unknown>",
        "No lo sé",
        "Lo siento, no lo sé.",
        "Não sei",
        "Je n'en sais rien.",
        "Non lo so",
        "Ich weiß es nicht.",
        "Ik weet het niet",
        "Jag vet inte",
        "Nie wiem",
        "Bilmiyorum",
        "Я не знаю",
        "К сожалению, я не знаю.",
        "Δεν ξέρω",
        "لا أعرف",
        "אני לא יודע",
        "मुझे नहीं पता",
        "我不知道",
        "抱歉，我无法回答这个问题。",
        "わかりません",
        "모르겠습니다",
        "ไม่ทราบ",
        "Désolé, je ne peux pas répondre à cette question.",
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
        "I don't know why he left, but he moved to Paris.",
        "I Don't Know How to Love Him",
        "I can't tell you how excited I am: it's 42!",
        "There is no evidence that it works.",
        "It is not known exactly, but historians credit Homer.",
        "None",
        "Nobody",
        "none of the above",
        "**",
        "He said he could not remember his name",
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


NONE = ("I don't know.", "", "I'm sorry, but I can't help with that request.", "...")


@pytest.mark.parametrize(
    "relation",
    [
        ExactMatch(),
        LexicalSimilarity(threshold=0.9),
        EmbeddingSimilarity(embedder=ByLength(), threshold=0.9),
        MathEquivalence(),
        ChoiceMatch(),
        JudgeEquivalence(sampler=NeverAsked(), cache=False),
        Entailment(),
    ],
    ids=lambda relation: type(relation).__name__,
)
def test_those_that_give_no_answer_are_one_class_of_their_own(relation):
    batch = [
        SampleSet(prompt="Which? A) 4 B) 5", texts=(*NONE, "4")),
        SampleSet(prompt="Which?", texts=NONE),
        SampleSet(prompt="Which?", texts=("4",)),
    ]
    mixed, silent, answered = relation.compare(batch)
    same = np.ones((5, 5), dtype=bool)
    same[4, :4] = same[:4, 4] = False
    np.testing.assert_array_equal(mixed.equivalence(), same)
    np.testing.assert_array_equal(mixed.equivalence("relaxed"), same)
    assert silent.equivalence().all()
    assert silent.kind == relation.kind
    if not isinstance(relation, Entailment):
        assert (mixed.unanswered, silent.unanswered, answered.unanswered) == (4, 4, 0)


def test_clusters_without_the_matrices_are_those_of_the_matrices():
    samples = SampleSet(prompt="Who won?", texts=("Bob", NONE[0], "bob", NONE[2], "", "Ann"))
    relation = Entailment()
    clusters = relation.cluster(samples)[0]
    np.testing.assert_array_equal(clusters, [0, 1, 0, 1, 1, 2])
    np.testing.assert_array_equal(clusters[:, None] == clusters, relation.compare(samples)[0].equivalence())


def test_the_exact_texts_are_compared_as_they_are():
    scores = ExactMatch(normalise=False).compare(SampleSet(prompt="?", texts=NONE))[0]
    np.testing.assert_array_equal(scores.equivalence(), np.eye(4, dtype=bool))
