import numpy as np
from numpy.typing import ArrayLike

from semuq.metrics import bootstrap
from semuq.metrics.inputs import as_pair


def mean_gap(scores: ArrayLike, correct: ArrayLike) -> float:
    """How much more uncertain the model is where it is wrong: mean score of the wrong less that of the right."""
    uncertainty, right = as_pair(scores, correct)
    return float(uncertainty[right < 0.5].mean() - uncertainty[right >= 0.5].mean())


rng = np.random.default_rng(0)
correct = rng.random(200) < 0.5
interval = bootstrap(mean_gap, rng.random(200) + ~correct, correct, seed=0)
assert 0.8 < interval.low < 1.0 < interval.high < 1.2
