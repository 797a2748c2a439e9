"""Asking for other answers and other senses: what is asked, what is read, and that estimators take it."""

import numpy as np
import pytest

from semuq import DINCO, ExactMatch, InvalidParameter, MissingEvidence, SampleSet, SpectralUncertainty
from semuq.sampling.senses import with_clarifications, with_distractors

QUESTION = SampleSet(prompt="Capital of Australia?", texts=("Sydney", "Sydney"), answer="Sydney", metadata={"kept": 1})


class Scripted:
    """Replies by a function of the prompt, and remembers what was asked."""

    identity = "scripted"

    def __init__(self, reply):
        self.reply, self.asked = reply, []

    def sample(self, prompts, *, n=10):
        self.asked += prompts
        return [SampleSet(prompt=own, texts=[self.reply(own)] * n) for own in prompts]


def suggestible(prompt):
    if "Name other answers" in prompt:
        return "<think>Hm</think>Others:\n1. Canberra\n2) canberra.\n- Sydney\n* Perth\n\n3. Hobart"
    return "Yes"


def test_other_answers_are_named_once_and_each_is_asked_about():
    sampler = Scripted(suggestible)
    (found,) = with_distractors(sampler, [QUESTION], most=2)
    assert found.distractors == ("Canberra", "Perth")
    assert (found.answer_confidence, found.distractor_confidences.tolist()) == (1.0, [1.0, 1.0])
    assert dict(found.metadata) == {"kept": 1}
    assert sum("Is the proposed answer true?" in own for own in sampler.asked) == 3
    assert DINCO().score(found, ExactMatch()) == pytest.approx(1 - (1 / 3 + 1) / 2, abs=1e-9)


def test_no_other_answer_is_counted():
    (found,) = with_distractors(Scripted(lambda prompt: "Sydney" if "other answers" in prompt else "no"), [QUESTION])
    assert (found.distractors, found.answer_confidence) == ((), 0.0)
    assert found.metadata["distractors_unread"] == 1
    assert DINCO().score(found, ExactMatch()) == 0.5


def test_the_judged_answer_is_wanted():
    with pytest.raises(MissingEvidence, match=r"samples\[0\]: with_distractors needs answer, got None"):
        with_distractors(Scripted(suggestible), [SampleSet(prompt="?", texts=("a",))])
    with pytest.raises(InvalidParameter, match="most"):
        with_distractors(Scripted(suggestible), [QUESTION], most=0)


class Axes:
    def embed(self, texts):
        return np.eye(3)[[("Bern", "Vienna", "Rome").index(text) for text in texts]]


def test_each_sense_is_answered_and_the_doubt_is_the_questions():
    def reply(prompt):
        if "understood in several ways" in prompt:
            return "- Capital of Switzerland?\n- Capital of Austria?\n- Capital of Austria?"
        return "Bern" if "Switzerland" in prompt else "Vienna"

    question = SampleSet(prompt="The capital?", texts=("Bern",))
    (found,) = with_clarifications(Scripted(reply), [question], n=3)
    assert [own.prompt for own in found.clarifications] == ["Capital of Switzerland?", "Capital of Austria?"]
    assert [own.texts for own in found.clarifications] == [("Bern",) * 3, ("Vienna",) * 3]
    aleatoric, epistemic = (
        SpectralUncertainty(part=part).score(found, embedder=Axes()) for part in ("aleatoric", "epistemic")
    )
    assert aleatoric > 0.6
    assert epistemic == 0.0


def test_a_question_of_one_sense_stands_for_itself_and_a_silent_reply_is_counted():
    asked = Scripted(lambda prompt: "" if "several ways" in prompt else "Rome")
    (found,) = with_clarifications(asked, [SampleSet(prompt="Capital of Italy?", texts=("Rome",))], n=2)
    assert [own.prompt for own in found.clarifications] == ["Capital of Italy?"]
    assert found.metadata["clarifications_unread"] == 1
    stronger = Scripted(lambda prompt: "Which city governs Italy?")
    with_clarifications(asked, [SampleSet(prompt="Capital of Italy?", texts=("Rome",))], clarifier=stronger)
    assert asked.asked[-1] == "Which city governs Italy?"
    with pytest.raises(InvalidParameter, match="n: expected"):
        with_clarifications(asked, [SampleSet(prompt="?", texts=("Rome",))], n=0)
