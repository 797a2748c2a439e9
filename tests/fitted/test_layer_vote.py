"""`LayerVote`: a planted direction is found, everything is trained, and shuffled labels teach nothing."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from semuq.errors import InvalidParameter
from semuq.fitted.layer_vote import LayerVote

LAYERS, WIDTH, PLANTED = 3, 6, 1


def states(rng, n, strength=2.0):
    """Pairs whose better answers lie off in one direction of one layer."""
    better, worse = rng.normal(size=(2, n, LAYERS, WIDTH))
    better[:, PLANTED, 0] += strength
    return better, worse


def test_the_planted_direction_is_found_in_its_layer():
    rng = np.random.default_rng(0)
    vote = LayerVote.fit(*states(rng, 300), validation=states(rng, 200))
    better, worse = states(rng, 500)
    assert (vote.score(better) > vote.score(worse)).mean() > 0.85
    layer = np.abs(vote.probes).sum(axis=1)
    assert layer.argmax() == PLANTED
    assert np.abs(vote.probes[PLANTED]).argmax() == 0
    # Calibrated: it says as often as it is right that it is right.
    chance = 1 / (1 + np.exp(-vote.temperature * (vote.score(better) - vote.score(worse))))
    sure = np.maximum(chance, 1 - chance)
    assert sure.mean() == pytest.approx((chance > 0.5).mean(), abs=0.05)


def test_every_parameter_moves():
    """The released code trains the gate alone: its probes are in a list that the optimiser does not see."""
    rng = np.random.default_rng(1)
    pairs = states(rng, 50)
    one, two = LayerVote.fit(*pairs, epochs=1), LayerVote.fit(*pairs, epochs=2)
    for name in ("probes", "gate"):
        assert (getattr(one, name) != getattr(two, name)).all(), name
    # An offset shifts both answers of a pair, and counts through the gate.
    assert (one.offsets != two.offsets).all()


def test_shuffled_labels_teach_nothing():
    rng = np.random.default_rng(2)
    better, worse = states(rng, 300)
    flip = rng.random(300) < 0.5
    vote = LayerVote.fit(np.where(flip[:, None, None], better, worse), np.where(flip[:, None, None], worse, better))
    new_better, new_worse = rng.normal(size=(2, 400, LAYERS, WIDTH))
    labels = np.repeat([1, 0], 400)
    assert roc_auc_score(labels, vote.score(np.concatenate([new_better, new_worse]))) == pytest.approx(0.5, abs=0.08)


def test_units_and_constants_of_the_states_do_not_matter():
    rng = np.random.default_rng(3)
    better, worse = states(rng, 100)
    scaled = [own * 50 + 7 for own in (better, worse)]
    np.testing.assert_allclose(
        LayerVote.fit(better, worse, epochs=20).score(better),
        LayerVote.fit(*scaled, epochs=20).score(scaled[0]),
        rtol=1e-6,
    )
    constant = (
        np.concatenate([better, np.full((100, 1, WIDTH), 3.0)], axis=1),
        np.concatenate([worse, np.full((100, 1, WIDTH), 3.0)], axis=1),
    )
    assert np.isfinite(LayerVote.fit(*constant, epochs=20).score(constant[0])).all()


def test_it_is_the_formula_and_survives_a_file(tmp_path):
    rng = np.random.default_rng(4)
    vote = LayerVote.fit(*states(rng, 60), validation=states(rng, 60), epochs=30)
    (z,) = rng.normal(size=(1, LAYERS, WIDTH))
    votes = [
        sum((z[k][i] - vote.mean[k][i]) / vote.deviation[k][i] * vote.probes[k][i] for i in range(WIDTH))
        + vote.offsets[k]
        for k in range(LAYERS)
    ]
    gates = [1 / (1 + np.exp(-sum(vote.gate[k][j] * votes[j] for j in range(LAYERS)))) for k in range(LAYERS)]
    assert vote.score([z])[0] == pytest.approx(sum(g * s for g, s in zip(gates, votes, strict=True)))
    vote.save(tmp_path / "vote.npz")
    back = LayerVote.load(tmp_path / "vote.npz")
    assert back.score([z])[0] == vote.score([z])[0]
    assert back.temperature == vote.temperature


def test_bad_input_is_refused():
    rng = np.random.default_rng(5)
    better, worse = states(rng, 10)
    with pytest.raises(InvalidParameter, match="better, worse: expected at least two pairs"):
        LayerVote.fit(better[:1], worse[:1])
    with pytest.raises(InvalidParameter, match="validation: expected at least two pairs"):
        LayerVote.fit(better, worse, validation=(better[:, :2], worse[:, :2]))
    with pytest.raises(InvalidParameter, match="expected finite states"):
        LayerVote.fit(np.full_like(better, np.nan), worse)
    with pytest.raises(InvalidParameter, match=r"states: expected finite numbers of shape \(n, 3, 6\)"):
        LayerVote.fit(better, worse, epochs=1).score(better[:, :2])
