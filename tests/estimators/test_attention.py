"""RAUQ against the literal oracle, and at its limits."""

import numpy as np
import pytest

from semuq import RAUQ, InvalidParameter, SampleSet
from semuq.testing import make_samples
from tests.estimators.cases import ROUNDED
from tests.oracles import attention as oracle


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.0])
def test_equals_the_oracle(alpha):
    rng = np.random.default_rng(0)
    for _ in range(30):
        samples = make_samples([0] * int(rng.integers(1, 6)), rng)
        each = [
            oracle.rauq(logprobs.tolist(), attention.tolist(), alpha)
            for logprobs, attention in zip(samples.token_logprobs, samples.token_attentions, strict=True)
        ]
        assert RAUQ(alpha=alpha).score_answers(samples) == pytest.approx(each, **ROUNDED)
        assert RAUQ(alpha=alpha).score(samples) == pytest.approx(sum(each) / len(each), **ROUNDED)


def test_limits():
    one = {"texts": ("a",), "prompt": "?"}
    looked = SampleSet(**one, token_logprobs=([-1.0, -1.0],), token_attentions=(np.ones((2, 1, 1)),))
    away = SampleSet(**one, token_logprobs=([-1.0, -1.0],), token_attentions=(np.zeros((2, 1, 1)),))
    assert RAUQ().score(looked) == 1.0  # confidence handed on in full
    assert RAUQ().score(away) == pytest.approx(1.0 - np.log(0.2) / 2, **ROUNDED)
    assert RAUQ(alpha=1.0).score(away) == 1.0
    assert np.isfinite(RAUQ(alpha=0.0).score(away))
    silent = SampleSet(prompt="?", texts=("",), token_logprobs=([],), token_attentions=([],))
    assert RAUQ().score(silent) == 0.0


def test_alpha_is_checked():
    with pytest.raises(InvalidParameter, match=r"RAUQ.alpha: expected a number in \[0, 1\], got 2"):
        RAUQ(alpha=2)
