"""`semuq sample`: questions in, answers out that `semuq score` reads; resumed, with failures listed and asked again."""

import json

import pytest
from typer.testing import CliRunner

from semuq import read_samples
from semuq.cli import app
from tests.sampling.server import serving

QUESTIONS = [
    {"prompt": "Capital of France?", "references": ["Paris"], "id": "fr", "metadata": {"level": 1}},
    {"prompt": "Capital of Italy?", "references": ["Rome"], "id": "it"},
    {"prompt": "Capital of France?", "id": "again"},
]


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in QUESTIONS))
    return path


@pytest.fixture
def server():
    with serving() as (own, url):
        own.url = url
        yield own


def run(server, questions, output, *options):
    command = ["sample", str(questions), "-o", str(output), "--model", "tiny", "--base-url", server.url, "-n", "3"]
    return CliRunner().invoke(app, [*command, *map(str, options)])


def test_answers_keep_what_the_questions_brought_and_can_be_scored(server, questions, tmp_path):
    result = run(server, questions, tmp_path / "answers.jsonl")
    assert (result.exit_code, result.stderr.strip()) == (0, "3 questions sampled")
    first, second, third = read_samples(tmp_path / "answers.jsonl")
    assert (first.id, first.references, len(first), first.token_logprobs is not None) == ("fr", ("Paris",), 3, True)
    assert first.metadata["level"] == 1
    assert (second.prompt, third.id, third.texts) == ("Capital of Italy?", "again", first.texts)
    scored = CliRunner().invoke(app, ["score", str(tmp_path / "answers.jsonl"), "--relation", "exact"])
    assert scored.exit_code == 0
    assert len(scored.stdout.splitlines()) == 3


def test_a_run_goes_on_where_it_was_cut_off(server, questions, tmp_path):
    output = tmp_path / "answers.jsonl"
    run(server, questions, output)
    whole = output.read_bytes()
    output.write_bytes(whole[: len(whole) // 2])
    result = run(server, questions, output)
    assert result.exit_code == 0
    assert "1 already in" in result.stderr
    assert output.read_bytes() == whole
    assert "0 questions sampled, 3 already in" in run(server, questions, output).stderr


def test_a_question_that_fails_costs_itself_and_is_asked_again(server, questions, tmp_path):
    output = tmp_path / "answers.jsonl"
    refuse = lambda number, body: (400, {}, "no") if "Italy" in json.dumps(body) else None  # noqa: E731
    server.fail = refuse
    result = run(server, questions, output)
    assert result.exit_code == 1
    assert "questions.jsonl, line 2:" in result.stderr
    assert "2 questions sampled, 1 failed; run the same command again" in result.stderr
    server.fail = lambda number, body: None
    assert run(server, questions, output).exit_code == 0
    assert sorted(own.id for own in read_samples(output)) == ["again", "fr", "it"]


def test_the_first_answers_are_in_the_file_before_many_are_asked(server, tmp_path):
    questions, output, seen = tmp_path / "many.txt", tmp_path / "answers.jsonl", []
    questions.write_text("".join(f"Question {number}?\n" for number in range(12)))

    def note(number, body):
        seen.append(len(output.read_text().splitlines()) if output.exists() else 0)

    server.fail = note
    assert run(server, questions, output, "--window", "4").exit_code == 0
    assert sorted(seen) == [0] + [1] * 2 + [3] * 4 + [7] * 4 + [11]


def test_other_settings_are_not_mixed_into_a_file(server, questions, tmp_path):
    output = tmp_path / "answers.jsonl"
    run(server, questions, output)
    before = output.read_bytes()
    for options in (("--temperature", "0.5"), ("--system", "Be brief.")):
        result = run(server, questions, output, *options)
        assert result.exit_code == 1
        assert "pass another -o" in result.stderr
    assert output.read_bytes() == before


def test_plain_text_and_other_field_names(server, tmp_path):
    plain = tmp_path / "questions.txt"
    plain.write_text("Where?\n\nWhen?\n")
    assert run(server, plain, tmp_path / "plain.jsonl").exit_code == 0
    assert [own.prompt for own in read_samples(tmp_path / "plain.jsonl")] == ["Where?", "When?"]
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "Where?"}\n')
    result = run(server, other, tmp_path / "other-answers.jsonl")
    assert result.exit_code == 1
    assert "line 1: expected a question in 'prompt'" in result.stderr
    assert run(server, other, tmp_path / "other-answers.jsonl", "--prompt-field", "question").exit_code == 0


def test_what_is_missing_is_one_line(server, tmp_path, questions):
    assert "No such file" in run(server, tmp_path / "none.jsonl", tmp_path / "out.jsonl").stderr
    command = ["sample", str(questions), "-o", str(tmp_path / "out.jsonl"), "--base-url", server.url]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "expected --model with it" in " ".join(result.stderr.replace("│", " ").split())
