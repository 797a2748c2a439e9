"""Does a reward for honesty teach a model to say how sure it is, and to keep silent where it is not?

    python -m benchmarks.rl_honest run [--minutes 60]     trains; resumes, a line a run
    python -m benchmarks.rl_honest analyse                results/rl_honest.json, in seconds

What is measured and how it is judged was written down before: design.md. Finished runs are kept in runs.jsonl.xz.
"""

from __future__ import annotations

from benchmarks.rl_small.command import Command, options_of


def main() -> None:
    options = options_of(__doc__, "honest", starts=10)
    command = Command(options)
    if options.command == "analyse":
        from benchmarks.rl_honest.analysis import analysed

        command.analyse(analysed)
        return
    from semuq_rl.runs.machine import pin_instructions

    pin_instructions()
    from benchmarks.rl_honest.arms import ARMS
    from benchmarks.rl_honest.runner import TINY, Settings, start, train

    settings = TINY if options.tiny else Settings()
    command.run(
        [ARMS],
        lambda number, folder: start(number, settings, folder),
        lambda arm, number, begun: train(arm, number, begun, settings),
    )


if __name__ == "__main__":
    main()
