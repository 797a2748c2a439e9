"""Weighed preferences: DPO at certainty, nothing at a toss-up, and the slope between."""

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq_rl.preferences import preference_confidence, weighted_dpo_loss


def test_certain_pairs_are_plain_dpo_and_turned_ones_its_mirror():
    margin = np.linspace(-30, 30, 13)
    plain = -np.log(1 / (1 + np.exp(-0.1 * margin)))
    np.testing.assert_allclose(weighted_dpo_loss(margin, np.ones(13)), plain)
    np.testing.assert_allclose(weighted_dpo_loss(margin, np.zeros(13)), plain[::-1])


@pytest.mark.parametrize("confidence", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_the_slope_at_no_margin(confidence):
    torch = pytest.importorskip("torch")
    margin = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    weighted_dpo_loss(margin, torch.tensor([confidence], dtype=torch.float64), beta=0.15).sum().backward()
    assert float(margin.grad) == pytest.approx(-0.15 * (confidence - 0.5))


def test_the_minimum_is_where_the_policy_says_the_confidence():
    margin = np.linspace(-10, 10, 2001)
    best = margin[weighted_dpo_loss(margin, np.full(2001, 0.8), beta=1.0).argmin()]
    assert 1 / (1 + np.exp(-best)) == pytest.approx(0.8, abs=1e-3)


def test_swapping_a_pair_turns_its_confidence_round():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 20))
    np.testing.assert_allclose(
        preference_confidence(a, b, temperature=3.0), 1 - preference_confidence(b, a, temperature=3.0)
    )
    assert preference_confidence(a, b, least=0.5).min() == 0.5


def test_numpy_and_torch_agree():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 9)) * 5
    np.testing.assert_allclose(
        preference_confidence(torch.as_tensor(a), torch.as_tensor(b)), preference_confidence(a, b)
    )
    gamma = preference_confidence(a, b)
    np.testing.assert_allclose(
        weighted_dpo_loss(torch.as_tensor(a), torch.as_tensor(gamma)), weighted_dpo_loss(a, gamma)
    )


def test_bad_parameters_are_refused():
    with pytest.raises(InvalidParameter, match=r"weighted_dpo_loss.beta"):
        weighted_dpo_loss(np.zeros(1), np.ones(1), beta=0.0)
    with pytest.raises(InvalidParameter, match=r"preference_confidence.least"):
        preference_confidence(np.zeros(1), np.ones(1), least=0.7)
