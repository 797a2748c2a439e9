"""Do rewards over wordings of one question make a model agree with itself, and is it right then?

    python -m benchmarks.rl_wordings run [--minutes 60]     trains; resumes, a line a run
    python -m benchmarks.rl_wordings analyse                results/rl_wordings.json, in seconds

What is measured and how it is judged was written down before: design.md. Finished runs are kept in runs.jsonl.xz.
"""

from __future__ import annotations

from benchmarks.rl_small.command import Experiment
from benchmarks.rl_wordings.analysis import analysed
from benchmarks.rl_wordings.arms import EXPLORATORY, REGISTERED
from benchmarks.rl_wordings.runner import TINY, Settings, start, train


def main() -> None:
    Experiment(
        name="wordings",
        arms=[REGISTERED, EXPLORATORY],
        starts=6,
        full=Settings(),
        tiny=TINY,
        start=start,
        train=train,
        analysed=analysed,
    ).command(__doc__)


if __name__ == "__main__":
    main()
