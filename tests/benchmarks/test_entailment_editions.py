"""Two editions of the entailment model on the same pairs: whose weights, and on which pairs."""

from __future__ import annotations

import json

import pytest

from benchmarks.entailment_model.editions import RESULT, compared, pairs
from semuq.models import weights_hash


def test_the_committed_comparison_is_of_the_shipped_weights_and_of_every_pair():
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    assert found["weights"]["second"] == weights_hash()
    assert {name: own["pairs"] for name, own in found["sets"].items()} == {
        name: len(asked) for name, asked in pairs().items()
    }


@pytest.mark.parametrize(("won", "lost", "p"), [(31, 12, 0.0054), (3, 2, 1.0), (0, 0, 1.0)])
def test_the_exact_test_is_mcnemars(won, lost, p):
    # p by hand: twice the tail of a fair coin's 43 and 5 throws.
    asked = [("", "a", "b", True)] * (won + lost + 1)
    first = [False] * won + [True] * (lost + 1)
    second = [True] * won + [False] * lost + [True]
    found = compared(asked, first, second)
    assert (found["won"], found["lost"], found["p"]) == (won, lost, p)
    assert found["second"]["right"] == won + 1
