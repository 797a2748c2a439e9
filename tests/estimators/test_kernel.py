"""Kernel language entropy: the published values, the theorem that ties it to semantic entropy, transcriptions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import (
    DiscreteSemanticEntropy,
    ExactMatch,
    Heat,
    InvalidParameter,
    KernelLanguageEntropy,
    KernelLanguageEntropyFull,
    Matern,
    RelationScores,
    SampleSet,
    SemanticEntropy,
)
from semuq.estimators.kernel.language import block_kernel
from semuq.numerics import entropy, von_neumann_entropy
from semuq.testing import SameMeaning, make_samples
from tests.estimators.cases import ROUNDED
from tests.oracles import semantic as oracle


class Fixed:
    """A relation that gives the labels it was told: rows of "enc"."""

    kind, symmetric, identity = "entailment", False, "fixed"

    def __init__(self, labels):
        self.labels = labels

    def compare(self, batch):
        one_hot = np.array([[[own == label for own in row] for row in self.labels] for label in "enc"], dtype=float)
        return [RelationScores(kind="entailment", entailment=one_hot[0], neutral=one_hot[1], contradiction=one_hot[2])]


@st.composite
def labelled(draw):
    n = draw(st.integers(1, 9))
    rows = [[draw(st.sampled_from("enc")) for _ in range(n)] for _ in range(n)]
    for i in range(n):
        rows[i][i] = "e"
    return rows


def answers(n):
    return SampleSet(prompt="?", texts=[str(i) for i in range(n)])


@pytest.mark.parametrize(
    ("n", "nats", "scaled"), [(2, 0.541, 0.781), (5, 0.680, 0.422), (10, 0.153, 0.066), (20, 0.0015, 0.0005)]
)
def test_identical_answers_have_the_published_values(n, nats, scaled):
    score = KernelLanguageEntropy().score(SampleSet(prompt="?", texts=("a",) * n), ExactMatch())
    assert score == pytest.approx(nats, abs=5e-4)
    assert score / np.log(n) == pytest.approx(scaled, abs=5e-4)


@pytest.mark.parametrize("n", [1, 2, 10, 64])
@pytest.mark.parametrize("kernel", [Heat(), Heat(t=100.0), Heat(t="auto"), Matern()])
def test_contradicting_answers_give_log_n_exactly(n, kernel):
    # Elementwise exponentials, as elsewhere, give 0 here and -45 for identical answers.
    assert KernelLanguageEntropy(kernel=kernel).score(answers(n), ExactMatch()) == pytest.approx(np.log(n), **ROUNDED)


@given(labels=labelled(), t=st.sampled_from([0.1, 0.3, 1.0]))
def test_heat_kernel_equals_the_transcription(labels, t):
    score = KernelLanguageEntropy(kernel=Heat(t=t)).score(answers(len(labels)), Fixed(labels))
    assert score == pytest.approx(oracle.kernel_language_entropy(labels, t=t), abs=1e-7)


@given(labels=labelled(), kappa=st.sampled_from([1.0, 2.0]), nu=st.sampled_from([1.0, 1.5, 3.0]))
def test_matern_kernel_equals_the_transcription(labels, kappa, nu):
    score = KernelLanguageEntropy(kernel=Matern(kappa=kappa, nu=nu)).score(answers(len(labels)), Fixed(labels))
    assert score == pytest.approx(oracle.kernel_language_entropy(labels, kappa=kappa, nu=nu), abs=1e-6)


def test_block_kernel_has_the_entropy_of_its_masses():
    # Theorem 3.5; the value is worked out in the paper's notation for p = (.5, .3, .2), sizes (3, 2, 1).
    masses, clusters = np.array([0.5, 0.3, 0.2]), np.array([0, 0, 0, 1, 1, 2])
    kernel = block_kernel(masses, clusters)
    assert np.trace(kernel) == pytest.approx(1)
    assert von_neumann_entropy(kernel) == pytest.approx(entropy(masses), **ROUNDED)
    assert von_neumann_entropy(kernel) == pytest.approx(1.0297, abs=1e-4)


@given(meanings=st.lists(st.integers(0, 4), min_size=1, max_size=10), seed=st.integers(0, 99))
def test_full_kernel_without_the_graph_is_semantic_entropy(meanings, seed):
    samples = make_samples(meanings, np.random.default_rng(seed))
    full = KernelLanguageEntropyFull(alpha=0.0).score(samples, SameMeaning())
    assert full == pytest.approx(SemanticEntropy(duplicates="count").score(samples, SameMeaning()), **ROUNDED)
    graph_only = KernelLanguageEntropyFull(alpha=1.0).score(samples, SameMeaning())
    assert graph_only == pytest.approx(KernelLanguageEntropy().score(samples, SameMeaning()), **ROUNDED)


@given(meanings=st.lists(st.integers(0, 4), min_size=1, max_size=10), seed=st.integers(0, 99))
def test_likelihoods_matter_to_the_full_kernel(meanings, seed):
    # Renormalising the mixture to a constant diagonal would silently make it discrete semantic entropy.
    samples = make_samples(meanings, np.random.default_rng(seed))
    full = KernelLanguageEntropyFull(alpha=0.0).score(samples, SameMeaning())
    discrete = DiscreteSemanticEntropy().score(samples, SameMeaning())
    if len(set(meanings)) > 1:
        assert full != pytest.approx(discrete, **ROUNDED)


def test_in_the_limit_of_full_mixing_identical_answers_are_certain():
    samples = SampleSet(prompt="?", texts=("a",) * 4)
    assert KernelLanguageEntropy(kernel=Heat(t=1e3)).score(samples, ExactMatch()) == pytest.approx(0, **ROUNDED)


def test_soft_and_hard_edges_agree_on_certain_labels_and_differ_otherwise():
    hard, soft = KernelLanguageEntropy(), KernelLanguageEntropy(edges="soft")
    samples = SampleSet(prompt="?", texts=("a", "b", "a"))
    assert hard.score(samples, ExactMatch()) == soft.score(samples, ExactMatch())

    class Unsure(Fixed):
        def compare(self, batch):
            even = np.full((2, 2), 0.4) + np.eye(2) * 0.6
            rest = (1 - even) / 2
            return [RelationScores(kind="entailment", entailment=even, neutral=rest, contradiction=rest)]

    assert hard.score(answers(2), Unsure("")) < soft.score(answers(2), Unsure(""))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Heat(t=0), r"Heat.t: expected a finite number > 0, got 0"),
        (lambda: Heat(t="slow"), r"Heat.t: expected a finite number > 0, got 'slow'"),
        (lambda: Heat(t=float("nan")), r"Heat.t: expected a finite number > 0, got nan"),
        (lambda: Matern(nu=-1), r"Matern.nu: expected a finite number > 0, got -1"),
        (lambda: KernelLanguageEntropy(kernel="heat"), r"KernelLanguageEntropy.kernel: expected Heat\(t=0.3\)"),
        (lambda: KernelLanguageEntropy(worth=(0, 0.5, 1)), r"KernelLanguageEntropy.worth: expected .*not increasing"),
        (lambda: KernelLanguageEntropy(edges="weak"), r"KernelLanguageEntropy.edges: expected one of"),
        (
            lambda: KernelLanguageEntropyFull(alpha=1.5),
            r"KernelLanguageEntropyFull.alpha: expected a number in \[0, 1\]",
        ),
    ],
)
def test_bad_options_name_themselves(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()
