"""The page on the command line names every option there is and none that is not; its snippet runs."""

import re
import runpy
from pathlib import Path

import pytest
import typer.main

from semuq.cli import app

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_documented_and_every_documented_option_exists(name):
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    section = page.split(f"## `semuq {name}`")[1].split("\n## ")[0]
    documented = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", section))
    options = {
        option
        for command in getattr(COMMANDS[name], "commands", {name: COMMANDS[name]}).values()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }
    assert documented == options - {"--help"}


def test_the_snippet_prints_two_verdicts_and_writes_a_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(DOCS / "snippets" / "score_file.py"))
    assert capsys.readouterr().out.splitlines() == [
        "france 3 of 4 answers mean 'Paris': the model leans towards it, but is not sure.",
        "faso Four answers, four meanings: the model does not know.",
    ]
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
