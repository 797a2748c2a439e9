"""The command for the day that a GPU is at hand, run dry on the CPU: nothing in it is new there."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import pytest
import torch
import typer

from benchmarks.gpu import __main__ as command
from benchmarks.gpu.models import NAMES, Made, make
from benchmarks.gpu.page import page
from benchmarks.gpu.record import Record
from benchmarks.gpu.setup import Setup
from benchmarks.gpu.table import goals, lines

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "scorer_gpu.json"
PAGE = ROOT / "docs" / "scorer-gpu.md"


def setup(seconds=3_600.0):
    return Setup(device=torch.device("cpu"), tiny=True, deadline=time.monotonic() + seconds, repeats=1)


@pytest.fixture(scope="module")
def dry(tmp_path_factory):
    """The whole command, with tiny models."""
    out = tmp_path_factory.mktemp("gpu") / "found.json"
    command.main(out=out, minutes=60, tiny=True, docs=out.with_suffix(".md"))
    return json.loads(out.read_text()), out.with_suffix(".md").read_text()


@pytest.mark.slow  # every section, with models made for it: what would fail on the card is to fail here
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile", "ignore::FutureWarning")
def test_every_section_runs(dry):
    results, text = dry
    assert {name: own["status"] for name, own in results["sections"].items() if own["status"] != "done"} == {
        "compile": "skipped"
    }
    for name in NAMES:
        assert {f"equality, {name}", f"speed, {name}, none", f"speed, {name}, question"} <= set(results["sections"])
        own = results["sections"][f"speed, {name}, none"]["found"]
        assert own["pairs"] > 0
        assert math.isfinite(own["share_of_matrix_rate"])
        checked = results["sections"][f"equality, {name}"]["found"]
        assert checked["spread"] > 0.05  # scores that hardly differ would agree whatever happened
        assert checked["differences"]["fp32, runs"] < 1e-4
    peers = results["sections"]["peers, deberta-large"]["found"]
    assert not [name for name, row in peers.items() if "error" in row]
    assert all(row["pairs_per_second"] > 0 for row in peers.values())
    steps = results["sections"]["training"]["found"]
    assert steps["seconds_without"] > 0
    assert all(seconds > 0 for seconds in steps["added_seconds"].values())
    assert "Not measured yet" in text  # tiny figures are none
    told = list(lines(results))
    assert any("times the pattern of lm-polygraph" in line for line in told)
    assert all(value is not None for _, value, _ in goals(results))


def test_a_failure_is_written_down_and_the_run_goes_on(tmp_path):
    said = []
    record = Record(tmp_path / "out" / "found.json", {"tiny": True}, said.append)

    def fail():
        raise RuntimeError("no kernel image")

    assert record.section("first", setup(), fail, needs=1) is None
    kept = json.loads(record.path.read_text())
    assert kept["sections"]["first"]["error"] == "RuntimeError: no kernel image"
    assert record.section("second", setup(), lambda: {"a": 1}, needs=1) == {"a": 1}
    assert record.section("third", setup(seconds=5), pytest.fail, needs=10) is None
    kept = json.loads(record.path.read_text())
    assert [own["status"] for own in kept["sections"].values()] == ["failed", "done", "skipped"]
    assert any("no kernel image" in line for line in said)
    assert [line for line in lines(kept) if line.startswith("first: failed")]


def test_without_a_card_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(typer.BadParameter, match="no GPU is to be seen here"):
        command.main(out=tmp_path / "found.json")


def test_operations_are_those_of_the_matrices():
    own = Made("x", "x", None, None, width=8, layers=3, inner=32)
    # Two layers in full, keys and values of the third, and the rest of it for one token a pair.
    body = 2 * (2 * 5 * (4 * 64 + 2 * 8 * 32) + 4 * 25 * 8)
    last = 2 * 5 * 2 * 64 + 2 * (2 * 64 + 2 * 8 * 32) + 4 * 5 * 8
    assert own.flops([5]) == body + last
    assert own.flops([5, 5]) == 2 * own.flops([5])


@pytest.mark.parametrize("name", NAMES)
def test_models_are_the_same_every_time(name):
    first, second = (make(name, setup()).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_full_figures_make_a_page():
    speed = {
        "pairs_per_second": 1e5,
        "tokens_per_second": 2e6,
        "share_of_matrix_rate": 0.51,
        "passes_share_of_matrix_rate": 0.6,
        "idle_share": 0.1,
        "precision": "fp16",
        "attention": "RunAttention",
    }
    peers = {
        "CrossEncoder.predict, batch 32, bf16": {"pairs_per_second": 2e4},
        "emulation of lm-polygraph: per prompt": {"pairs_per_second": 4e3},
        "transformers pipeline": {"error": "ValueError: no"},
    }
    sections = {
        "speed, deberta-large, none": {"status": "done", "found": speed},
        "peers, deberta-large": {"status": "done", "found": peers},
        "training": {
            "status": "done",
            "found": {
                "recipe": "r",
                "rollouts_per_step": 32,
                "seconds_without": 1.5,
                "steps": 11,
                "added_seconds": {"exact": 0.25},
            },
        },
        "flex": {"status": "failed", "error": "no triton"},
    }
    results = {"tiny": False, "sections": sections}
    text = page(results)
    assert "| times CrossEncoder.predict at its best | 5 | 3 |" in text
    assert "| times the pattern of lm-polygraph | 25 | 20 |" in text
    assert "| transformers pipeline | ValueError: no |" in text
    assert "1.5 s a step (median of 11)" in text
    assert "| exact | 0.25 |" in text
    assert "flex: failed: no triton" in text
    assert "Not measured yet" not in text


def test_the_page_is_that_of_the_committed_figures():
    assert PAGE.read_text() == page(json.loads(RESULTS.read_text()) if RESULTS.is_file() else None)
