"""The command as a whole: help, version, what it loads, and the two commands that only show things."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import semuq
from semuq import ESTIMATORS, ExactMatch, SampleSet
from semuq.cli import app
from semuq.cli.output import score_line
from semuq.scoring import score_stream


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "scores.jsonl"
    batch = [SampleSet(id=f"q{index}", prompt="?", texts=("a", "b")) for index in range(3)]
    path.write_bytes(b"".join(map(score_line, score_stream(batch, None, ExactMatch()))))
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_version():
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"semuq {semuq.__version__}\n")


@pytest.mark.parametrize("command", ["ask", "score", "estimators", "report", "fit", "decide"])
def test_help_names_every_command_and_each_has_its_own(command):
    assert command in run("--help").stdout
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"semuq {command}" in result.stdout or command in result.stdout


def test_unknown_options_and_commands_are_wrong_usage_with_the_nearest_known_one():
    result = run("score", "x", "--keep-goin")
    assert result.exit_code == 2
    assert "--keep-going" in result.stderr
    assert run("scor").exit_code == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["estimators"],
        ["ask", "--help"],
        ["score", "--help"],
        ["report", "{scores}", "-o", "{html}"],
    ],
    ids=" ".join,
)
def test_what_needs_no_model_loads_no_torch(arguments, scores, tmp_path):
    arguments = [item.format(scores=scores, html=tmp_path / "report.html") for item in arguments]
    program = (
        "import sys\nfrom semuq.cli import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_scoring_by_exact_match_loads_no_torch(tmp_path):
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"prompt": "?", "texts": ["a", "b"]}\n')
    program = (
        "import sys\nfrom semuq.cli import app\n"
        f"app(['score', {str(answers)!r}, '--relation', 'exact'], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_the_module_runs_as_the_command_does():
    result = subprocess.run([sys.executable, "-m", "semuq", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"semuq {semuq.__version__}\n"


def test_estimators_are_listed_with_their_facts():
    facts = json.loads(run("estimators", "--json").stdout)
    assert [fact["name"] for fact in facts] == [cls.__name__ for cls in ESTIMATORS]
    for fact, cls in zip(facts, ESTIMATORS, strict=True):
        assert fact["units"] == cls.units
        assert fact["min_samples"] == cls.min_samples
        assert fact["papers"] == list(cls.papers)
        assert set(fact["needs"]) == {str(need) for need in cls.needs}
        for shown, bound in zip(fact["bounds"], cls().bounds(10), strict=True):
            assert (
                shown == pytest.approx(bound, abs=1e-4) if shown is not None else bound in (float("inf"), -float("inf"))
            )


def test_the_table_of_estimators_fits_a_terminal_and_names_all():
    result = run("estimators")
    assert result.exit_code == 0
    for cls in ESTIMATORS:
        assert cls.__name__ in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "dimensionless" in result.stdout


def test_report_writes_a_page_and_says_how_much_is_on_it(scores, tmp_path):
    page = tmp_path / "report.html"
    result = run("report", scores, "-o", page, "--title", "Mine & yours")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "3 questions" in result.stderr
    assert '<h1 dir="auto">Mine &amp; yours</h1>' in page.read_text()


def test_report_to_standard_output(scores):
    result = run("report", scores, "-o", "-")
    assert result.stdout.startswith("<!doctype html>")


def test_report_stops_at_a_broken_line_and_leaves_an_older_page(scores, tmp_path):
    page = tmp_path / "report.html"
    page.write_text("older")
    with scores.open("a") as file:
        file.write('{"source": "half')
    result = run("report", scores, "-o", page)
    assert result.exit_code == 1
    assert "scores.jsonl, line 4: not valid JSON" in result.stderr
    assert page.read_text() == "older"
    result = run("report", scores, "-o", page, "--keep-going")
    assert result.exit_code == 1
    assert "3 questions" in result.stderr
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("where", ["none.jsonl", "."])
def test_report_on_what_cannot_be_read_is_one_line(tmp_path, where):
    result = run("report", tmp_path / where, "-o", tmp_path / "report.html")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert not (tmp_path / "report.html").exists()


def test_report_never_replaces_the_scores(scores):
    before = scores.read_bytes()
    assert run("report", scores, "-o", scores).exit_code == 2
    assert scores.read_bytes() == before
