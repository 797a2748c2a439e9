"""Is a reward learned from hidden states worth anything beside a count of which answer comes most often?

    SEMUQ_WEIGHTS=FOLDER python -m benchmarks.layer_vote read [--minutes 60]     states of stored answers; resumes
    python -m benchmarks.layer_vote fit                          scores of every arm, from the states: scores.jsonl.xz
    python -m benchmarks.layer_vote analyse                      results/layer_vote.json, from those scores, in seconds

What is measured and how it is judged was written down before: design.md. States (90 kB an answer) are not kept in the
repository; the scores that the arms give to each answer are.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.layer_vote.data import load_answers, read_states
from benchmarks.leaderboard.models import read_model
from benchmarks.leaderboard.questions import read_datasets

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parents[1] / "results" / "layer_vote.json"
MODEL = "qwen2.5-coder-0.5b"
SETS = ("svamp", "squad")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["read"])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "layer_vote", help="where states are kept")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop reading after this long")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    model = read_model(MODEL)
    sets = {data.name: load_answers(data, MODEL) for data in read_datasets(SETS)}
    read_states(sets, model, options.work, until=until, say=_say)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
