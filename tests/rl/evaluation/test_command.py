"""`python -m semuq_rl.evaluate` from end to end on a tiny Qwen2."""

import json

import pytest
from typer.testing import CliRunner

from semuq_rl.evaluate import app
from semuq_rl.evaluation.stand_in import write_stand_in

pytest.importorskip("math_verify", reason="graders need math-verify (pip install 'semuq[maths]')")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("tiny"))


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_two_sets_end_in_counts_with_intervals_and_resume(folder, tmp_path):
    output = tmp_path / "out.jsonl"
    options = ["--model", folder, "--sets", "aime24,minerva", "--limit", 2, "--max-tokens", 6, "-o", output]
    first = run(*options)
    assert first.exit_code == 0, first.output
    assert "average of the sets" in first.stdout
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["settings"]["max_tokens"] == 6
    assert document["sets"]["aime24"]["problems"] == 2
    low, high = document["sets"]["minerva"]["interval"]
    assert (low, round(high, 4)) == (0.0, 0.6576)
    written = output.read_text()
    again = run(*options)
    assert (again.exit_code, output.read_text()) == (0, written)
    refused = run(*options[:-4], "--max-tokens", 7, "-o", output)
    assert refused.exit_code == 1
    assert "this run has 7" in refused.output


def test_sampling_gives_pass_at_k(folder, tmp_path):
    output = tmp_path / "out.jsonl"
    options = ["--sets", "amc", "--limit", 1, "--max-tokens", 4, "--n", 2, "--temperature", 1, "--template", "r1"]
    found = run("--model", folder, *options, "-o", output)
    assert found.exit_code == 0, found.output
    assert "amc: pass@2" in found.stdout


def test_a_dry_run_loads_nothing_and_writes_nothing(tmp_path):
    output = tmp_path / "out.jsonl"
    found = run("--model", "no/such/model", "--sets", "all", "--dry-run", "-o", output)
    assert found.exit_code == 0, found.output
    assert "olympiadbench: 675 problems, 0 done" in found.stdout
    assert "1560 rollouts of at most 3000 tokens left" in found.stdout
    assert "put your final answer within \\boxed{}" in found.stdout
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sets", "aime25"], "sets: expected one of aime24"),
        (["--backend", "llama.cpp"], "backend: expected 'transformers' or 'vllm', got 'llama.cpp'"),
        (["--n", "4"], "n: expected 1 with temperature=0"),
        (["--dtype", "int4", "--limit", "1"], "dtype: expected float32, bfloat16 or float16, got 'int4'"),
    ],
)
def test_refusals_are_one_line(options, message, tmp_path):
    found = run("--model", "no/such/model", "-o", tmp_path / "out.jsonl", *options)
    assert found.exit_code == 1
    assert message in found.output
