"""Does a reward for honesty teach a model to say how sure it is, and to keep silent where it is not?

    python -m benchmarks.rl_honest run [--minutes 60]     trains; resumes, a line a run
    python -m benchmarks.rl_honest analyse                results/rl_honest.json, in seconds

What is measured and how it is judged was written down before: design.md. Finished runs are kept in runs.jsonl.xz.
"""

from __future__ import annotations

from benchmarks.rl_honest.analysis import analysed
from benchmarks.rl_honest.arms import ARMS
from benchmarks.rl_honest.runner import TINY, Settings, start, train
from benchmarks.rl_small.command import Experiment


def main() -> None:
    Experiment(
        name="honest",
        arms=[ARMS],
        starts=10,
        full=Settings(),
        tiny=TINY,
        start=start,
        train=train,
        analysed=analysed,
    ).command(__doc__)


if __name__ == "__main__":
    main()
