"""The scorer's benchmark: its strings, its processes, agreement before timing, going on after a stop, its figures."""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scorer.contestants import CONTESTANTS, Contestant
from benchmarks.scorer.crew import Crew, WorkerDied
from benchmarks.scorer.equality import Comparison, as_samples, compare, forwards_at_128, precisions, reference
from benchmarks.scorer.measure import Disagreement, OutOfTime, agree, measure, order
from benchmarks.scorer.models import LABELS
from benchmarks.scorer.page import page
from benchmarks.scorer.pieces import Pieces
from benchmarks.scorer.profiling import profile_of
from benchmarks.scorer.questions import make_batch, questions
from benchmarks.scorer.results import as_json, summarise
from benchmarks.scorer.settings import FAST, SETTINGS, Setting
from benchmarks.scorer.store import Store
from benchmarks.scorer.targets import RATIOS, judge, ratio_of
from benchmarks.scorer.worker.bare import Bare, distinct_pairs
from benchmarks.scorer.worker.contestant import Batch
from benchmarks.scorer.worker.semuq import Semuq
from tests import tiny

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "scorer.json"
PAGE = ROOT / "docs" / "scorer.md"
STAND_INS = "tests.benchmarks.scorer_stand_ins"
BATCH = Batch(
    ["Capital of France?", "Is it?"], [["paris", "lyon", "paris", "it is paris"], ["yes", "lyon", "no", "yes"]], "none"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny model with the benchmark's order of labels."""
    path = tmp_path_factory.mktemp("tiny")
    model, tokenizer = tiny.tiny("bert")
    model.config.id2label = dict(enumerate(LABELS))
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def result_of(kind, folder, batch, mode):
    contestant = kind()
    contestant.load(folder)
    contestant.prepare(batch, mode)
    contestant.run(batch, mode)
    own = contestant.outcome()
    return own.cost, dict(own.found)


class TestStrings:
    def test_answers_are_real_as_long_as_there_are_enough(self):
        batch = make_batch(40, 5, "none")
        assert batch.texts == [list(answers[:5]) for _, answers in questions()[:40]]

    def test_more_answers_are_the_real_ones_in_sentences(self):
        texts = make_batch(40, 64, "none").texts[0]
        assert len(texts) == 64
        assert tuple(texts[:20]) == questions()[0][1]
        assert texts[20] == f"It is {texts[0]}."
        assert texts[-1] == f"I think it is {texts[3]}."

    @pytest.mark.parametrize("count", [1, 2, 5, 12])
    def test_a_few_questions_are_as_hard_as_all(self, count):
        few, all_ = (len(distinct_pairs(make_batch(own, 20, "none"))) / own for own in (count, 250))
        assert few == pytest.approx(all_, rel=0.1)

    def test_more_questions_never_repeat_a_string(self):
        first, again = make_batch(251, 2, "none").texts[0], make_batch(251, 2, "none").texts[250]
        assert again == [f"{text} (1)" for text in first]

    def test_the_question_is_put_before_every_answer_as_the_relation_puts_it(self):
        from semuq.relations.entailment.plan import make_plan

        batch = replace(BATCH, context="question")
        plan = make_plan(as_samples(batch), "question")
        assert {side.text for side in plan.sides} == {text for own in batch.texts for text in own}

    def test_the_data_name_their_source(self):
        data = ROOT / "benchmarks" / "scorer" / "data"
        assert all(path.name in (data / "SOURCES.md").read_text() for path in data.glob("*.gz"))

    def test_a_batch_survives_the_way_to_a_process(self, tmp_path):
        BATCH.write(tmp_path / "batch.json")
        assert Batch.read(tmp_path / "batch.json") == BATCH


class TestContestants:
    @pytest.mark.parametrize("context", ["none", "question"])
    @pytest.mark.parametrize(
        ("kind", "mode"), [(Bare, "ideal"), (Semuq, "matrix"), (Semuq, "matrix-fp32"), (Semuq, "warm")]
    )
    def test_all_find_the_probabilities_of_one_pair_at_a_time(self, folder, kind, mode, context):
        batch = replace(BATCH, context=context)
        _, expected = result_of(Bare, folder, batch, "one")
        _, found = result_of(kind, folder, batch, mode)
        assert len(expected) == len(distinct_pairs(batch)) == 12
        assert found.keys() == expected.keys()
        assert max(abs(np.subtract(found[ids], expected[ids])).max() for ids in expected) < (
            1e-2 if mode in ("matrix", "warm") else 1e-4
        )

    def test_costs_are_counted(self, folder):
        one, _ = result_of(Bare, folder, BATCH, "one")
        ideal, _ = result_of(Bare, folder, BATCH, "ideal")
        own, _ = result_of(Semuq, folder, BATCH, "matrix")
        warm, _ = result_of(Semuq, folder, BATCH, "warm")
        assert (one.pairs, one.forwards, one.padded) == (12, 12, 0)
        assert (ideal.pairs, ideal.forwards, ideal.tokens) == (12, 1, one.tokens)
        assert own.pairs == 12
        assert (warm.pairs, warm.forwards) == (0, 0)

    def test_a_pass_called_by_name_is_seen_too(self, folder):
        from benchmarks.scorer.worker.watch import Watch

        model, tokenizer = tiny.tiny("bert")
        forward = model.forward
        watch = Watch(model)
        encoded = tokenizer([["paris", "lyon"], ["it is paris", "lyon"]], padding=True, return_tensors="pt")
        model.forward(**encoded)
        model(**encoded)
        own = watch.outcome()
        model.forward = forward
        assert (own.cost.forwards, own.cost.pairs) == (2, 4)
        assert own.cost.padded == 2 * int((encoded["attention_mask"] == 0).sum()) > 0
        assert len(dict(own.found)) == 2


@pytest.fixture(scope="module")
def stand_ins():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("Right", "Wrong"):
            own = Contestant(name.lower(), name, f"{STAND_INS}:{name}", "one")
            patch.setitem(CONTESTANTS, own.name, own)
        yield


@pytest.fixture(scope="module")
def crew(folder, tmp_path_factory, stand_ins):
    """Processes that take seconds to load."""
    with crew_of(folder, tmp_path_factory.mktemp("crew")) as own:
        yield own


def crew_of(folder, tmp_path):
    return Crew(interpreter=lambda _: Path(sys.executable), folder=folder, threads=1, logs=tmp_path / "logs")


@pytest.mark.slow
class TestMeasuring:
    SETTING = Setting("small", "small", 2, 4, ("right", "one"), repeats=2, checked=2)

    def test_a_run_that_stops_goes_on_and_one_that_is_done_asks_nothing(self, folder, tmp_path, crew):
        store, said = Store(tmp_path / "rows.jsonl", "code"), []
        log = folder / "runs.log"
        log.unlink(missing_ok=True)
        setting = replace(self.SETTING, repeats=1)
        with pytest.raises(OutOfTime):
            measure(setting, crew, store, tmp_path, deadline=time.monotonic(), say=said.append)
        assert not log.exists()
        measure(setting, crew, store, tmp_path, deadline=math.inf, say=said.append)
        assert log.read_text().split() == ["2", "2"]  # once to agree, once timed
        measure(self.SETTING, crew, store, tmp_path, deadline=math.inf, say=said.append)
        assert log.read_text().split() == ["2", "2", "1", "2"]  # warmed, and timed once more
        measure(self.SETTING, crew, store, tmp_path, deadline=0, say=pytest.fail)
        assert crew.versions["semuq"]["pytest"] == pytest.__version__
        rows = store.rows(self.SETTING)
        times = [(row["repeat"], row["contestant"]) for row in rows if row["kind"] == "time"]
        assert sorted(times) == [(0, "one"), (0, "right"), (1, "one"), (1, "right")]
        own = summarise(self.SETTING, rows)
        assert own["repeats"] == 2
        assert own["contestants"]["right"]["pairs"] == own["contestants"]["one"]["pairs"] > 0
        assert own["contestants"]["right"]["peak_mb"] >= 1

    def test_who_is_wrong_stops_the_run_before_any_timing(self, tmp_path, crew):
        store = Store(tmp_path / "rows.jsonl", "code")
        setting = replace(self.SETTING, contestants=("right", "wrong"))
        with pytest.raises(Disagreement, match=r"small, Wrong: .*difference of"):
            measure(setting, crew, store, tmp_path, deadline=math.inf, say=str)
        assert all(row["kind"] == "check" for row in store.rows(setting))

    def test_a_process_that_dies_is_named_with_its_last_words(self, tmp_path, stand_ins):
        with crew_of(tmp_path / "nowhere", tmp_path) as crew, pytest.raises(WorkerDied, match=r"(?s)Bare: .*nowhere"):
            agree(self.SETTING, crew, Store(tmp_path / "rows.jsonl", "code"), tmp_path, str)


class TestKeeping:
    def test_a_line_cut_by_a_kill_is_dropped(self, tmp_path):
        store = Store(tmp_path / "rows.jsonl", "code")
        store.add(SETTINGS[0], {"kind": "time", "seconds": 1.0})
        with (tmp_path / "rows.jsonl").open("a") as file:
            file.write('{"key": "ha')
        store.add(SETTINGS[0], {"kind": "time", "seconds": 2.0})
        assert [row["seconds"] for row in store.rows(SETTINGS[0])] == [1.0, 2.0]

    def test_other_code_or_other_strings_void_what_was_measured(self, tmp_path):
        path = tmp_path / "rows.jsonl"
        Store(path, "code").add(SETTINGS[0], {"kind": "time"})
        assert not Store(path, "other").rows(SETTINGS[0])
        assert not Store(path, "code").rows(replace(SETTINGS[0], questions=41))
        assert Store(path, "code").rows(replace(SETTINGS[0], repeats=9))

    def test_pieces_are_kept_for_one_state_of_the_code(self, tmp_path):
        pieces = Pieces(tmp_path, "code")
        pieces.keep("equality.none", {"a": 1})
        assert pieces.get("equality.none") == {"a": 1}
        assert pieces.starting("equality.") == {"none": {"a": 1}}
        assert Pieces(tmp_path, "other").get("equality.none") is None


class TestSettings:
    def test_every_repeat_has_another_order_and_warm_follows_cold(self):
        main = SETTINGS[0]
        orders = [order(main, repeat) for repeat in range(main.repeats)]
        assert len({tuple(own) for own in orders}) == main.repeats
        assert all(sorted(own) == sorted(main.contestants) for own in orders)
        assert all(own.index("semuq-warm") == own.index("semuq") + 1 for own in orders)

    @pytest.mark.parametrize("chosen", [SETTINGS, FAST], ids=["all", "fast"])
    def test_names_are_distinct_and_targets_can_be_judged(self, chosen):
        assert len({own.name for own in chosen}) == len(chosen)
        main = next(own for own in chosen if own.name == "main")
        assert {name for ratio in RATIOS for name in (ratio.slower, ratio.faster)} <= set(main.contestants)
        assert all(set(own.contestants) <= set(CONTESTANTS) for own in chosen)

    def test_the_main_setting_is_measured_five_times(self):
        assert SETTINGS[0].repeats >= 5


class TestFigures:
    def test_a_ratio_is_taken_within_each_repeat(self):
        own = {"slow": {"seconds": [10, 30, 20]}, "quick": {"seconds": [1, 10, 4]}}
        assert ratio_of(own, "slow", "quick") == (3, 5, 10)

    def test_a_repeat_that_not_everybody_finished_does_not_count(self):
        setting = Setting("s", "s", 1, 2, ("semuq", "one"), repeats=2)
        row = dict.fromkeys(("pairs", "forwards", "tokens", "padded", "truncated", "peak_mb", "before_mb"), 1)
        rows = [
            {
                "kind": "time",
                "repeat": repeat,
                "contestant": name,
                "seconds": seconds,
                "difference": 0.0,
                "clock_seconds": 9.0,
                **row,
            }
            for repeat, name, seconds in ((0, "semuq", 2.0), (0, "one", 8.0), (1, "semuq", 1.0))
        ]
        own = summarise(setting, rows)
        assert own["repeats"] == 1
        assert own["contestants"]["one"]["times_semuq"] == {"value": 4.0, "low": 4.0, "high": 4.0}

    def test_pairs_are_counted_without_a_model(self):
        counted = forwards_at_128(Comparison(20, "none"))
        pairs = sum(len(list(permutations(set(own), 2))) for own in make_batch(20, 20, "none").texts)
        assert counted["pairs_per_question"] == pairs / 20
        assert counted["forwards_per_question"] == math.ceil(pairs / 128) / 20

    def test_numbers_are_rounded_and_lists_stay_on_a_line(self):
        assert as_json({"a": [1.23456, 2.0], "b": {"c": 0.000123456}}) == (
            '{\n "a": [1.235, 2.0],\n "b": {"c": 0.0001235}\n}\n'
        )

    def test_precisions_are_held_against_one_pair_at_a_time(self, folder, tmp_path):
        comparison = Comparison(3, "none", answers=3)
        expected = reference(comparison, folder, tmp_path, deadline=math.inf, say=str)
        again = reference(comparison, folder, tmp_path, deadline=0, say=pytest.fail)
        assert all(np.array_equal(expected[pair], again[pair]) for pair in expected)
        own = compare(comparison, expected, folder, "fp32")
        assert own["largest_difference_of_entailment"] < 1e-5
        assert own["questions_with_equal_clusters"] == own["questions_where_waves_equal_matrix"] == 1
        assert own["pairs"] == len(expected)
        with pytest.raises(OutOfTime):
            reference(replace(comparison, context="question"), folder, tmp_path, deadline=0, say=str)

    def test_a_wrong_reference_shows(self, folder, tmp_path):
        comparison = Comparison(2, "none", answers=4)
        expected = reference(comparison, folder, tmp_path, deadline=math.inf, say=str)
        shifted = {pair: np.roll(values, 1) for pair, values in expected.items()}
        assert compare(comparison, shifted, folder, "fp32")["largest_difference_of_entailment"] > 0.01

    def test_a_profile_divides_the_whole(self, folder):
        own = profile_of(Semuq, folder, BATCH, "matrix")
        assert sum(own["shares"].values()) == pytest.approx(1, abs=0.5)
        assert own["shares"]["matrix products"] > 0
        assert own["shares"]["tokenising"] > 0
        assert set(precisions()) >= {"auto", "fp32"}


needs_results = pytest.mark.skipif(not RESULTS.is_file(), reason="the benchmark has not been run yet")


@needs_results
class TestPublished:
    RESULTS = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}

    def test_the_page_is_that_of_the_committed_figures(self):
        assert page(self.RESULTS) == PAGE.read_text()

    def test_targets_are_those_that_the_figures_give(self):
        judged = judge(self.RESULTS)
        assert [own["title"] for own in judged] == [own["title"] for own in self.RESULTS["targets"]]
        for own, published in zip(judged, self.RESULTS["targets"], strict=True):
            assert own["value"] == pytest.approx(published["value"], rel=0.01)
            assert own["target"] == published["target"]

    def test_what_makes_a_figure_worth_publishing_is_there(self):
        own = self.RESULTS
        assert {"command", "seed", "threads", "hardware", "models", "strings", "profile"} <= set(own)
        assert set(own["versions"]) == {"semuq", "lm-polygraph", "uqlm", "truthtorchlm", "runtimes"}
        assert own["settings"]["main"]["repeats"] >= 5
        assert {name for name, figures in own["settings"]["main"]["contestants"].items() if figures["seconds"]} == set(
            SETTINGS[0].contestants
        )
        assert own["hardware"]["instructions"]
        assert {(row["precision"], row["context"]) for row in own["equality"]} >= {("auto", "none"), ("fp32", "none")}

    def test_what_users_get_is_as_exact_as_promised(self):
        for row in self.RESULTS["equality"]:
            if row["precision"] in ("auto", "fp32"):
                limit = 0.02 if row["precision"] == "auto" else 1e-5
                assert row["largest_difference_of_entailment"] <= limit
                assert row["questions_with_equal_clusters"] >= 0.995
                assert row["questions_where_waves_equal_matrix"] == 1

    def test_everybody_agreed_with_the_reference(self):
        for setting in self.RESULTS["settings"].values():
            for name, own in setting["contestants"].items():
                assert own["largest_difference"] <= CONTESTANTS[name].tolerance, (setting["title"], name)
