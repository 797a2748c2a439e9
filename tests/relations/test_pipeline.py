"""Batches made ahead, passes under way, and memory that runs out in the middle: nothing is lost, nothing is twice."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from semuq import Entailment, InvalidModel, SampleSet
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.feeding import Feeder, ahead
from semuq.relations.entailment.flights import Flights
from semuq.relations.entailment.plan import make_plan
from semuq.relations.entailment.scorer import Scorer
from tests.tiny import tiny

BATCH = [
    SampleSet(prompt="when?", texts=("42 " * 9, "43", "not 42", "it is 43", "paris", "no " * 5)),
    SampleSet(prompt="what", texts=("it is", "not paris", "", "it is it is it is the capital of france")),
]
PLAN = make_plan(BATCH, "question")


class Stand:
    """A network that computes like another one, and says that it does so on a device of its own."""

    pads = False
    overlaps = True

    def __init__(self, network, room=10**9, broken=()):
        self.network, self.room, self.broken = network, room, broken
        self.sizes, self.threads = [], set()

    def prepare(self, tokens):
        self.threads.add(threading.current_thread().name)
        return tokens

    def __call__(self, tokens):
        self.sizes.append(int(tokens.lengths.sum()))
        if self.sizes[-1] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        logits = self.network(tokens)
        logits[[index for index, length in enumerate(tokens.lengths) if length in self.broken]] = torch.inf
        return logits


def scorer_with(network, budget, **options):
    relation = Entailment(tiny("bert"), cache=False, precision="fp32")
    return Scorer(network, relation._encoder, columns=relation._loaded.columns, token_budget=budget, **options)


def scores_of(scorer):
    found = np.full((len(PLAN.pairs), 3), np.nan)
    for scored in scorer.run(PLAN.sides, PLAN.pairs):
        assert np.isnan(found[scored.indices]).all()  # no pair comes twice
        found[scored.indices] = scored.probabilities
    return found


@pytest.fixture(scope="module")
def plain():
    return Entailment(tiny("bert"), cache=False, precision="fp32")._scorer._network


@pytest.fixture(scope="module")
def expected(plain):
    return scores_of(scorer_with(plain, 2_048))


@pytest.mark.parametrize("budget", [24, 64, 10_000])
def test_overlapping_changes_nothing_but_the_thread(plain, expected, budget):
    stand = Stand(plain)
    np.testing.assert_allclose(scores_of(scorer_with(stand, budget)), expected, atol=1e-6)
    assert threading.current_thread().name not in stand.threads
    assert not any(own.name.startswith("semuq-feeder") for own in threading.enumerate())


@pytest.mark.parametrize("room", [30, 60, 200])
@pytest.mark.parametrize("budget", [64, 500, 10_000])
def test_memory_that_runs_out_costs_time_only(plain, expected, room, budget):
    stand = Stand(plain, room)
    scorer = scorer_with(stand, budget)
    np.testing.assert_allclose(scores_of(scorer), expected, atol=1e-6)
    assert scorer.token_budget <= max(room, min(budget, room))
    # What was queued is cut anew, not tried and halved batch by batch.
    assert sum(size > room for size in stand.sizes) <= np.log2(max(2, budget / room)) + 1
    again = len(stand.sizes)
    scores_of(scorer)
    assert all(size <= room for size in stand.sizes[again:])


def test_memory_that_others_held_for_a_while_is_tried_again(plain, expected):
    failing = iter([False, False, True, False, True])

    class Crowded(Stand):
        def __call__(self, tokens):
            if next(failing, False):
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(tokens)

    np.testing.assert_allclose(scores_of(scorer_with(Crowded(plain), 40)), expected, atol=1e-6)


def test_a_pair_that_never_fits_is_an_error_and_what_was_done_is_handed_out(plain):
    scorer = scorer_with(Stand(plain, room=20), 10_000)
    longest = "one pair of [0-9]+ tokens does not fit into the memory of the device"
    with pytest.raises(torch.OutOfMemoryError, match=longest):
        scores_of(scorer)


def test_an_error_in_the_feeder_is_raised_and_its_thread_ends(plain):
    class Broken(Stand):
        def prepare(self, tokens):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        scores_of(scorer_with(Broken(plain), 64))
    assert not any(own.name.startswith("semuq-feeder") for own in threading.enumerate())


def test_pairs_that_overflow_are_rescued_or_an_error(plain, expected):
    stand = Stand(plain, broken=range(20, 40))
    with pytest.raises(InvalidModel, match="finite logits"):
        scores_of(scorer_with(stand, 200))
    made = []
    scorer = scorer_with(stand, 200, rescue=lambda: made.append(1) or plain)
    np.testing.assert_allclose(scores_of(scorer), expected, atol=1e-6)
    assert made


def test_a_feeder_gives_back_what_was_not_taken():
    batches = [np.array([index]) for index in range(7)]
    for threaded in (False, True):
        with Feeder(lambda rows: int(rows[0]) ** 2, threaded=threaded) as feeder:
            feeder.put(batches)
            taken = [feeder.take() for _ in range(3)]
            assert [(int(batch[0]), made) for batch, made in taken] == [(0, 0), (1, 1), (2, 4)]
            assert [int(batch[0]) for batch in feeder.withdraw()] == [3, 4, 5, 6]
            assert feeder.take() is None


def test_flights_land_in_order_a_window_behind():
    flights, landed = Flights(2), []
    for index in range(7):
        logits = torch.full((index + 1, 3), float(index))
        landed.append([int(own[0]) for own, _ in flights.add(np.full(index + 1, index), logits)])
    assert landed == [[], [], [], [0, 1], [], [2, 3], []]
    rest = list(flights.land())
    assert [int(batch[0]) for batch, _ in rest] == [4, 5, 6]
    assert all((logits == batch[0]).all() and len(logits) == len(batch) for batch, logits in rest)
    assert list(flights.land()) == []


def test_items_made_ahead_are_the_same_and_errors_come_through():
    assert list(ahead(iter(range(5)))) == list(range(5))

    def broken():
        yield None  # an item like any other
        raise ValueError("no")

    items = ahead(broken())
    assert next(items) is None
    with pytest.raises(ValueError, match="no"):
        next(items)


def test_a_device_that_overlaps_is_planned_for_ahead_and_asked_in_full_waves(monkeypatch, plain):
    relation = Entailment(tiny("bert"), cache=False, precision="fp32")
    eager, lazy = relation.cluster_with_report(BATCH)
    monkeypatch.setattr(Entailment, "_overlaps", True)
    monkeypatch.setattr("semuq.relations.entailment.relation.SMALL_WINDOW_PAIRS", 10)
    overlapping = Entailment(tiny("bert"), cache=False, precision="fp32")
    overlapping._scorer._network = Stand(plain)
    clusters, full = overlapping.cluster_with_report(BATCH)
    assert [own.tolist() for own in clusters] == [own.tolist() for own in eager]
    assert full.pairs >= lazy.pairs
    assert full.forwards <= 2  # a wave a window
    for a, b in zip(relation.compare(BATCH), overlapping.compare(BATCH), strict=True):
        np.testing.assert_allclose(a.entailment, b.entailment, atol=1e-6)


def test_tokens_are_assembled_as_they_are_without_a_pipeline(plain):
    tokens = Tokens(np.array([5, 6, 7]), np.zeros(3, dtype=np.int64), np.array([2, 1]))
    with torch.inference_mode():
        torch.testing.assert_close(plain(plain.prepare(tokens)), plain(tokens))
