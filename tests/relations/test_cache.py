"""The cache: a warm run computes nothing and gives the same numbers; kills, damage and rivals cost no result."""

import multiprocessing
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from semuq import Entailment, SampleSet
from semuq.errors import InvalidParameter
from semuq.relations import cache as module
from semuq.relations.cache import PairCache, clear, info, text_key
from semuq.relations.entailment.plan import Side
from tests.relations.cache_writer import key_and_scores, write
from tests.tiny import tiny

BATCH = [SampleSet(prompt=f"question {q}?", texts=[f"answer {q} {i}" for i in range(4)]) for q in range(5)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.sqlite3"


def relation(path, family="bert", **options):
    return Entailment(tiny(family), cache=path, **{"precision": "fp32", **options})


def test_a_warm_run_computes_nothing_and_gives_the_same_numbers(path):
    cold, report = relation(path).compare_with_report(BATCH)
    assert (report.pairs, report.cached) == (60, 0)
    warm, report = relation(path).compare_with_report(BATCH)
    assert (report.pairs, report.cached, report.forwards) == (0, 60, 0)
    for a, b in zip(cold, warm, strict=True):
        np.testing.assert_array_equal(a.entailment, b.entailment)
        np.testing.assert_array_equal(a.neutral, b.neutral)


def test_a_warm_run_does_not_load_the_model(path, tmp_path, monkeypatch):
    model, tokenizer = tiny("bert")
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    Entailment(tmp_path / "model", cache=path).compare(BATCH)
    monkeypatch.setattr("semuq.relations.entailment.relation.load_model", None)
    Entailment(tmp_path / "model", cache=path).compare(BATCH)


def test_what_is_new_is_added_to_what_is_known(path):
    relation(path).compare(BATCH[:2])
    _, report = relation(path).compare_with_report(BATCH)
    assert (report.pairs, report.cached) == (36, 24)


@pytest.mark.parametrize(
    "other", [{"family": "roberta"}, {"precision": "bf16"}, {"context": "none"}, {"max_length": 64}], ids=str
)
def test_another_scorer_or_template_finds_nothing(path, other):
    relation(path).compare(BATCH)
    _, report = relation(path, **other).compare_with_report(BATCH)
    assert report.cached == 0


def test_the_budget_and_the_guard_share_scores(path):
    relation(path).compare(BATCH)
    _, report = relation(path, token_budget=64, guard="off").compare_with_report(BATCH)
    assert report.pairs == 0


def test_without_a_cache_no_score_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path / "none"))
    Entailment(tiny("bert"), cache=False).compare(BATCH)
    assert not (tmp_path / "none" / "entailment.sqlite3").exists()
    Entailment(tiny("bert")).compare(BATCH)
    assert info(module.default_path()).pairs == 60


@pytest.mark.parametrize("place", [None, 1, 0.5])
def test_a_cache_that_is_no_place_is_refused(place):
    with pytest.raises(InvalidParameter, match="cache: expected True, False or the path of a file"):
        relation(place).compare(BATCH)


def test_an_interrupted_run_keeps_what_it_computed(path, monkeypatch):
    monkeypatch.setattr("semuq.relations.entailment.ledger.WRITE_EVERY", 8)

    def interrupt(done, total):
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relation(path, token_budget=64).compare(BATCH, progress=interrupt)
    kept = info(path).pairs
    assert kept >= 20
    _, report = relation(path).compare_with_report(BATCH)
    assert report.cached == kept


def test_info_and_clear(path):
    assert info(path).pairs == 0
    relation(path).compare(BATCH)
    relation(path, precision="bf16").compare(BATCH)
    assert (info(path).pairs, info(path).scorers) == (120, 2)
    assert info(path).bytes > 0
    clear(path)
    assert not path.exists()
    clear(path)


def test_a_damaged_file_is_put_aside(path):
    path.write_bytes(b"this is no database" * 100)
    with pytest.warns(UserWarning, match=r"not a readable cache .* put aside as scores.damaged"):
        scores = relation(path).compare(BATCH)
    assert len(scores) == 5
    assert path.with_suffix(".damaged").exists()
    assert info(path).pairs == 60


def test_a_folder_that_cannot_be_made_costs_a_warning(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="going on without it") as caught:
        scores = relation(tmp_path / "file" / "scores.sqlite3").compare(BATCH)
    assert len(scores) == 5
    assert len(caught) == 1


def test_a_full_disk_costs_a_warning(path, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(module, "_evict", full)
    with pytest.warns(UserWarning, match=r"cannot write the cache \(database or disk is full\)"):
        assert len(relation(path).compare(BATCH)) == 5


def test_the_file_stays_below_its_limit_by_dropping_the_oldest(path):
    rng = np.random.default_rng(0)
    keys = [rng.bytes(16) for _ in range(4_000)]
    scores = rng.dirichlet(np.ones(3), size=4_000)
    limit = 100_000
    old = PairCache(path, "old", size_limit=2**30)
    old.store(keys[:1000], scores[:1000])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE pair SET used = 1")
    new = PairCache(path, "new", size_limit=limit)
    new.store(keys[1000:2000], scores[1000:2000])
    for start in range(2000, 4000, 500):
        new.store(keys[start : start + 500], scores[start : start + 500])
    with sqlite3.connect(path) as connection:
        assert module._bytes_in_use(connection) <= limit
    assert np.isnan(old.look_up(keys[:1000])).all()
    newest = new.look_up(keys[3500:])
    known = np.isfinite(newest).all(axis=1)
    assert known.any()
    np.testing.assert_array_equal(newest[known], scores[3500:][known].astype(np.float32))


def test_using_a_pair_keeps_it_young(path):
    cache = PairCache(path, "x")
    cache.store([b"a", b"b"], np.full((2, 3), 1 / 3))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE pair SET used = 1")
    cache.look_up([b"a"])
    with sqlite3.connect(path) as connection:
        used = dict(connection.execute("SELECT key, used FROM pair").fetchall())
    assert used[b"a"] > used[b"b"] == 1


def test_several_processes_at_once(path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write, args=(path, seed)) for seed in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert info(path).pairs == 3 * 20 * 50


@pytest.mark.parametrize("written", [1, 700, 2_300])
def test_a_killed_process_leaves_whole_writes_and_nothing_damaged(path, written):
    with subprocess.Popen([sys.executable, "-m", "tests.relations.cache_writer", str(path)]) as process:
        deadline = time.monotonic() + 60
        while not path.exists() or info(path).pairs < written:
            assert time.monotonic() < deadline, "the other process wrote nothing"
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    kept = info(path).pairs
    assert kept >= written
    assert kept % 100 == 0  # whole transactions
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    cache = PairCache(path, "killed")
    keys, scores = zip(*map(key_and_scores, range(kept + 100)), strict=True)
    found = cache.look_up(keys)
    np.testing.assert_array_equal(found[:kept], np.array(scores[:kept], dtype=np.float32))
    assert np.isnan(found[kept:]).all()
    cache.store(keys[kept:], np.array(scores[kept:]))
    assert info(path).pairs == kept + 100


def test_keys_tell_apart_what_concatenation_would_not():
    sides = [Side("ab", 0), Side("a", 0), Side("b", 0), Side("bc", 0), Side("ab", 1), Side("", 0), Side("\ud800", 0)]
    keys = {
        text_key(f"{a.answer_start};{a.text}") + text_key(f"{b.answer_start};{b.text}") for a in sides for b in sides
    }
    assert len(keys) == len(sides) ** 2
