"""Do rewards over wordings of one question make a model agree with itself, and is it right then?

    python -m benchmarks.rl_wordings run [--minutes 60]     trains; resumes, a line a run
    python -m benchmarks.rl_wordings analyse                results/rl_wordings.json, in seconds

What is measured and how it is judged was written down before: design.md. Finished runs are kept in runs.jsonl.xz.
"""

from __future__ import annotations

from benchmarks.rl_small.command import Command, options_of


def main() -> None:
    options = options_of(__doc__, "wordings", starts=6)
    command = Command(options)
    if options.command == "analyse":
        from benchmarks.rl_wordings.analysis import analysed

        command.analyse(analysed)
        return
    from semuq_rl.runs.machine import pin_instructions

    pin_instructions()
    from benchmarks.rl_wordings.arms import EXPLORATORY, REGISTERED
    from benchmarks.rl_wordings.runner import TINY, Settings, start, train

    settings = TINY if options.tiny else Settings()
    command.run(
        [REGISTERED, EXPLORATORY],
        lambda number, folder: start(number, settings, folder),
        lambda arm, number, begun: train(arm, number, begun, settings),
    )


if __name__ == "__main__":
    main()
