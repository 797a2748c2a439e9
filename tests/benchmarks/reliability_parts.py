"""Parts of the count of reliability that end in odd ways: the chunk that is left over dies, or never ends."""

import os
import time

from benchmarks.reliability.tally import Tally


def counted(rng, trials):
    """Every trial but one in a hundred succeeds."""
    tally = Tally("a number below a hundredth", figures={"numbers": trials, "largest": 0.0})
    for number in rng.random(trials):
        tally.note("too low" if number < 0.01 else None)
        tally.figures["largest"] = max(tally.figures["largest"], float(number))
    return tally


def dying(rng, trials):
    """A process that dies in a chunk of one."""
    if trials == 1:
        os._exit(3)
    return counted(rng, trials)


def hanging(rng, trials):
    """One that never comes back from it."""
    if trials == 1:
        time.sleep(600)
    return counted(rng, trials)
