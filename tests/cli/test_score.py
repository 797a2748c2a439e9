"""`semuq score` from end to end: files, pipes, broken lines, resuming, other settings, a full disk, Ctrl-C."""

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from semuq import DiscreteSemanticEntropy, ExactMatch, SampleSet
from semuq.cli import app
from semuq.samples.journal import Journal
from semuq.scoring.record import read_scores


def record(index, **changes):
    return {"id": f"q{index}", "prompt": f"Question {index}?", "texts": ["Paris", "paris.", f"Lyon {index}"], **changes}


def write(path, records):
    lines = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in records]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def answers(tmp_path):
    return write(tmp_path / "answers.jsonl", [record(index) for index in range(5)])


@pytest.fixture
def scores(tmp_path):
    return tmp_path / "scores.jsonl"


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["score", *map(str, arguments), "--relation", "exact"], input=stdin)


def ids(path):
    return [result.id for result in read_scores(path)]


def test_a_file_is_scored_line_by_line_with_the_numbers_of_the_library(answers, scores):
    result = run(answers, "-o", scores)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "5 questions scored" in result.stderr
    assert ids(scores) == ["q0", "q1", "q2", "q3", "q4"]
    samples = SampleSet.from_dict(record(0))
    expected = DiscreteSemanticEntropy().score(samples, ExactMatch())
    assert next(read_scores(scores)).scores["DiscreteSemanticEntropy"] == pytest.approx(expected)


def test_results_go_to_stdout_and_everything_else_to_stderr(answers):
    result = run(answers)
    assert result.exit_code == 0
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["q0", "q1", "q2", "q3", "q4"]
    assert "5 questions scored" in result.stderr


def test_standard_input(answers, scores):
    assert run("-", "-o", scores, stdin=answers.read_bytes()).exit_code == 0
    assert len(ids(scores)) == 5


def test_compressed_answers_are_read_and_compressed_scores_refused(answers, scores, tmp_path):
    packed = tmp_path / "answers.jsonl.gz"
    packed.write_bytes(gzip.compress(answers.read_bytes()))
    assert run(packed, "-o", scores).exit_code == 0
    assert len(ids(scores)) == 5
    result = run(answers, "-o", tmp_path / "scores.jsonl.gz")
    assert result.exit_code == 2
    assert "cannot be resumed" in " ".join(result.stderr.split())


def test_estimators_are_chosen_by_name_and_arguments(answers, scores):
    assert run(answers, "-o", scores, "--estimators", "DiscreteSemanticEntropy(clustering='components')").exit_code == 0
    (score,) = [next(read_scores(scores))]
    assert list(score.scores) == ["DiscreteSemanticEntropy"]
    assert list(score.by_estimator) == [repr(DiscreteSemanticEntropy(clustering="components"))]


def test_names_are_full_on_request_and_one_file_does_not_mix_them(answers, scores):
    assert run(answers, "-o", scores, "--names", "full").exit_code == 0
    line = json.loads(scores.read_text().splitlines()[0])
    assert repr(DiscreteSemanticEntropy()) in line["scores"]
    assert "estimators" not in line
    before = scores.read_text()
    result = run(answers, "-o", scores)
    assert result.exit_code == 1
    assert "pass --names full to go on" in " ".join(result.stderr.split())
    assert scores.read_text() == before
    assert run(answers, "-o", scores, "--names", "full").exit_code == 0


def test_a_misspelt_estimator_is_wrong_usage_with_the_nearest_name(answers, scores):
    result = run(answers, "-o", scores, "--estimators", "DiscreteSemanticEntropi")
    assert result.exit_code == 2
    assert "did you mean DiscreteSemanticEntropy?" in " ".join(result.stderr.replace("│", " ").split())
    assert not scores.exists()


def test_log_probs_add_semantic_entropy_to_the_default_set(tmp_path, scores):
    given = write(tmp_path / "a.jsonl", [record(0, token_logprobs=[[-1.0], [-0.5, -0.1], [-2.0]]), record(1)])
    assert run(given, "-o", scores).exit_code == 0
    first, second = read_scores(scores)
    assert "SemanticEntropy" in first.scores
    assert "SemanticEntropy" not in second.scores


def test_missing_evidence_stops_with_the_line(answers, scores):
    result = run(answers, "-o", scores, "--estimators", "SemanticEntropy")
    assert result.exit_code == 1
    assert "answers.jsonl, line 1: SemanticEntropy needs token_logprobs" in result.stderr


@pytest.mark.parametrize("broken", ['{"prompt": "?"', '{"prompt": "?"}', "[]", '{"prompt": "?", "texts": []}', "\x00"])
def test_the_first_broken_line_stops_and_what_was_done_is_kept(tmp_path, scores, broken):
    given = write(tmp_path / "a.jsonl", [record(0), record(1), broken, record(3)])
    result = run(given, "-o", scores)
    assert result.exit_code == 1
    assert "a.jsonl, line 3: " in result.stderr
    assert "Traceback" not in result.stderr
    assert ids(scores) == ["q0", "q1"]


def test_keep_going_reports_every_broken_line_and_scores_the_others(tmp_path, scores):
    given = write(tmp_path / "a.jsonl", [record(0), "{", record(2), '{"prompt": "?"}', record(4)])
    result = run(given, "-o", scores, "--keep-going")
    assert result.exit_code == 1
    assert "a.jsonl, line 2: " in result.stderr
    assert "a.jsonl, line 4: " in result.stderr
    assert "3 questions scored, 2 broken lines left out" in result.stderr
    assert ids(scores) == ["q0", "q2", "q4"]


def test_keep_going_also_leaves_out_questions_without_the_evidence_that_was_asked_for(tmp_path, scores):
    given = write(tmp_path / "a.jsonl", [record(0), record(1, token_logprobs=[[-1.0]] * 3)])
    result = run(given, "-o", scores, "--keep-going", "--estimators", "SemanticEntropy")
    assert result.exit_code == 1
    assert "line 1: SemanticEntropy needs token_logprobs" in result.stderr
    assert ids(scores) == ["q1"]


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_run_after_a_kill_in_the_middle_of_a_line_ends_as_if_nothing_had_happened(answers, scores, cut):
    assert run(answers, "-o", scores).exit_code == 0
    whole = scores.read_bytes()
    scores.write_bytes(whole[:-cut])
    result = run(answers, "-o", scores)
    assert result.exit_code == 0
    assert "1 question scored, 4 already in" in result.stderr
    assert "half-written last line" in result.stderr
    assert scores.read_bytes() == whole


def test_a_second_run_does_nothing_and_a_longer_file_only_what_is_new(answers, scores):
    run(answers, "-o", scores)
    before = scores.read_bytes()
    result = run(answers, "-o", scores)
    assert "0 questions scored, 5 already in" in result.stderr
    assert scores.read_bytes() == before
    write(answers, [record(index) for index in range(7)])
    assert "2 questions scored, 5 already in" in run(answers, "-o", scores).stderr
    assert ids(scores) == [f"q{index}" for index in range(7)]


def test_changed_answers_are_scored_again_and_repeated_lines_as_often_as_they_occur(tmp_path, scores):
    given = write(tmp_path / "a.jsonl", [record(0), record(0), record(1)])
    run(given, "-o", scores)
    assert ids(scores) == ["q0", "q0", "q1"]
    assert "0 questions scored, 3 already in" in run(given, "-o", scores).stderr
    write(given, [record(0)] * 3 + [record(1)])
    assert "1 question scored, 3 already in" in run(given, "-o", scores).stderr
    write(given, [record(0), record(0), record(1, texts=["other"])])
    assert "1 question scored, 2 already in" in run(given, "-o", scores).stderr


def test_other_settings_are_refused_unless_told_to_overwrite(answers, scores):
    run(answers, "-o", scores)
    before = scores.read_bytes()
    result = run(answers, "-o", scores, "--estimators", "DiscreteSemanticEntropy")
    assert result.exit_code == 1
    assert "scored with other settings" in result.stderr
    assert "--overwrite" in result.stderr
    assert scores.read_bytes() == before
    assert run(answers, "-o", scores, "--estimators", "DiscreteSemanticEntropy", "--overwrite").exit_code == 0
    assert all(list(result.scores) == ["DiscreteSemanticEntropy"] for result in read_scores(scores))


@pytest.mark.parametrize("content", ["precious notes", "precious notes\n", '{"a": 1}\n', "[1]\n", "\n"])
def test_a_file_that_holds_something_else_is_never_touched(answers, scores, content):
    scores.write_text(content)
    result = run(answers, "-o", scores)
    assert result.exit_code == 1
    assert "not a score" in result.stderr
    assert scores.read_text() == content


def test_the_answers_cannot_be_the_output(answers):
    before = answers.read_bytes()
    assert run(answers, "-o", answers, "--overwrite").exit_code == 2
    assert answers.read_bytes() == before


def test_a_run_that_fails_before_its_first_score_leaves_what_was_there(answers, scores):
    run(answers, "-o", scores)
    before = scores.read_bytes()
    result = run(answers, "-o", scores, "--overwrite", "--estimators", "SemanticEntropy")
    assert result.exit_code == 1
    assert scores.read_bytes() == before


def test_an_output_that_cannot_be_written_is_said_before_any_work(answers, scores, monkeypatch):
    scores.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write to anything
    result = run(answers, "-o", scores)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "scores.jsonl: Permission denied" in result.stderr


def test_an_empty_file_has_no_scores(tmp_path, scores):
    result = run(write(tmp_path / "a.jsonl", []), "-o", scores)
    assert result.exit_code == 0
    assert "0 questions scored" in result.stderr
    assert scores.read_bytes() == b""


@pytest.mark.parametrize(("name", "message"), [("none.jsonl", "No such file or directory"), (".", "Is a directory")])
def test_answers_that_cannot_be_read_are_one_line(tmp_path, name, message):
    result = run(tmp_path / name)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_a_name_of_a_file_cannot_speak_to_the_terminal(tmp_path):
    result = run(tmp_path / "\x1b[31m[red]none[/red]\n.jsonl")
    assert result.exit_code == 1
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 1
    assert "[red]none[/red]" in result.stderr


def test_a_directory_or_a_missing_folder_as_output_is_one_line(answers, tmp_path):
    result = run(answers, "-o", tmp_path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "Is a directory" in result.stderr
    result = run(answers, "-o", tmp_path / "none" / "scores.jsonl")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "No such file or directory" in result.stderr


def test_unicode_and_huge_answers_come_back_as_they_were(tmp_path, scores):
    texts = ["Größe 日本 \u202e مرحبا 😀", "x" * 200_000, "null\x00byte \x1b[31m", "\u2028", ""]
    given = tmp_path / "a.jsonl"
    given.write_text(json.dumps(record(0, texts=texts)) + "\n" + json.dumps(record(1)) + "\n")
    assert run(given, "-o", scores).exit_code == 0
    first, second = read_scores(scores)
    assert list(first.texts) == texts
    assert second.id == "q1"
    scores.read_bytes().decode("utf-8")
    assert "0 questions scored, 2 already in" in run(given, "-o", scores).stderr


def test_questions_with_unequal_numbers_of_answers_are_warned_of(tmp_path, scores):
    given = write(tmp_path / "a.jsonl", [record(0), record(1, texts=["a", "b"])])
    result = run(given, "-o", scores)
    assert result.exit_code == 0
    assert "between 2 and 3 answers" in result.stderr


def test_matrices_can_be_left_out(answers, scores):
    assert run(answers, "-o", scores, "--no-matrices").exit_code == 0
    assert all(result.relation_scores is None for result in read_scores(scores))


@pytest.mark.parametrize(
    ("name", "texts", "entropy"),
    [("maths", ["1/2", "0.5", "2"], 0.6365), ("lexical", ["the tower", "tower", "bridge"], 0.6365)],
)
def test_answers_are_compared_by_the_relation_that_was_named(tmp_path, scores, name, texts, entropy):
    path = write(tmp_path / "answers.jsonl", [record(0, texts=texts)])
    result = CliRunner().invoke(app, ["score", str(path), "-o", str(scores), "--relation", name])
    assert result.exit_code == 0, result.stderr
    assert next(read_scores(scores)).scores["DiscreteSemanticEntropy"] == pytest.approx(entropy, abs=1e-4)


def test_a_relation_without_a_model_takes_none(answers):
    result = run(answers, "--model", "x")
    assert result.exit_code == 2


class FullDisk:
    """A file that takes `room` bytes and no more."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self.file.write(bytes(data[: self.room]))
        self.room -= taken
        return taken

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("lines", [0, 2.5, 3])
def test_a_full_disk_is_one_line_and_what_was_written_stays_valid(answers, scores, tmp_path, monkeypatch, lines):
    run(answers, "-o", tmp_path / "whole.jsonl")
    whole = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    room = sum(map(len, whole[: int(lines)])) + int(len(whole[0]) * (lines % 1))
    original = Journal.open

    def full(self):
        if self._file is None:
            self._file = FullDisk(original(self), room)
        return self._file

    monkeypatch.setattr(Journal, "open", full)
    result = run(answers, "-o", scores)
    monkeypatch.undo()
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "scores.jsonl: No space left on device" in result.stderr
    assert scores.read_bytes() == b"".join(whole[: int(lines)])
    assert run(answers, "-o", scores).exit_code == 0
    assert scores.read_bytes() == b"".join(whole)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("to_stdout", [True, False])
def test_a_device_that_is_full_is_one_line_without_a_traceback(answers, to_stdout):
    command = [sys.executable, "-m", "semuq", "score", str(answers), "--relation", "exact"]
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            command if to_stdout else [*command, "-o", "/dev/full"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_reader_that_closes_the_pipe_ends_the_command_quietly(tmp_path):
    given = write(tmp_path / "a.jsonl", [record(index, texts=["x" * 10_000]) for index in range(50)])
    with subprocess.Popen(
        [sys.executable, "-m", "semuq", "score", str(given), "--relation", "exact"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 0
    assert errors == b""


@pytest.fixture
def heeded_interrupt():
    """A process that a shell put in the background ignores the interrupt, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_done_and_says_how_to_go_on(tmp_path, scores, heeded_interrupt):
    """Answers come through a pipe that stays open, so that the command is surely at work when the signal comes."""
    with subprocess.Popen(
        [sys.executable, "-m", "semuq", "score", "-", "-o", str(scores), "--relation", "exact"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for index in range(3):
            process.stdin.write(json.dumps(record(index)) + "\n")
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not scores.exists() or scores.read_bytes().count(b"\n") < 3:
            assert time.monotonic() < deadline, "the command wrote nothing"
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        errors = process.stderr.read()
    assert process.returncode == 130
    assert errors.count("\n") == 1
    assert "interrupted after" in errors
    assert "run the same command again to go on" in errors
    done = ids(scores)
    assert done == ["q0", "q1", "q2"]  # in windows of one and of two: the 32 of a whole one had not come yet
    answers = write(tmp_path / "a.jsonl", [record(index) for index in range(4)])
    assert f"{len(done)} already in" in run(answers, "-o", scores).stderr
    assert ids(scores) == ["q0", "q1", "q2", "q3"]


@pytest.mark.slow
def test_a_kill_leaves_a_file_that_the_next_run_completes(answers, scores, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "semuq", "score", "-", "-o", str(scores), "--relation", "exact", "--window", "1"],
        stdin=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write("".join(json.dumps(record(index)) + "\n" for index in range(4)))
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not scores.exists() or scores.read_bytes().count(b"\n") < 2:
            assert time.monotonic() < deadline, "the command wrote nothing"
            time.sleep(0.05)
        process.kill()
    assert run(answers, "-o", scores).exit_code == 0
    run(answers, "-o", tmp_path / "whole.jsonl")
    assert scores.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_an_input_without_questions_is_said(tmp_path, scores):
    for name, content in (("empty.jsonl", ""), ("blank.jsonl", "\n\n"), ("array.json", "[]")):
        path = tmp_path / name
        path.write_text(content)
        result = run(path, "-o", scores, "--overwrite")
        assert result.exit_code == 0
        assert f"no questions in {path}" in result.stderr.replace("\n", "")
    assert "no questions" not in run(write(tmp_path / "a.jsonl", [record(0)]), "-o", tmp_path / "b.jsonl").stderr


def test_other_peoples_fields_are_read_by_name(tmp_path, scores):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"question": "?", "answers": ["a", "b"], "correct": True, "id": 3}]))
    assert "--prompt-field question --texts-field answers" in run(path, "-o", scores).stderr.replace("\n", " ")
    assert run(path, "-o", scores, "--prompt-field", "question", "--texts-field", "answers").exit_code == 0
    line = json.loads(scores.read_text())
    assert (line["prompt"], line["texts"], line["id"], line["metadata"]) == ("?", ["a", "b"], "3", {"correct": True})


def test_workers_without_their_engine_are_wrong_usage(answers, scores):
    result = run(answers, "-o", scores, "--workers", "2")
    assert result.exit_code == 2
    assert "expected --engine ray" in " ".join(result.stderr.replace("│", " ").split())
    assert not scores.exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate 2 GiB"),
    ],
)
def test_a_lack_of_memory_is_one_line_and_keeps_what_was_scored(tmp_path, monkeypatch, error):
    answers, out = tmp_path / "answers.jsonl", tmp_path / "scores.jsonl"
    rows = [json.dumps({"prompt": f"q{place}", "texts": ["a", "b"]}) + "\n" for place in range(6)]
    answers.write_text("".join(rows))
    compare, calls = ExactMatch.compare, []

    def starved(self, batch):
        calls.append(len(batch))
        if len(calls) == 3:
            raise error
        return compare(self, batch)

    monkeypatch.setattr(ExactMatch, "compare", starved)
    words = ["score", str(answers), "-o", str(out), "--relation", "exact", "--window", "2"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "out of memory" in result.stderr
    assert "--window" in result.stderr
    assert len(out.read_text().splitlines()) == 3
    assert CliRunner().invoke(app, words).exit_code == 0
    assert len(out.read_text().splitlines()) == 6


def test_other_runtime_errors_keep_their_traceback(tmp_path, monkeypatch):
    def broken(self, batch):
        raise RuntimeError("a bug")

    monkeypatch.setattr(ExactMatch, "compare", broken)
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"prompt": "q", "texts": ["a", "b"]}\n')
    result = CliRunner().invoke(app, ["score", str(answers), "--relation", "exact"])
    assert isinstance(result.exception, RuntimeError)


def test_questions_without_a_score_are_counted_with_the_reason_in_their_lines(tmp_path):
    answers, out = tmp_path / "answers.jsonl", tmp_path / "scores.jsonl"
    row = {"prompt": "q", "texts": ["a", "b"], "token_logprobs": [[-0.5], [-1.0]]}
    rows = [row, row | {"token_logprobs": [[-0.5], [None]]}, row]
    answers.write_text("".join(json.dumps(own) + "\n" for own in rows))
    words = ["score", str(answers), "-o", str(out), "--relation", "exact", "--estimators", "SemanticEntropy"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert "1 question without SemanticEntropy, which needs something of all answers" in " ".join(result.stderr.split())
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [len(line["scores"]) for line in lines] == [1, 0, 1]
    assert next(iter(lines[1]["unscored"].values())).endswith("got none for answer 1")
