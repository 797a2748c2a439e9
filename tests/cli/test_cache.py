"""`semuq cache`: what is kept is told, and can be thrown away."""

import json

import numpy as np
from typer.testing import CliRunner

from semuq.cli import app
from semuq.relations.cache import PairCache, default_path


def run(*arguments):
    return CliRunner().invoke(app, ["cache", *arguments])


def test_info_and_clear(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
    assert json.loads(run("info", "--json").stdout)["pairs"] == 0
    PairCache(default_path(), "x").store([b"a", b"b"], np.full((2, 3), 1 / 3))
    told = json.loads(run("info", "--json").stdout)
    assert (told["pairs"], told["scorers"]) == (2, 1)
    assert told["path"] == str(default_path())
    assert "2 pairs of 1 scorers" in run("info").stdout
    assert run("clear").exit_code == 0
    assert not default_path().exists()
    assert run("clear").exit_code == 0


def test_a_file_that_is_no_cache_is_one_line_and_status_1(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
    default_path().write_text("no database" * 100)
    result = run("info")
    assert result.exit_code == 1
    assert "not a readable cache" in result.stderr
