"""Label-free rewards in the form a trainer asks for."""

from functools import partial

import numpy as np
import pytest

from semuq import (
    DiscreteSemanticEntropy,
    ExactMatch,
    KernelLanguageEntropy,
    MissingEvidence,
    NumSemanticSets,
    SampleSet,
    SemanticEntropy,
)
from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.groups.answers import whole_text
from semuq_rl.groups.messages import message_text, question_of
from semuq_rl.rewards.functions import estimator_reward, group_reward
from semuq_rl.rewards.rules import answer_clusters, empo, ttrl

PROMPTS = ["a?"] * 4 + ["b?"] * 4
COMPLETIONS = ["1", "2", "1", "", "5", "5", "6", "7"]


@pytest.mark.parametrize("rule", [ttrl, empo, partial(empo, variant="verl")], ids=["ttrl", "empo", "partial"])
def test_each_group_gets_what_the_rule_gives_it(rule):
    reward = group_reward(rule, relation=ExactMatch(), num_generations=4, extract=whole_text)
    expected = [
        rule(*answer_clusters(PROMPTS[start], COMPLETIONS[start : start + 4], ExactMatch(), extract=whole_text))
        for start in (0, 4)
    ]
    assert reward(prompts=PROMPTS, completions=COMPLETIONS, answer=["x"] * 8) == np.concatenate(expected).tolist()


def test_conversations_are_read():
    reward = group_reward(ttrl, relation=ExactMatch(), num_generations=2, extract=whole_text)
    prompts = [[{"role": "user", "content": "a?"}]] * 2
    completions = [[{"role": "assistant", "content": "1"}], [{"role": "assistant", "content": "2"}]]
    assert reward(prompts=prompts, completions=completions) == [1.0, 0.0]


def test_equal_questions_in_a_row_stay_two_groups():
    reward = group_reward(ttrl, relation=ExactMatch(), num_generations=2, extract=whole_text)
    assert reward(prompts=["a?"] * 4, completions=["1", "2", "2", "1"]) == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("rows", [slice(2, 6), slice(0, 6)], ids=["in the middle", "at the end"])
def test_a_group_that_is_cut_between_processes_is_refused(rows):
    reward = group_reward(ttrl, relation=ExactMatch(), num_generations=4)
    with pytest.raises(InvalidSamples, match="make the rows of each process a multiple of num_generations"):
        reward(prompts=PROMPTS[rows], completions=COMPLETIONS[rows])


@pytest.mark.parametrize("number", [0, 2.0, True])
def test_refuses_what_is_no_number_of_rollouts(number):
    with pytest.raises(InvalidParameter, match="num_generations: expected a whole number >= 1"):
        group_reward(ttrl, relation=ExactMatch(), num_generations=number)


def test_the_trainers_metric_is_named_after_the_rule():
    assert group_reward(empo, relation=ExactMatch(), num_generations=2).__name__ == "empo"


def test_messages_with_parts_and_calls():
    image = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}
    call = {"role": "assistant", "content": None, "tool_calls": []}
    assert question_of([{"role": "system", "content": "Look."}, image]) == "What is it?"
    assert question_of([image, {"role": "assistant", "content": "It is"}]) == "What is it?"  # begun for the model
    assert message_text([call, {"role": "tool", "content": "7"}, {"role": "assistant", "content": "It is 7."}]) == (
        "7\nIt is 7."
    )


@pytest.mark.parametrize("estimator", [DiscreteSemanticEntropy(), KernelLanguageEntropy(), NumSemanticSets()], ids=repr)
def test_a_rollout_is_worth_what_the_group_is_more_uncertain_without_it(estimator):
    reward = estimator_reward(estimator, relation=ExactMatch(), num_generations=4, extract=whole_text)
    found = reward(prompts=["b?"] * 4, completions=["5", "5", "6", "5"])
    for place, value in enumerate(found):
        texts = ["5", "5", "6", "5"]
        together = estimator.score(SampleSet(prompt="b?", texts=texts), ExactMatch())
        del texts[place]
        alone = estimator.score(SampleSet(prompt="b?", texts=texts), ExactMatch())
        assert value == pytest.approx(float(alone - together))
    assert found[0] == found[1] == found[3] > found[2]
    assert reward.__name__ == type(estimator).__name__


def test_a_rollout_without_an_answer_is_worth_least_and_agreement_of_all_nothing():
    reward = estimator_reward(DiscreteSemanticEntropy(), relation=ExactMatch(), num_generations=4)
    boxed = [r"\boxed{1}", r"\boxed{1}", r"\boxed{2}", "I cannot say."]
    found = reward(prompts=["a?"] * 4, completions=boxed)
    assert found[3] == min(found) == found[2] < 0 < found[0]
    assert reward(prompts=["a?"] * 4, completions=[r"\boxed{1}"] * 4) == [0.0] * 4
    assert reward(prompts=["a?"] * 4, completions=["nothing"] * 4) == [0.0] * 4
    assert reward(prompts=["a?"] * 4, completions=[r"\boxed{1}", "", "", ""]) == [0.0] * 4


def test_an_estimator_that_needs_more_is_told_so_and_a_cut_group_refused():
    needy = estimator_reward(SemanticEntropy(), relation=ExactMatch(), num_generations=2, extract=whole_text)
    with pytest.raises(MissingEvidence, match="token_logprobs"):
        needy(prompts=["a?"] * 2, completions=["1", "2"])
    reward = estimator_reward(DiscreteSemanticEntropy(), relation=ExactMatch(), num_generations=4)
    with pytest.raises(InvalidSamples, match="a group that is cut"):
        reward(prompts=PROMPTS[2:6], completions=COMPLETIONS[2:6])
    with pytest.raises(InvalidParameter, match="num_generations"):
        estimator_reward(DiscreteSemanticEntropy(), relation=ExactMatch(), num_generations=0)
