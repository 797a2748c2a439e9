"""A command of the benchmarks, run in this process: another would take longer to begin than most of them to end."""

import json
from contextlib import redirect_stdout
from io import StringIO
from unittest.mock import patch

import torch


def output(main, *arguments):
    """What a command prints. Nothing is pinned: torch is there already, and only what was measured would need it."""
    threads, text = torch.get_num_threads(), StringIO()
    try:
        with (
            patch("sys.argv", ["command", *map(str, arguments)]),
            patch("semuq_rl.runs.machine.pin_instructions"),
            redirect_stdout(text),
        ):
            main()
    finally:
        torch.set_num_threads(threads)
    return text.getvalue()


def tiny_report(main, folder, *, starts, runs):
    """The results of a small experiment of `benchmarks.rl_small` after a few steps, whose runs are not done twice."""
    out = folder / "out.json"
    common = ["--work", folder / "work", "--packed", folder / "runs.jsonl.xz", "--out", out]
    tiny = ("run", "--tiny", "--starts", starts)
    assert len(output(main, *tiny, *common).splitlines()) == runs
    assert output(main, *tiny, *common) == ""
    output(main, "analyse", *common)
    return json.loads(out.read_text())
