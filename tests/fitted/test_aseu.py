"""ASEU: the formula against loops, a head that learns a known uncertainty, files, refusals."""

import pickle

import numpy as np
import pytest
import torch

from semuq import ASEU, InvalidParameter, InvalidSamples, MissingEvidence, SampleSet
from semuq.fitted.aseu import AseuTraining, train_aseu
from semuq.fitted.gaussian import GaussianHead
from semuq.metrics import auroc
from tests.oracles import amortised as oracle

QUICK = AseuTraining(latent=4, hidden=12, steps=120, batch=64, learning_rate=1e-2)


def random_head(rng, d=5, h=4, k=3, e=6):
    shapes = {
        "centre": d,
        "first": (d, h),
        "first_bias": h,
        "second": (h, 2 * k),
        "second_bias": 2 * k,
        "decoder": (k, e),
    }
    return GaussianHead({name: rng.normal(size=own) for name, own in shapes.items()} | {"scale": rng.random(d) + 0.5})


def world(seed, questions, mix):
    """Questions whose states say how far their answers scatter; and that scatter."""
    rng = np.random.default_rng(seed)
    batch, scatter = [], rng.choice([0.05, 1.0], size=questions)
    for own in scatter:
        topic = np.eye(3)[rng.integers(3)]
        told = np.concatenate([[np.log(own) / 2], topic]) @ mix
        batch.append(
            SampleSet(
                prompt="q",
                texts=("a", "b", "c"),
                embeddings=np.pad(topic, (0, 2)) + own * rng.normal(size=(3, 5)),
                token_states=[told + 0.05 * rng.normal(size=(rng.integers(1, 5), 8)) for _ in range(3)],
            )
        )
    return batch, scatter


@pytest.fixture(scope="module")
def trained():
    mix = np.random.default_rng(7).normal(size=(4, 8))
    return train_aseu(world(0, 60, mix)[0], QUICK), mix


def test_the_formula_equals_loops():
    rng = np.random.default_rng(0)
    for _ in range(40):
        head = random_head(rng)
        weights = {name: own.tolist() for name, own in head.weights.items()}
        states = [rng.normal(size=(rng.integers(1, 6), 5)) for _ in range(3)]
        samples = SampleSet(prompt="q", texts=("a", "b", "c"), token_states=states)
        draws = int(rng.integers(2, 6))
        for space in ("latent", "decoded"):
            estimator = ASEU(head=head, draws=draws, space=space, seed=3)
            noise = np.random.default_rng(3).standard_normal((draws, 3)).tolist()
            wanted = [oracle.aseu(weights, own.tolist(), noise, space == "decoded") for own in states]
            assert estimator.score_answers(samples) == pytest.approx(wanted, abs=1e-9)
            assert estimator.score(samples) == pytest.approx(np.mean(wanted))


def test_a_head_learns_how_far_answers_scatter(trained):
    result, mix = trained
    assert result.losses[-10:].mean() < result.losses[:10].mean() - 0.5
    unseen, scatter = world(1, 60, mix)
    for space in ("latent", "decoded"):
        scores = ASEU(head=result.head, space=space).score(unseen)
        assert auroc(scores, scatter < 0.5) > 0.95
        assert scores[scatter > 0.5].mean() > 3 * scores[scatter < 0.5].mean()


def test_training_is_reproducible_and_leaves_the_global_state_alone():
    mix = np.random.default_rng(7).normal(size=(4, 8))
    batch, _ = world(0, 10, mix)
    few = AseuTraining(latent=2, hidden=4, steps=3, batch=8)
    before = torch.get_rng_state().clone()
    one, other = train_aseu(batch, few), train_aseu(batch, few)
    assert torch.equal(torch.get_rng_state(), before)
    assert one.head == other.head
    assert one.head != train_aseu(batch, AseuTraining(latent=2, hidden=4, steps=3, batch=8, seed=1)).head


def test_a_head_survives_its_file_and_pickling(tmp_path, trained):
    head = trained[0].head
    head.save(tmp_path / "head.safetensors")
    assert GaussianHead.load(tmp_path / "head.safetensors") == head
    estimator = ASEU(head=head)
    assert pickle.loads(pickle.dumps(estimator)) == estimator
    assert head.digest in repr(estimator)
    (tmp_path / "broken").write_bytes(b"no head")
    with pytest.raises(InvalidParameter, match="path: expected a head saved as safetensors"):
        GaussianHead.load(tmp_path / "broken")


def test_answers_without_tokens_count_as_unknown():
    head = random_head(np.random.default_rng(1))
    samples = SampleSet(prompt="q", texts=("", "a"), token_states=[[], np.zeros((2, 5))])
    assert ASEU(head=head).score_answers(samples)[0] == 1.0


def test_refusals():
    head = random_head(np.random.default_rng(2))
    states = SampleSet(prompt="q", texts=("a",), token_states=[np.zeros((2, 5))])
    with pytest.raises(MissingEvidence, match="head: ASEU needs a trained one, got None"):
        ASEU().score(states)
    with pytest.raises(MissingEvidence, match="ASEU needs token_states, got None; sample with HuggingFaceSampler"):
        ASEU(head=head).score(SampleSet(prompt="q", texts=("a",)))
    with pytest.raises(InvalidParameter, match=r"token_states: expected \(tokens, 5\), as the head was trained on"):
        ASEU(head=head).score(SampleSet(prompt="q", texts=("a",), token_states=[np.zeros((2, 4))]))
    with pytest.raises(InvalidParameter, match=r"ASEU\.head: expected a GaussianHead"):
        ASEU(head="head.safetensors")
    with pytest.raises(InvalidParameter, match=r"ASEU\.draws: expected a whole number >= 2, got 1"):
        ASEU(draws=1)
    with pytest.raises(InvalidParameter, match=r"weights\['decoder'\]: expected finite numbers"):
        GaussianHead({**head.weights, "decoder": np.zeros((2, 6))})
    with pytest.raises(InvalidParameter, match="weights: expected"):
        GaussianHead({"centre": np.zeros(3)})
    with pytest.raises(MissingEvidence, match=r"samples\[0\]: training needs token_states"):
        train_aseu([SampleSet(prompt="q", texts=("a",), embeddings=[[1.0]])])
    with pytest.raises(MissingEvidence, match=r"samples\[0\]: training needs embeddings"):
        train_aseu([states])
    with pytest.raises(InvalidSamples, match="token_states: expected states of one width"):
        train_aseu([SampleSet(prompt="q", texts=("",), token_states=[[]], embeddings=[[1.0]])])
    with pytest.raises(InvalidParameter, match=r"AseuTraining\.steps: expected a whole number >= 1"):
        AseuTraining(steps=0)
    with pytest.raises(InvalidParameter, match=r"AseuTraining\.learning_rate, prior: expected numbers"):
        AseuTraining(learning_rate=0.0)
