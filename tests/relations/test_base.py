"""`RelationScores` and `ExactMatch`: rules of equivalence, weights of edges, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import ExactMatch, InvalidParameter, Relation, RelationScores, SampleSet
from semuq.text import normalise_answer


def one_pair(forward, backward):
    """Scores of two answers: the label of each direction, "e", "n" or "c"."""
    entailment, neutral, contradiction = (
        np.array([[label == "e", forward == label], [backward == label, label == "e"]], dtype=float) for label in "enc"
    )
    return RelationScores(kind="entailment", entailment=entailment, neutral=neutral, contradiction=contradiction)


@pytest.mark.parametrize(
    ("forward", "backward", "strict", "relaxed", "weight"),
    [
        ("e", "e", True, True, 2.0),
        ("e", "n", False, True, 1.5),
        ("n", "e", False, True, 1.5),
        ("n", "n", False, False, 1.0),
        ("e", "c", False, False, 1.0),
        ("c", "n", False, False, 0.5),
        ("c", "c", False, False, 0.0),
    ],
)
def test_rules_and_weights(forward, backward, strict, relaxed, weight):
    scores = one_pair(forward, backward)
    assert scores.equivalence("strict")[0, 1] == strict
    assert scores.equivalence("relaxed")[0, 1] == relaxed
    for edges in ("hard", "soft"):
        assert scores.weights(edges).tolist() == [[0.0, weight], [weight, 0.0]]


def test_an_equivalence_is_entailment_both_ways_or_nothing():
    scores = RelationScores.from_equivalence([[1, 0], [0, 1]])
    assert scores.weights()[0, 1] == 0.0
    assert RelationScores.from_equivalence([[1, 1], [1, 1]]).weights()[0, 1] == 2.0
    assert scores.equivalence("relaxed").tolist() == scores.equivalence("strict").tolist()


def test_a_similarity_keeps_its_degree_and_has_a_threshold():
    scores = RelationScores.from_similarity([[1, 0.7], [0.7, 1]], threshold=0.8)
    assert scores.weights("hard")[0, 1] == pytest.approx(1.4)
    assert not scores.equivalence()[0, 1]
    assert RelationScores.from_similarity([[1, 0.7], [0.7, 1]], threshold=0.7).equivalence()[0, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RelationScores.from_equivalence([[1, 1], [0, 1]]), "symmetric"),
        (lambda: RelationScores.from_equivalence([[0, 0], [0, 0]]), "true diagonal"),
        (lambda: RelationScores.from_similarity([[1, 1.2], [1.2, 1]], threshold=0.5), r"in \[0, 1\]"),
        (lambda: RelationScores.from_similarity([[1, np.nan], [np.nan, 1]], threshold=0.5), "symmetric|in"),
        (lambda: one_pair("e", "e").equivalence("both"), "equivalence: expected one of"),
        (lambda: one_pair("e", "e").weights("weak"), "edges: expected one of"),
        (
            lambda: RelationScores(
                kind="entailment", entailment=np.eye(2), neutral=np.eye(2), contradiction=np.full((2, 2), np.nan)
            ),
            "sum to 1",
        ),
        (
            lambda: RelationScores(kind="other", entailment=np.eye(1), neutral=np.eye(1), contradiction=np.eye(1)),
            "kind: expected one of",
        ),
    ],
)
def test_malformed_scores_are_refused(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Paris", "paris.", True),
        ("The Beatles", "Beatles!", True),
        ("“Hamlet”", "Hamlet", True),
        ("Saint-Denis", "saint denis", True),
        ("ﬁve", "five", True),
        ("-5", "5", False),
        ("4.5", "45", False),
        ("4.5", "4 5", False),
        ("3/4", "34", False),
        ("5%", "5", False),
        ("C++", "C", False),
        ("A", "The", False),
        ("東京", "京都", False),
        ("", "", True),
        ("", "?", True),
    ],
)
def test_exact_match(a, b, same):
    (scores,) = ExactMatch().compare(SampleSet(prompt="?", texts=(a, b)))
    assert scores.equivalence()[0, 1] == same


def test_exact_match_as_it_stands():
    (scores,) = ExactMatch(normalise=False).compare(SampleSet(prompt="?", texts=("Paris", "paris")))
    assert not scores.equivalence()[0, 1]
    assert ExactMatch(normalise=False).identity != ExactMatch().identity
    assert isinstance(ExactMatch(), Relation)


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = normalise_answer(text)
    assert normalise_answer(once) == once
