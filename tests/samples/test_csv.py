"""Tables of answers: a row a question or a row an answer, as spreadsheets and pandas write them, and what is wrong."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from semuq import InvalidSamples, SampleSet, read_samples
from semuq.cli import app
from semuq.samples.csv import records_of_csv


def written(path, rows, separator=",", encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    content = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


LONG = [
    ["id", "prompt", "texts", "references", "correct", "score"],
    ["007", "Capital of France?", "Paris", '["Paris", "Paname"]', "True", "1"],
    ["007", "Capital of France?", "Lyon,\nI think", '["Paris", "Paname"]', "True", "2"],
    ["8", "Interval?", "[1, 2]", "[1, 2]", "", ""],
    ["8", "Interval?", "", "[1, 2]", "", ""],
]
READ = [
    SampleSet(
        id="007",
        prompt="Capital of France?",
        texts=("Paris", "Lyon,\nI think"),
        references=("Paris", "Paname"),
        metadata={"correct": True, "score": [1, 2]},
    ),
    SampleSet(id="8", prompt="Interval?", texts=("[1, 2]", ""), references=("[1, 2]",)),
]


@pytest.mark.parametrize(
    ("name", "separator", "encoding"),
    [
        ("a.csv", ",", "utf-8"),
        ("a.CSV", ";", "utf-8-sig"),
        ("a.tsv", "\t", "utf-16"),
        ("a.csv.gz", ",", "utf-8"),
    ],
)
def test_a_row_for_each_answer(tmp_path, name, separator, encoding):
    assert list(read_samples(written(tmp_path / name, LONG, separator, encoding))) == READ


def test_a_row_for_each_question(tmp_path):
    rows = [["prompt", "texts", "token_logprobs", "split"], ["?", '["a", "b"]', "[[-0.5], [-1.5]]", "dev"]]
    rows += [["Other?", '["c"]', "", "007"]]
    first, second = read_samples(written(tmp_path / "a.csv", rows))
    assert first == SampleSet(prompt="?", texts=("a", "b"), token_logprobs=([-0.5], [-1.5]), metadata={"split": "dev"})
    assert second == SampleSet(prompt="Other?", texts=("c",), metadata={"split": "007"})


def test_log_probs_of_each_answer(tmp_path):
    rows = [["prompt", "texts", "token_logprobs"], ["?", "a", "[-0.5]"], ["?", "b", "[-0.5]"]]
    (found,) = read_samples(written(tmp_path / "a.csv", rows))
    assert [own.tolist() for own in found.token_logprobs] == [[-0.5], [-0.5]]


def test_other_peoples_names(tmp_path):
    path = written(tmp_path / "a.csv", [["question", "response", "model"], ["?", "a", "m"], ["?", "b", "m"]])
    (found,) = read_samples(path, prompt_field="question", texts_field="response")
    assert found == SampleSet(prompt="?", texts=("a", "b"), metadata={"model": "m"})
    with pytest.raises(InvalidSamples, match=r"line 2: .*--prompt-field question --texts-field response"):
        list(read_samples(path))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "prompt,texts\n?,a\n?,b,c\n",
            3,
            "expected 2 cells as in the first line, got 3; the question of line 2 is left",
        ),
        ('prompt,texts\n?,a\n?,"b\n', 3, "not readable as CSV"),
        ("prompt,prompt\n?,a\n", 1, "expected a name for each column"),
        ("prompt,texts,\n?,a,\n", 1, "expected a name for each column"),
        ("prompt,texts\n?,a\n!,b\n?,c\n", 4, "do not follow each other; sort the rows"),
        ('prompt,texts\n?,"[""a""]"\n!,b\n', 3, "expected a JSON list of texts as in the rows before, got 'b'"),
        ("prompt,texts\n,a\n", 2, "'prompt' is missing"),
        ("prompt,texts,token_logprobs\n?,a,soon\n", 2, "token_logprobs"),
        ("prompt,texts\n?," + "a" * 200_000 + "\n", 2, "not readable as CSV"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_costs_nothing_else(tmp_path, text, line, message):
    path = tmp_path / "a.csv"
    more = "" if line == 1 or '"' in text or "logprobs" in text else "Last?,z\n"
    path.write_text(text + more)
    with pytest.raises(InvalidSamples, match=rf"a\.csv, line {line}: .*{message}"):
        list(read_samples(path))
    errors = []
    kept = list(read_samples(path, on_error=errors.append))
    assert len(errors) == 1
    if more:
        assert kept[-1] == SampleSet(prompt="Last?", texts=("z",))


def test_what_is_no_table(tmp_path):
    path = tmp_path / "a.csv"
    for content, message in (
        (b"PK\x03\x04...", "a zip archive or an Excel sheet"),
        (b"prompt,texts\n\xff\xfe", "line"),
    ):
        path.write_bytes(content)
        with pytest.raises(InvalidSamples, match=message):
            list(read_samples(path))
    path.write_bytes(b"")
    assert list(read_samples(path)) == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text(), st.text()), max_size=6), st.text(max_size=200))
def test_any_answers_come_back_and_anything_else_is_an_error_or_a_record(pairs, noise):
    text = io.StringIO()
    csv.writer(text).writerows([["prompt", "texts"], *(pair for pair in pairs)])
    for _, found in records_of_csv(io.StringIO(text.getvalue(), newline="")):
        assert isinstance(found, InvalidSamples | dict)
    for _, found in records_of_csv(io.StringIO(noise, newline="")):
        assert isinstance(found, InvalidSamples | dict)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=1, max_size=5))
def test_texts_are_read_as_they_were_written(texts):
    rows = io.StringIO()
    csv.writer(rows).writerows([["prompt", "texts"], ["?", "a plain first answer"], *(["?", own] for own in texts)])
    ((_, found),) = records_of_csv(io.StringIO(rows.getvalue(), newline=""))
    assert found == {"prompt": "?", "texts": ["a plain first answer", *texts]}


def test_the_command_scores_a_table(tmp_path):
    path = written(tmp_path / "a.csv", LONG)
    result = CliRunner().invoke(app, ["score", str(path), "--relation", "exact"])
    assert result.exit_code == 0, result.stderr
    assert [json.loads(line)["prompt"] for line in result.stdout.splitlines()] == ["Capital of France?", "Interval?"]
    again = CliRunner().invoke(app, ["score", str(path), "-o", str(tmp_path / "s.jsonl"), "--relation", "exact"])
    assert "2 questions scored" in again.stderr
    again = CliRunner().invoke(app, ["score", str(path), "-o", str(tmp_path / "s.jsonl"), "--relation", "exact"])
    assert "2 already in" in again.stderr
