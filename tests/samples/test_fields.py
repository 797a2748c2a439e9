"""The optional evidence fields of a SampleSet: read, refused, copied and filed."""

import json
import pickle

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidSamples, MissingEvidence
from semuq.evidence import Evidence, Need

FULL = {
    "prompt": "Capital of France?",
    "texts": ("Paris", "", "Lyon is it"),
    "token_logprobs": ([-0.1], [], [-1.0, -2.0, 0.0]),
    "embeddings": [[1, 0], [0, 1], [1, 1]],
    "token_entropies": ([0.2], [], [0.1, 0.0, -1e-9]),
    "token_certainties": ([9.0], [], [3.0, 2.0, 1.0]),
    "token_relevance": ([1.0], [], [0.2, 0.0, 0.4]),
    "hidden_states": [[1.0], [2.0], [3.0]],
    "layer_states": np.arange(12.0).reshape(3, 2, 2),
    "p_true": [0.9, 0.0, 1.0],
    "stated_confidences": [0.5, 0.5, 0.5],
    "answer_probabilities": [[0.5, 0.5], [1, 0], [0, 1]],
    "explanation_entailment": [0.1, 0.2, 0.3],
    "claims": [["Paris is a capital"], [], ["Lyon", "It is"]],
    "perturbations": [SampleSet(prompt="France's capital?", texts=("Paris",))],
    "token_logits": ([21.5], [], [3.0, -2.0, 1.0]),
    "token_attentions": (np.full((1, 2, 3), 0.5), [], np.zeros((3, 2, 3))),
    "token_claim_logprobs": ([-0.1], [], [0.0, -2.0, 0.0]),
    "answer": "Paris",
    "answer_logprobs": [-0.1, -0.2],
    "answer_confidence": 0.9,
    "distractors": ["Lyon", "Nice"],
    "distractor_confidences": [0.5, 0.1],
    "other_models": [SampleSet(prompt="Capital of France?", texts=("Lyon", "Lyon"))],
    "clarifications": [SampleSet(prompt="Capital of France today?", texts=("Paris",))],
}


def test_every_field_survives_json_and_pickle():
    samples = SampleSet(**FULL)
    again = SampleSet.from_dict(json.loads(json.dumps(samples.to_dict())))
    assert again == samples == pickle.loads(pickle.dumps(samples))
    assert again.perturbations[0].texts == ("Paris",)
    assert set(samples.to_dict()) == set(FULL)


def test_take_moves_every_field_with_its_answer():
    samples = SampleSet(**FULL)
    taken = samples.take([2, 0, 0])
    assert taken.texts == ("Lyon is it", "Paris", "Paris")
    assert taken.claims == (("Lyon", "It is"), ("Paris is a capital",), ("Paris is a capital",))
    assert taken.hidden_states.tolist() == [[3.0], [1.0], [1.0]]
    assert taken.layer_states[:, 1, 1].tolist() == [11.0, 3.0, 3.0]
    assert [len(own) for own in taken.token_relevance] == [3, 1, 1]
    assert taken.perturbations == samples.perturbations
    assert samples.take(range(3)) == samples


def test_what_belongs_to_the_question_stays_when_answers_are_taken_and_what_belongs_to_answers_goes_along():
    taken = SampleSet(**FULL).take([2, 0])
    assert (taken.answer, taken.answer_confidence, taken.distractors) == ("Paris", 0.9, ("Lyon", "Nice"))
    assert [len(own) for own in taken.token_attentions] == [3, 1]
    assert taken.token_logits[0].tolist() == [3.0, -2.0, 1.0]


def test_the_greedy_answer_becomes_the_judged_one():
    samples = SampleSet(prompt="?", texts=("a", "b"))
    greedy = SampleSet(prompt="?", texts=("A.",), token_logprobs=([-0.1, -0.2],))
    judged = samples.with_answer(greedy)
    assert (judged.answer, judged.answer_logprobs.tolist(), judged.texts) == ("A.", [-0.1, -0.2], ("a", "b"))
    assert samples.with_answer(SampleSet(prompt="?", texts=("A.",))).answer_logprobs is None
    with pytest.raises(InvalidSamples, match=r"greedy: expected one answer to '\?', got 2 to '\?'"):
        samples.with_answer(samples)
    with pytest.raises(InvalidSamples, match="greedy: expected one answer to"):
        samples.with_answer(SampleSet(prompt="!", texts=("A.",)))


def test_arrays_are_read_only():
    samples = SampleSet(**FULL)
    for array in (samples.p_true, samples.hidden_states, samples.token_entropies[0], samples.answer_probabilities):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("token_entropies", [[0.1]], "token_entropies: expected 3 arrays"),
        ("token_entropies", [[0.1], [], [0.1, 0.2]], r"token_entropies\[2\]: expected 3 numbers"),
        ("token_relevance", [[-0.1], [], [1, 1, 1]], r"token_relevance\[0\]: expected finite numbers >= 0, got -0.1"),
        ("token_certainties", [[np.nan], [], [1, 1, 1]], "expected finite numbers, got nan"),
        ("token_entropies", [["x"], [], [1, 1, 1]], r"token_entropies\[0\]: expected numbers"),
        ("token_entropies", [[[1.0]], [], [1, 1, 1]], "expected one number per token"),
        ("p_true", [0.5], r"p_true: expected shape \(3,\)"),
        ("p_true", [0.5, 1.5, 0], r"expected probabilities in \[0, 1\], got 1.5"),
        ("p_true", [0.5, np.nan, 0], "got nan"),
        ("hidden_states", [[1.0]], r"hidden_states: expected shape \(3, d\)"),
        ("layer_states", [[1.0]] * 3, r"layer_states: expected shape \(3, layers, d\), a row per layer per answer"),
        ("layer_states", np.ones((2, 4, 5)), r"layer_states: expected shape \(3, layers, d\).*got \(2, 4, 5\)"),
        ("layer_states", np.full((3, 1, 1), np.nan), "layer_states: expected finite numbers, got NaN"),
        ("answer_probabilities", [[0.5, 0.4], [1, 0], [0, 1]], "sum to 1"),
        ("answer_probabilities", [[0.5], [1]], "one row per answer"),
        ("token_logits", [[np.inf], [], [1, 1, 1]], r"token_logits\[0\]: expected finite numbers, got inf at token 0"),
        ("token_attentions", [[[0.5]], [], []], r"token_attentions\[0\]: expected shape \(1, layers, heads\)"),
        ("token_attentions", [[[[1.5]]], [], np.zeros((3, 1, 1))], r"expected shares of attention in \[0, 1\]"),
        ("token_attentions", [1], "token_attentions: expected 3 arrays"),
        ("token_claim_logprobs", [[0.5], [], [0, 0, 0]], r"token_claim_logprobs\[0\]: expected natural log-probs <= 0"),
        ("answer", 3, "answer: expected str or None, got int"),
        ("answer", "\ud800", "answer: expected text, got half a surrogate pair"),
        ("answer_logprobs", [[0.5]], "answer_logprobs: expected one log-prob per token"),
        ("answer_confidence", 1.5, r"answer_confidence: expected a probability in \[0, 1\], got 1.5"),
        ("answer_confidence", True, "answer_confidence: expected a probability"),
        ("distractors", "Lyon", "distractors: expected a list of str, got str"),
        ("distractor_confidences", [0.5], r"distractor_confidences: expected shape \(2,\)"),
        ("other_models", [3], r"other_models\[0\]: expected a SampleSet, got int"),
        ("clarifications", "what", "clarifications: expected a list of SampleSets, got str"),
        ("claims", [["a"]], "claims: expected 3 lists of str"),
        ("claims", "abc", "claims: expected 3 lists of str"),
        ("claims", [["a"], [1], []], r"claims\[1\]\[0\]: expected str"),
        ("perturbations", "what", "perturbations: expected a list of SampleSets, got str"),
        ("perturbations", [3], r"perturbations\[0\]: expected a SampleSet, got int"),
    ],
)
def test_malformed_fields_are_refused_by_name(field, value, message):
    with pytest.raises(InvalidSamples, match=message):
        SampleSet(**{**FULL, field: value})


@pytest.mark.parametrize("need", [need for need in Need if need.field is not None])
def test_each_need_is_refused_with_its_remedy(need):
    with pytest.raises(MissingEvidence) as caught:
        Evidence(SampleSet(prompt="q", texts=("a",))).require({need}, 1, "Some")
    assert f"Some needs {need.field}, got None; {need.remedy}" in str(caught.value)


def test_an_embedder_is_asked_for():
    with pytest.raises(MissingEvidence, match="embedder: Some needs one"):
        Evidence(SampleSet(prompt="q", texts=("a",))).require({Need.EMBEDDER}, 1, "Some")
