"""What other processes do to a cache; apart from the tests, so that it loads no torch.

`python -m tests.relations.cache_writer PATH` writes until it is killed.
"""

import itertools
import sys
from pathlib import Path

import numpy as np

from semuq.relations.cache import PairCache


def write(path, seed):
    rng = np.random.default_rng(seed)
    cache = PairCache(path, f"scorer {seed % 2}")
    for _ in range(20):
        keys = [rng.bytes(16) for _ in range(50)]
        cache.store(keys, rng.dirichlet(np.ones(3), size=50))
        assert np.isfinite(cache.look_up(keys)).all()


def key_and_scores(number):
    """A pair that has the same scores whoever writes it."""
    return number.to_bytes(16, "big"), np.random.default_rng(number).dirichlet(np.ones(3))


def write_on_and_on(path):
    cache = PairCache(path, "killed")
    for start in itertools.count(step=100):
        keys, scores = zip(*map(key_and_scores, range(start, start + 100)), strict=True)
        cache.store(keys, np.array(scores))


if __name__ == "__main__":
    write_on_and_on(Path(sys.argv[1]))
