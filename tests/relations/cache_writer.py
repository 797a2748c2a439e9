"""What one of several processes does to a shared cache; apart from the tests, so that it loads no torch."""

import numpy as np

from semuq.relations.entailment.cache import PairCache


def write(path, seed):
    rng = np.random.default_rng(seed)
    cache = PairCache(path, f"scorer {seed % 2}")
    for _ in range(20):
        keys = [rng.bytes(16) for _ in range(50)]
        cache.store(keys, rng.dirichlet(np.ones(3), size=50))
        assert np.isfinite(cache.look_up(keys)).all()
