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
    "p_true": [0.9, 0.0, 1.0],
    "stated_confidences": [0.5, 0.5, 0.5],
    "answer_probabilities": [[0.5, 0.5], [1, 0], [0, 1]],
    "explanation_entailment": [0.1, 0.2, 0.3],
    "claims": [["Paris is a capital"], [], ["Lyon", "It is"]],
    "perturbations": [SampleSet(prompt="France's capital?", texts=("Paris",))],
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
    assert [len(own) for own in taken.token_relevance] == [3, 1, 1]
    assert taken.perturbations == samples.perturbations
    assert samples.take(range(3)) == samples


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
        ("answer_probabilities", [[0.5, 0.4], [1, 0], [0, 1]], "sum to 1"),
        ("answer_probabilities", [[0.5], [1]], "one row per answer"),
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
