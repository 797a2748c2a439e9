"""Files of other programs: logs that Inspect 0.3.285 and lm-evaluation-harness 0.4.13 wrote of mock models.

Both asked for four answers to each of two questions. Inspect: four epochs as an archive (`inspect.eval`, compressed by
zstandard), four choices in one epoch as JSON. The harness: `repeats: 4` with one filter, with two, behind a chat
template, and a task that compares likelihoods.
"""

import importlib.util
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from semuq import InvalidSamples
from semuq.errors import MissingExtra
from semuq.inference import read_inspect_log
from semuq.samples import read_answers, read_inspect
from semuq.samples.inspect_logs import is_inspect_log
from tests.samples.test_from_openai import at

RECORDED = Path(__file__).parent / "recorded"
FRANCE = ("Paris", "Paris.", "Paris", "Lyon")
UNSURE = (
    "I am not sure, but I would say that the capital of Burkina Faso, which was called Upper Volta until 1984, "
    "is Ouagadougou."
)
FASO = ("Bamako", "Ouagadougou", "Ouaga", UNSURE)
needs_zstandard = pytest.mark.skipif(
    sys.version_info < (3, 14) and importlib.util.find_spec("zstandard") is None,
    reason="reading .eval files needs zstandard before Python 3.14",
)


def answers(name, **options):
    return [samples for _, samples in read_answers(RECORDED / name, **options)]


@needs_zstandard
def test_epochs_of_inspect_are_answers_with_grades_and_log_probs():
    france, faso = answers("inspect.eval")
    assert (france.texts, faso.texts) == (FRANCE, FASO)
    assert (france.prompt, faso.prompt) == ("What is the capital of France?", "What is the capital of Burkina Faso?")
    assert (france.references, faso.references) == (("Paris",), ("Ouagadougou", "Ouaga"))
    assert (france.id, faso.id) == ("1", "2")
    assert [turn["role"] for turn in faso.metadata["messages"]] == ["system", "user"]
    assert france.metadata["grades"] == {"includes": [1, 1, 1, 0], "exact": [1, 1, 1, 0]}
    assert faso.metadata["grades"] == {"includes": [0, 1, 1, 1], "exact": [0, 1, 1, 0]}
    assert faso.token_logprobs[3][:3].tolist() == [-0.25, -0.5, -0.75]
    p = np.exp([-0.25, -3.0])
    rest = 1 - p.sum()
    np.testing.assert_allclose(france.token_entropies[0], [-(p @ np.log(p)) - rest * np.log(rest)])


def test_choices_of_inspect_are_answers_and_one_grade_is_not_for_all():
    france, faso = answers("inspect_choices.json")
    assert (france.texts, faso.texts) == (FRANCE, FASO)
    assert "grades" not in france.metadata
    assert len(france.token_logprobs) == 4


def inspect_json(tmp_path, change):
    record = json.loads((RECORDED / "inspect_choices.json").read_text())
    change(record)
    path = tmp_path / "log.json"
    path.write_text(json.dumps(record))
    return path


def test_one_answer_has_one_grade_and_errors_cost_one_question(tmp_path):
    def change(record):
        first, second = record["samples"]
        first["output"]["choices"] = first["output"]["choices"][:1]
        second["output"]["choices"] = []
        second["error"] = {"message": "rate limit"}

    path = inspect_json(tmp_path, change)
    assert is_inspect_log(path)
    with pytest.raises(InvalidSamples, match=r"log.json, sample 2: expected answers, got none \(rate limit\)"):
        list(read_inspect(path))
    errors = []
    (found,) = read_inspect(path, on_error=errors.append)
    assert (found.texts, found.metadata["grades"]["includes"], len(errors)) == (("Paris",), [1.0], 1)


@pytest.mark.parametrize(
    ("value", "grade"), [("C", 1), ("P", 0.5), ("N", 0), (True, 1), (0.25, 0.25), ("great", None), (7, None)]
)
def test_grades_that_are_none_are_left_out(tmp_path, value, grade):
    def change(record):
        for sample in record["samples"]:
            sample["output"]["choices"] = sample["output"]["choices"][:1]
            sample["scores"]["includes"]["value"] = value

    for samples in read_inspect(inspect_json(tmp_path, change)):
        assert samples.metadata.get("grades") == (None if grade is None else {"includes": [grade]})


def test_epochs_come_together_however_they_lie_and_a_cut_answer_is_marked(tmp_path):
    def change(record):
        samples = record["samples"]
        for sample in samples:
            sample["output"]["choices"] = sample["output"]["choices"][:1]
        later = json.loads(json.dumps(samples))
        for sample in later:
            sample["epoch"] = 2
            sample["output"]["choices"][0]["stop_reason"] = "max_tokens"
        record["samples"] = later + samples

    france, faso = read_inspect(inspect_json(tmp_path, change))
    assert [own.metadata["truncated"] for own in (france, faso)] == [[False, True]] * 2


@needs_zstandard
def test_trajectories_read_the_same_archives_and_long_decisions_in_full():
    runs = list(read_inspect_log(RECORDED / "inspect.eval"))
    assert [run.id for run in runs] == [f"{own}/{epoch}" for own in (1, 2) for epoch in (1, 2, 3, 4)]
    assert runs[-1].steps[0].texts == (UNSURE,)  # Inspect stores it beside the event


def test_without_a_reader_of_its_compression_an_archive_is_refused(monkeypatch):
    if sys.version_info >= (3, 14):
        pytest.skip("Python reads it by itself")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "zstandard" else find(name))
    with pytest.raises(MissingExtra, match=r"pip install 'semuq\[inspect\]'; or write the log as JSON"):
        answers("inspect.eval")


def test_an_archive_of_something_else_is_no_log(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    assert not is_inspect_log(path)
    with pytest.raises(InvalidSamples, match="zip archive"):
        list(read_answers(path))


def test_repeats_of_the_harness_are_answers():
    france, faso = answers("harness.jsonl")
    assert (france.texts, faso.texts[:3]) == (("Paris", " Paris.", "Paris", "Lyon"), FASO[:3])
    assert france.prompt == "Question: What is the capital of France?\nAnswer:"
    assert (france.references, france.id, france.answer) == (("Paris",), "0", None)
    assert france.metadata == {"filter": "all", "metrics": {"exact_match": 0.5}}


def test_of_several_filters_the_first_is_read_with_what_it_chose():
    france, faso = answers("harness_filters.jsonl", prompt_field="question")
    assert (france.prompt, france.answer, france.metadata["correct"]) == ("What is the capital of France?", "Paris", 1)
    assert (len(faso), faso.answer, faso.metadata["correct"]) == (4, "Bamako", 0)
    assert {own.metadata["filter"] for own in (france, faso)} == {"maj@4"}


def test_messages_to_a_chat_server_are_read_as_such():
    france, _ = answers("harness_chat.jsonl")
    assert france.prompt == "Question: What is the capital of France?\nAnswer:"
    assert [turn["role"] for turn in france.metadata["messages"]] == ["system", "user"]


def test_likelihoods_of_options_are_no_answers():
    with pytest.raises(InvalidSamples, match=r"line 1: resps: expected the texts of one request.*generate_until"):
        answers("harness_likelihoods.jsonl")
    errors = []
    assert answers("harness_likelihoods.jsonl", on_error=errors.append) == []
    assert len(errors) == 2


def test_lines_of_older_versions_and_unknown_questions(tmp_path):
    line = json.loads((RECORDED / "harness.jsonl").read_text().splitlines()[0])
    line["arguments"] = [["The capital of France is", {"until": ["\n"]}]]
    path = tmp_path / "samples.jsonl"
    path.write_text(json.dumps(line))
    ((where, samples),) = read_answers(path)
    assert (where, samples.prompt) == (f"{path}, line 1", "The capital of France is")
    with pytest.raises(InvalidSamples, match=r"expected a question in 'query', got fields \['answer', 'question'\]"):
        list(read_answers(path, prompt_field="query"))


HOSTILE = [None, True, -1, 10**400, float("nan"), "", "x", "\ud800", [], [None], [[]], {}, {"a": 1}, [{}]]


def read_or_refused(tmp_path, name, line, path):
    """Whatever stands at a place, the question is read and can be written, or an error says that it cannot."""
    for value in HOSTILE:
        file = tmp_path / name
        file.write_text(json.dumps(at(line, path, value)))
        errors = []
        try:
            found = list(read_answers(file, on_error=errors.append))
        except InvalidSamples as error:  # of the file as a whole
            errors, found = [error], []
        assert all(isinstance(own, InvalidSamples) for own in errors)
        json.dumps([samples.to_dict() for _, samples in found])
        assert found or errors or (path, value) == (("samples",), [])


@pytest.mark.parametrize(
    "path",
    [
        ("samples",),
        ("samples", 0),
        *((("samples", 0, name)) for name in ("id", "epoch", "input", "target", "output", "scores", "attachments")),
        ("samples", 0, "output", "choices"),
        ("samples", 0, "output", "choices", 1),
        ("samples", 0, "output", "choices", 1, "stop_reason"),
        ("samples", 0, "output", "choices", 1, "message"),
        ("samples", 0, "output", "choices", 1, "logprobs"),
    ],
)
def test_whatever_stands_in_a_log_of_inspect_it_is_read_or_refused(tmp_path, path):
    read_or_refused(tmp_path, "log.json", json.loads((RECORDED / "inspect_choices.json").read_text()), path)


@pytest.mark.parametrize(
    "name", ["doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "metrics", "filter"]
)
def test_whatever_stands_in_a_line_of_the_harness_it_is_read_or_refused(tmp_path, name):
    line = json.loads((RECORDED / "harness.jsonl").read_text().splitlines()[0])
    read_or_refused(tmp_path, "samples.jsonl", line, (name,))
