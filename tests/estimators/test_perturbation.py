"""Inv-Entropy against the literal oracle, known values, and its limits."""

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.perturbation import InvEntropy
from tests.estimators.cases import ROUNDED
from tests.oracles import perturbation as oracle


class Table:
    """Vectors by text."""

    def __init__(self, vectors):
        self.vectors = vectors

    def embed(self, texts):
        return np.array([self.vectors[text] for text in texts])


def question(n):
    """n wordings with one answer each."""
    others = tuple(SampleSet(prompt=f"x{i}", texts=(f"y{i}",)) for i in range(1, n))
    return SampleSet(prompt="x0", texts=("y0",), perturbations=others)


@pytest.mark.parametrize("mode", ["diagonal", "full"])
def test_equals_the_oracle_where_there_is_one_answer_to_draw(mode):
    rng = np.random.default_rng(80)
    for _ in range(200):
        n = int(rng.integers(2, 12))
        vectors = {f"{kind}{i}": rng.normal(size=5) for kind in "xy" for i in range(n)}
        questions = [vectors[f"x{i}"].tolist() for i in range(n)]
        answers = [vectors[f"y{i}"].tolist() for i in range(n)]
        score = InvEntropy(mode=mode, draws=2).score(question(n), embedder=Table(vectors))
        assert score == pytest.approx(oracle.inv_entropy(questions, answers, mode), **ROUNDED)


@pytest.mark.parametrize(
    ("similarity", "expected"),
    [(1.0, 2.303), (0.9, 2.306), (0.7, 2.314), (0.5, 2.328), (0.3, 2.356), (0.1, 2.433), (0.0, 2.566)],
)
def test_equicorrelated_answers_give_the_known_values(similarity, expected):
    def equicorrelated(value):
        return np.linalg.cholesky(np.full((10, 10), value) + (1 - value + 1e-12) * np.eye(10))

    x, y = equicorrelated(0.8), equicorrelated(similarity)
    vectors = {f"x{i}": x[i] for i in range(10)} | {f"y{i}": y[i] for i in range(10)}
    assert InvEntropy(draws=1).score(question(10), embedder=Table(vectors)) == pytest.approx(expected, abs=6e-4)


def test_the_mean_over_draws_approaches_the_mean_over_all_pairs():
    rng = np.random.default_rng(81)
    vectors = {name: rng.normal(size=4) for name in ("x0", "x1", "a", "b", "c", "d")}
    other = SampleSet(prompt="x1", texts=("c", "d"))
    samples = SampleSet(prompt="x0", texts=("b", "a"), perturbations=(other,))
    every = [
        oracle.inv_entropy([vectors["x0"], vectors["x1"]], [vectors[own], vectors[its]], "diagonal")
        for own in "ab"
        for its in "cd"
    ]
    score = InvEntropy(draws=4000).score(samples, embedder=Table(vectors))
    assert score == pytest.approx(np.mean(every), abs=4 * np.std(every) / np.sqrt(4000))


def test_limits():
    ones = Table({name: np.ones(3) for name in ("x0", "x1", "x2", "y0", "y1", "y2")})
    assert InvEntropy().score(question(3), embedder=ones) == pytest.approx(np.log(3))
    assert InvEntropy().score(question(1), embedder=ones) == 0
    nothing = Table({name: np.zeros(3) for name in ("x0", "x1", "y0", "y1")})
    assert InvEntropy().score(question(2), embedder=nothing) == 0


def test_refusals():
    with pytest.raises(MissingEvidence, match="InvEntropy needs perturbations, got None"):
        InvEntropy().score(SampleSet(prompt="q", texts=("a",)), embedder=Table({}))
    with pytest.raises(MissingEvidence, match="embedder: InvEntropy needs one, got None"):
        InvEntropy().score(question(2))
    with pytest.raises(InvalidParameter, match=r"InvEntropy\.draws: expected a whole number >= 1, got 0"):
        InvEntropy(draws=0)
    with pytest.raises(InvalidParameter, match=r"InvEntropy\.mode"):
        InvEntropy(mode="forward")
