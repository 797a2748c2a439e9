"""Twenty questions on small tables: greedy information gain by brute force, ties, weights and the loop."""

import numpy as np
import pytest

from semuq.decisions.conformal_sets import SplitConformalSets
from semuq.errors import InvalidParameter
from semuq.inference import Case, Entropy, InformationPursuit, SetSize
from semuq.numerics import entropy

RNG = np.random.default_rng(0)
TABLE = RNG.integers(2, size=(12, 9))
CASES = [Case(answers=dict(enumerate(row)), label=label) for label, row in enumerate(TABLE.tolist())]


def exact(history, table=TABLE):
    fits = np.ones(len(table))
    for question, answer in history:
        fits *= table[:, question] == answer
    return fits / fits.sum()


def soft(history):
    """A predictor for any history, also one that fits no label."""
    wrong = sum((TABLE[:, question] != answer).astype(float) for question, answer in history)
    return np.exp(-wrong) / np.exp(-wrong).sum() if history else exact(history)


def gain(history, question):
    """Information gain of a question by its definition, over the true table."""
    now, left = exact(history), 0.0
    for answer in (0, 1):
        mass = now[TABLE[:, question] == answer].sum()
        if mass:
            left += mass * float(entropy(exact([*history, (question, answer)])))
    return float(entropy(now)) - left


def test_with_the_exact_posterior_it_is_greedy_information_gain():
    player = InformationPursuit(posterior=exact, weights="posterior")
    for truth in TABLE:
        history, left = [], list(range(9))
        while left and exact(history).max() < 1:
            values = player.values(history, left, CASES)
            gains = [gain(history, question) for question in left]
            np.testing.assert_allclose(float(entropy(exact(history))) - values, gains, atol=1e-12)
            question = player.next(history, left, CASES)
            assert gains[left.index(question)] == pytest.approx(max(gains))
            left.remove(question)
            history.append((question, truth[question]))


def test_the_true_label_is_found_and_no_question_is_asked_twice():
    player = InformationPursuit(posterior=exact, weights="posterior")
    for label, row in enumerate(TABLE):
        game = player.play(lambda question, row=row: row[question], range(9), CASES, budget=9)
        assert len({question for question, _ in game.history}) == len(game.history) == 9
        assert game.posteriors[-1][label] == game.posteriors[-1].max()
        assert game.posteriors.shape == (10, 12)
        short = player.play(lambda question, row=row: row[question], range(9), CASES, budget=9, sure=0.9)
        assert len(short.history) <= 9
        assert short.posteriors[-1].max() >= 0.9 or len(short.history) == 9


def test_relabelling_the_classes_changes_no_question():
    order = np.random.default_rng(3).permutation(12)
    sets = SplitConformalSets(alpha=0.3).fit([np.full((20, 12), 1 / 12)] * 9, [np.zeros(20, dtype=int)] * 9)
    for criterion in (Entropy(), SetSize(sets)):
        one = InformationPursuit(posterior=soft, criterion=criterion)
        other = InformationPursuit(posterior=lambda history: soft(history)[order], criterion=criterion)
        history = [(0, 1), (3, 0)]
        np.testing.assert_allclose(one.values(history, range(9), CASES), other.values(history, range(9), CASES))


def test_full_sets_tie_and_the_seed_decides():
    sets = SplitConformalSets(alpha=0.01).fit([np.full((20, 12), 1 / 12)], [np.zeros(20, dtype=int)])
    players = [InformationPursuit(posterior=exact, criterion=SetSize(sets), seed=seed) for seed in range(30)]
    values = players[0].values([], range(9), CASES)
    np.testing.assert_allclose(values, np.log(12))
    chosen = [player.next([], range(9), CASES) for player in players]
    assert len(set(chosen)) > 3
    assert chosen == [player.next([], range(9), CASES) for player in players]


def test_an_empty_set_counts_as_one_label():
    sets = SplitConformalSets(alpha=0.5).fit([np.array([[0.9, 0.1]] * 3)], [np.zeros(3, dtype=int)])
    assert SetSize(sets)(np.array([[0.5, 0.5]]), np.ones(1), 1) == 0.0


def test_cases_ruled_out_by_the_posterior_count_nothing_or_all_alike():
    history = [(question, int(TABLE[4, question])) for question in range(9)]
    player = InformationPursuit(posterior=exact, weights="posterior")
    assert player.values(history[:8], [8], CASES)[0] == pytest.approx(
        InformationPursuit(posterior=exact).values(history[:8], [8], [CASES[4]])[0]
    )
    others = [case for case in CASES if exact(history)[case.label] == 0]
    assert np.isfinite(player.values(history[:0], range(9), others)).all()


def test_what_it_lacks_is_named():
    player = InformationPursuit(posterior=exact, weights="posterior")
    with pytest.raises(InvalidParameter, match="expected a label for each"):
        player.next([], range(9), [Case(answers=CASES[0].answers)])
    with pytest.raises(InvalidParameter, match="at least one of each, got 0 and 12"):
        player.next([], [], CASES)
    with pytest.raises(InvalidParameter, match="expected weights > 0"):
        player.next([], range(9), [Case(answers=CASES[0].answers, weight=0, label=0)])
    with pytest.raises(InvalidParameter, match="each row summing to 1"):
        InformationPursuit(posterior=lambda history: [0.5, np.nan]).next([], range(9), CASES)
    with pytest.raises(InvalidParameter, match="weights: expected one of"):
        InformationPursuit(posterior=exact, weights="prior")
