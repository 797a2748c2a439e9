"""Several devices: shares of a batch, and processes that answer like one."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from semuq import Entailment, InvalidModel, InvalidParameter, SampleSet
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.parallel import ParallelNetwork, Replica, shares
from tests.tiny import tiny

BATCH = [
    SampleSet(prompt="what is the capital of france?", texts=("paris", "it is paris", "lyon", "paris", "")),
    SampleSet(prompt="when?", texts=("42 " * 9, "43", "not 42", "it is 43")),
]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 6))
def test_shares_hold_every_token_once_in_order_and_are_alike(lengths, count):
    total = sum(lengths)
    tokens = Tokens(np.arange(total), np.arange(total) % 2, np.array(lengths, dtype=np.int64))
    own = list(shares(tokens, count))
    assert 1 <= len(own) <= count
    assert np.concatenate([share.ids for share in own]).tolist() == list(range(total))
    assert np.concatenate([share.lengths for share in own]).tolist() == lengths
    assert all(len(share.ids) == len(share.segments) == share.lengths.sum() for share in own)
    assert max(len(share.ids) for share in own) <= total / count + 2 * max(lengths)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    for part in tiny("bert"):
        part.save_pretrained(folder)
    return Entailment(folder, device=("cpu", "cpu"), precision="fp32", cache=False, token_budget=64)


def test_two_processes_give_what_one_gives(two):
    one = Entailment(tiny("bert"), precision="fp32", cache=False)
    found, report = two.compare_with_report(BATCH)
    for a, b in zip(one.compare(BATCH), found, strict=True):
        np.testing.assert_allclose(b.entailment, a.entailment, atol=1e-6)
        np.testing.assert_allclose(b.contradiction, a.contradiction, atol=1e-6)
    assert report.forwards > 1
    for a, b in zip(one.cluster(BATCH), two.cluster(BATCH), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_error_in_a_process_is_raised_here_and_the_next_batch_is_answered(two):
    network = two._scorer._network
    assert isinstance(network, ParallelNetwork)
    bad = Tokens(np.array([5, 10**6, 5, 5]), np.zeros(4, dtype=np.int64), np.array([2, 2]))
    with pytest.raises(IndexError):
        network(bad)
    good = Tokens(np.array([5, 6, 5, 5]), np.zeros(4, dtype=np.int64), np.array([2, 2]))
    assert network(good).shape == (2, 3)


def test_processes_end_with_the_network(two):
    model, tokenizer = tiny("bert")
    network = ParallelNetwork([Replica((model, tokenizer), None, "cpu", "fp32", 1)], pads=False)
    (process,) = (worker._process for worker in network._workers)
    tokens = Tokens(np.array([5, 6]), np.zeros(2, dtype=np.int64), np.array([2]))
    assert torch.isfinite(network(tokens)).all()
    del network
    gc.collect()
    assert not process.is_alive()


def test_a_process_that_dies_is_said():
    network = ParallelNetwork([Replica("no/such/folder", None, "cpu", "fp32", 1)], pads=False)
    with pytest.raises(InvalidModel, match="device 'cpu': its process ended with code 1"):
        network(Tokens(np.array([5, 6]), np.zeros(2, dtype=np.int64), np.array([2])))


def test_no_device_at_all_is_refused():
    with pytest.raises(InvalidParameter, match=r"Entailment\.device: expected None, a device or several, got"):
        Entailment(device=())
