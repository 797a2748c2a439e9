"""The leaderboard: reading questions, resuming, packing, grading, the arithmetic of its tables, and the command."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.entailment_model.example import digest
from benchmarks.leaderboard import page as pages
from benchmarks.leaderboard import questions as reading
from benchmarks.leaderboard.__main__ import main
from benchmarks.leaderboard.answers import (
    answered,
    append,
    greedy_set,
    pack,
    read_growing,
    read_packed,
    record,
    sample_set,
)
from benchmarks.leaderboard.contestants import BASELINES, contestants
from benchmarks.leaderboard.judging import Grades, by_meaning, claims_of, grade, grader_of, relation_of
from benchmarks.leaderboard.measures import MEASURES, calibrated, draws, estimate, mean
from benchmarks.leaderboard.models import OFFICIAL, Model, read_model
from benchmarks.leaderboard.plots import LINE, cost_plot
from benchmarks.leaderboard.prepare import PARTS, select
from benchmarks.leaderboard.pricing import costs, costs_kept
from benchmarks.leaderboard.questions import Question, read_dataset, read_datasets
from benchmarks.leaderboard.results import Judged, summarise
from benchmarks.leaderboard.sampling import Store, sample
from benchmarks.leaderboard.scoring import Scores, score, score_kept
from benchmarks.leaderboard.tables import ranked
from benchmarks.leaderboard.weights import Weights, unpacked
from semuq import Entailment, ExactMatch, SampleSet
from semuq.errors import InvalidModel, InvalidParameter
from semuq.estimators import ESTIMATORS
from semuq.metrics import auarc, auroc, ece, prr, rank_calibration_error
from semuq.registry import from_name
from tests.sampling.server import serving
from tests.tiny import llama

ROOT = Path(__file__).parents[2]
COMMAND = typer.Typer()
COMMAND.command()(main)
RESULTS = ROOT / "benchmarks" / "results"
ANSWERS = ROOT / "benchmarks" / "leaderboard" / "answers"
PAGE = ROOT / "docs" / "leaderboard.md"

CAPITALS = """
title = "Capitals"
about = "Capitals of countries."
file = "capitals.jsonl"
[read]
question = "Capital of {country}?"
references = "capital"
[ask]
prompt = "Q: {question} A:"
max_new_tokens = 4
[judge]
grader = "ShortAnswer(threshold=0.8)"
relation = "exact"
"""


@pytest.fixture
def capitals(tmp_path):
    rows = [("France", ["Paris", "Lutetia"]), ("Italy", "Rome"), ("Peru", "Lima"), ("Chad", "N'Djamena")]
    lines = [json.dumps({"country": country, "capital": capital}) for country, capital in rows]
    (tmp_path / "capitals.jsonl").write_text("\n".join(lines))
    (tmp_path / "capitals.toml").write_text(CAPITALS)
    return read_dataset(tmp_path / "capitals.toml")


@pytest.fixture
def tiny(tmp_path):
    """A model file for a random model of two layers."""
    model, tokenizer = llama.pair()
    model.config.max_position_embeddings = 512
    model.save_pretrained(tmp_path / "weights")
    tokenizer.save_pretrained(tmp_path / "weights")
    path = tmp_path / "tiny.toml"
    path.write_text(
        f'[model]\nanswers = 3\nchat = false\nstop = ["it"]\n[model.options]\nmodel = "{tmp_path / "weights"}"\n'
    )
    return path


def made(question, texts, greedy):
    """A record as sampling writes it."""
    logprobs = [np.full(len(text.split()), -0.123456) for text in texts]
    ten = SampleSet(prompt=question.prompt, texts=texts, token_logprobs=logprobs)
    one = SampleSet(prompt=question.prompt, texts=[greedy], token_logprobs=[np.array([-0.5])])
    return record(question, ten, one)


class TestQuestions:
    def test_a_toml_file_and_its_rows_become_questions(self, capitals):
        found = {question.text: question for question in capitals.load()}
        assert found["Capital of France?"].references == ("Paris", "Lutetia")
        assert found["Capital of Italy?"].prompt == "Q: Capital of Italy? A:"
        assert found["Capital of Italy?"].id == digest("Capital of Italy?")
        assert len(found) == 4

    def test_a_smaller_number_takes_the_first_of_a_larger_one(self, capitals):
        assert capitals.load(2) == capitals.load(3)[:2] == capitals.load()[:2]

    def test_options_become_letters_and_the_right_one_a_letter(self, tmp_path, capitals):
        row = {"question": "Which is a metal?", "choices": ["Neon", "Iron"], "answer": 1}
        (tmp_path / "capitals.jsonl").write_text(json.dumps(row))
        text = CAPITALS.replace('"Capital of {country}?"', '"{question}"\noptions = "choices"')
        text = text.replace('"capital"', '"answer"').replace("Q: {question}", "{question} {options}")
        (tmp_path / "letters.toml").write_text(text)
        (question,) = read_dataset(tmp_path / "letters.toml").load()
        assert question.prompt == "Which is a metal? A. Neon\nB. Iron A:"
        assert question.references == ("B",)

    def test_questions_the_entailment_model_was_trained_on_are_left_out(self, tmp_path, capitals, monkeypatch):
        (tmp_path / "seen.toml").write_text("unseen = true" + CAPITALS)
        monkeypatch.setattr(reading, "trained_questions", lambda: frozenset({digest("capital of ITALY")}))
        texts = [question.text for question in read_dataset(tmp_path / "seen.toml").load()]
        assert len(texts) == 3
        assert "Capital of Italy?" not in texts

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (('title = "Capitals"', ""), r"\['title'\] missing"),
            (('grader = "ShortAnswer(threshold=0.8)"', ""), r"\[judge\] lacks \['grader'\]"),
            (("capitals.jsonl", "none.jsonl"), "expected 'none.jsonl' beside it"),
            (("about", "abuot"), "missing"),
        ],
    )
    def test_a_broken_file_is_refused_by_name(self, tmp_path, capitals, change, message):
        (tmp_path / "broken.toml").write_text(CAPITALS.replace(*change))
        with pytest.raises(InvalidParameter, match=f"broken.toml: .*{message}"):
            read_dataset(tmp_path / "broken.toml")

    def test_an_unknown_set_names_the_known_ones(self):
        with pytest.raises(InvalidParameter, match="triviaqa"):
            read_datasets(["trivia"])

    @pytest.mark.parametrize("data", read_datasets(), ids=lambda data: data.name)
    def test_every_set_of_the_repository_has_its_questions(self, data):
        questions = data.load()
        assert len(questions) == data.questions >= 200
        assert len({question.prompt for question in questions}) == len(questions)
        assert all(question.references and all(question.references) for question in questions)
        assert {"repository", "commit", "path", "licence"} <= set(data.source)
        assert "{" not in questions[0].prompt.replace(questions[0].text, "")
        assert grader_of(data).grade("?", questions[0].references[0], questions[0].references) == 1
        assert by_meaning(data) or relation_of(data).identity

    @pytest.mark.skipif(not reading.TRAINED.is_file(), reason="the list of trained questions is not there")
    def test_no_question_was_one_the_entailment_model_was_trained_on(self):
        trained = reading.trained_questions()
        assert len(trained) > 1000
        for data in read_datasets():
            assert not {digest(question.text) for question in data.load()} & trained

    def test_the_data_keep_their_source_and_stay_small(self):
        folder = ROOT / "benchmarks" / "leaderboard" / "data"
        sources = (folder / "SOURCES.md").read_text()
        files = list(folder.glob("*.jsonl.gz"))
        assert all(file.name in sources for file in files)
        assert sum(file.stat().st_size for file in files) < 1_500_000

    def test_what_was_seen_in_training_never_gets_into_the_data(self):
        rows = [{"question": f"who {name}", "answer": ["x"]} for name in ("sang", "ran", "sang")]
        kept = select(rows, PARTS["nq_open"], seen=frozenset({"who ran"}))
        assert kept == [{"question": "who sang", "answer": ["x"]}]


class TestAnswers:
    QUESTION = Question(id="q", text="Capital of Peru?", prompt="Q: Capital of Peru? A:", references=("Lima",))

    def test_a_record_survives_appending_and_packing(self, tmp_path):
        one = made(self.QUESTION, ["Lima\u2028", "Quito it is"], "Lima\x85\n")
        append(tmp_path / "a.jsonl", [one])
        pack(tmp_path / "a.xz", read_growing(tmp_path / "a.jsonl").values())
        assert read_packed(tmp_path / "a.xz") == {"q": one}
        samples, greedy = sample_set(self.QUESTION, one), greedy_set(self.QUESTION, one)
        assert (samples.prompt, samples.texts, samples.references) == (
            "Capital of Peru?",
            ("Lima\u2028", "Quito it is"),
            ("Lima",),
        )
        assert samples.token_logprobs[1].tolist() == [-0.1235] * 3
        assert (greedy.texts, greedy.token_logprobs[0].tolist()) == (("Lima\x85\n",), [-0.5])

    def test_a_line_cut_by_a_kill_is_dropped_and_the_file_goes_on(self, tmp_path):
        path = tmp_path / "a.jsonl"
        append(path, [made(self.QUESTION, ["Lima"], "Lima")])
        with path.open("a") as file:
            file.write('{"id": "half", "pro')
        assert list(read_growing(path)) == ["q"]
        other = Question(id="r", text="?", prompt="?", references=("x",))
        append(path, [made(other, ["x"], "x")])
        assert list(read_growing(path)) == ["q", "r"]

    def test_answers_to_another_prompt_do_not_count(self):
        one = made(self.QUESTION, ["Lima"], "Lima")
        assert answered([self.QUESTION], {"q": one}) == [(self.QUESTION, one)]
        assert answered([self.QUESTION], {"q": {**one, "prompt": "another"}}) == []


class TestSampling:
    def test_a_second_run_asks_only_what_is_missing(self, tmp_path, capitals, tiny):
        model, said = read_model(str(tiny)), []
        store = Store(work=tmp_path / "work", kept=tmp_path / "kept")
        sample([capitals], model, store, limit=2, seconds=None, say=said.append)
        first = store.read(capitals)
        sample([capitals], model, store, limit=None, seconds=None, say=said.append)
        both = read_packed(store.packed(capitals))
        assert len(first) == 2
        assert len(both) == 4
        assert all(both[key] == value for key, value in first.items())
        assert [line.split(",")[0] for line in said] == ["capitals: 2 questions", "capitals: 4 questions"]
        assert len(next(iter(both.values()))["texts"]) == 3
        (tmp_path / "work" / "capitals.jsonl").unlink()
        sample([capitals], model, store, limit=None, seconds=None, say=said.append)
        assert len(said) == 2  # all of it is in the packed file

    def test_no_time_left_asks_nothing(self, tmp_path, capitals, tiny):
        store = Store(work=tmp_path / "work", kept=tmp_path / "kept")
        sample([capitals], read_model(str(tiny)), store, limit=None, seconds=-1, say=pytest.fail)
        assert store.read(capitals) == {}

    def test_answers_of_two_models_are_not_mixed(self, tmp_path, capitals, tiny):
        store = Store(work=tmp_path / "work", kept=tmp_path / "kept")
        sample([capitals], read_model(str(tiny)), store, limit=1, seconds=None, say=str)
        tiny.write_text(tiny.read_text().replace("answers =", "seed = 5\nanswers ="))
        with pytest.raises(InvalidParameter, match="from another sampler"):
            sample([capitals], read_model(str(tiny)), store, limit=2, seconds=None, say=str)

    def test_a_stop_text_ends_an_answer(self, tiny):
        sampler = read_model(str(tiny)).ask({"max_new_tokens": 30}, greedy=False)
        assert sampler.stop == ("it",)
        texts = sampler.sample("what is it", n=20).texts
        assert not any("it" in text for text in texts)
        assert any(texts)

    def test_the_greedy_answer_is_read_beside_the_sampled_ones(self, capitals, tiny, tmp_path):
        model, store = read_model(str(tiny)), Store(work=tmp_path / "work", kept=tmp_path / "kept")
        sample([capitals], model, store, limit=2, seconds=None, say=str)
        for question, own in answered(capitals.load(2), store.read(capitals)):
            greedy = model.ask(capitals.ask, greedy=True).sample(question.prompt, n=1)
            assert greedy_set(question, own).texts == greedy.texts
            assert (
                sample_set(question, own).texts
                == model.ask(capitals.ask, greedy=False).sample(question.prompt, n=3).texts
            )

    def test_weights_are_found_by_name_and_known_by_hash(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SEMUQ_WEIGHTS", str(tmp_path))
        described = {"file": "m.gguf", "source": "somewhere.org", "ends": ["<eos>"]}
        with pytest.raises(InvalidModel, match=r"m\.gguf in .*, found none; get it from somewhere\.org"):
            unpacked(Weights(**described, sha256="0" * 64))
        (tmp_path / "m.gguf").write_bytes(b"other")
        with pytest.raises(InvalidModel, match="expected sha256 000"):
            unpacked(Weights(**described, sha256="0" * 64))
        digest = hashlib.sha256(b"other").hexdigest()
        (tmp_path / f"m-{digest[:12]}").mkdir()
        assert unpacked(Weights(**described, sha256=digest)) == str(tmp_path / f"m-{digest[:12]}")

    def test_a_model_is_a_file_or_a_name(self, tmp_path):
        assert read_model("org/some-model") == Model(name="org--some-model", options={"model": "org/some-model"})
        (tmp_path / "m.toml").write_text('[model]\nsampler = "NoSuchSampler"')
        with pytest.raises(InvalidParameter, match="NoSuchSampler"):
            read_model(str(tmp_path / "m.toml"))
        (tmp_path / "m.toml").write_text("[model]\nanswer = 3")
        with pytest.raises(InvalidParameter, match=r"unknown fields \['answer'\]"):
            read_model(str(tmp_path / "m.toml"))


class Words:
    """An embedder that counts words."""

    def embed(self, texts):
        return np.array([[1.0, len(text.split()), len(text)] for text in texts])


class TestPricing:
    BATCH = tuple(
        SampleSet(prompt=f"{i}?", texts=("Paris", "in Paris", "Lyon"), token_logprobs=[[-1.0], [-2.0, -1.0], [-1.5]])
        for i in range(3)
    )

    def test_a_contestant_is_charged_for_what_it_needs(self):
        names = ("Length", "DistinctTexts", "PredictiveEntropy", "DiscreteSemanticEntropy", "KernelLanguageEntropy")
        found = costs(self.BATCH, ExactMatch(), None, names)
        assert [found[name]["answers"] for name in names] == [1, 3, 3, 3, 3]
        assert [found[name]["pairs"] for name in names] == [0, 0, 0, 6, 6]
        assert found["Length"]["seconds"] == 0
        assert all(own["forwards"] == 0 for own in found.values())

    @pytest.mark.slow
    def test_pairs_and_passes_are_those_of_the_model_alone(self):
        names = ("DiscreteSemanticEntropy", "KernelLanguageEntropy", "ClaimUncertainty", "EigenScore")
        batch = [sample_set(TestAnswers.QUESTION, made(TestAnswers.QUESTION, own.texts, "x")) for own in self.BATCH]
        found = costs(batch, Entailment(), Words(), names)
        _, report = Entailment(cache=False).compare_with_report(batch)
        _, lazy = Entailment(cache=False).cluster_with_report(batch)
        assert found["KernelLanguageEntropy"]["pairs"] == report.pairs / 3
        assert found["KernelLanguageEntropy"]["forwards"] == report.forwards / 3
        assert found["DiscreteSemanticEntropy"]["pairs"] == lazy.pairs / 3 <= report.pairs / 3
        assert found["ClaimUncertainty"]["pairs"] == 6  # each answer is one claim
        assert found["EigenScore"]["pairs"] == 0
        assert 0 < found["EigenScore"]["seconds"] < found["KernelLanguageEntropy"]["seconds"]

    def test_prices_are_kept_until_the_answers_change(self, tmp_path):
        first = costs_kept(tmp_path / "c.json", self.BATCH, ExactMatch(), None, ["PredictiveEntropy"])
        assert costs_kept(tmp_path / "c.json", self.BATCH, ExactMatch(), None, ["PredictiveEntropy"]) == first
        assert "Length" in costs_kept(tmp_path / "c.json", self.BATCH, ExactMatch(), None, ["Length"])


class TestJudging:
    def test_sentences_are_claims_where_meanings_are_compared_and_else_all_of_the_answer(self, capitals):
        own = made(TestAnswers.QUESTION, ["It is Lima. It was Cusco.", "7 + 3 = 10. So 10"], "Lima")
        meanings = dataclasses.replace(
            capitals, judge={"grader": "ShortAnswer(threshold=0.8)", "relation": "entailment"}
        )
        assert len(sample_set(TestAnswers.QUESTION, own, claims_of(meanings)).claims[0]) == 2
        sums = dataclasses.replace(capitals, judge={**capitals.judge, "relation": "maths"})
        assert sample_set(TestAnswers.QUESTION, own, claims_of(sums)).claims[1] == ("7 + 3 = 10. So 10",)
        empty = made(TestAnswers.QUESTION, [""], "Lima")
        assert sample_set(TestAnswers.QUESTION, empty, claims_of(sums)).claims == ((),)

    def test_grades_are_right_or_wrong(self, capitals):
        questions = {question.text: question for question in capitals.load()}
        own = questions["Capital of France?"]
        grades = grade(capitals, [(own, made(own, ["It is Paris.", "Lyon", "lutetia"], "Rome"))])
        assert grades.answers.tolist() == [[1, 0, 1]]
        assert grades.greedy.tolist() == [0]

    def test_the_default_wants_nearly_all_words_of_a_reference(self, capitals):
        own = Question(id="q", text="Who?", prompt="?", references=("John Swithen", "Stephen King"))
        texts = ["It was Stephen King.", "John Lennon", "king, stephen", "King"]
        assert grade(capitals, [(own, made(own, texts, "x"))]).answers.tolist() == [[1, 0, 1, 0]]

    def test_a_grader_or_relation_that_is_none_is_named_with_its_set(self, capitals):
        data = dataclasses.replace(capitals, judge={"grader": "Shortanswer", "relation": "entailed"})
        with pytest.raises(InvalidParameter, match=r"^capitals: judge.grader: .*did you mean ShortAnswer\?"):
            grader_of(data)
        with pytest.raises(InvalidParameter, match=r"^capitals: judge.relation: .*did you mean entailment\?"):
            relation_of(data)

    def test_closest_asks_which_reference_is_nearer(self, capitals):
        data = dataclasses.replace(capitals, judge={"grader": "TokenF1", "relation": "exact", "closest": True})
        own = Question(id="q", text="?", prompt="?", references=("it is round",), wrong=("it is flat", "nobody knows"))
        grades = grade(data, [(own, made(own, ["round", "flat it is", "green"], "nobody"))])
        assert grades.answers.tolist() == [[1, 0, 0]]
        with pytest.raises(InvalidParameter, match="known to be wrong"):
            grade(data, [(dataclasses.replace(own, wrong=()), made(own, ["round"], "flat"))])

    def test_letters_are_compared_and_words_only_without_letters(self):
        samples = SampleSet(prompt="?", texts=("B", "(B) dog", "A", "dog", "Dog."))
        same = from_name('choice(letters="ABCD")').compare(samples)[0].equivalence()
        assert same.tolist()[0] == [True, True, False, False, False]
        assert same.tolist()[3] == [False, False, False, True, True]


class TestMeasures:
    RNG = np.random.default_rng(3)
    SCORES = RNG.random(60).round(1)
    CORRECT = (RNG.random(60) > SCORES).astype(float)

    @pytest.mark.parametrize(
        ("name", "metric"),
        [
            ("auroc", auroc),
            ("auarc", auarc),
            ("prr", prr),
            ("rce", lambda u, a: rank_calibration_error(u, a, bins=10, ties="average")),
            ("ece", lambda u, a: ece(calibrated(u, a, np.arange(len(u))), a)),
        ],
    )
    def test_values_are_those_of_the_public_metrics(self, name, metric):
        own = estimate(MEASURES[name], self.SCORES[:, None], self.CORRECT[:, None], draws(60, 20, 0))
        assert own.value == pytest.approx(metric(self.SCORES, self.CORRECT), abs=1e-12)

    def test_a_draw_is_the_metric_of_the_drawn_questions(self):
        scores, correct = self.SCORES.reshape(20, 3), self.CORRECT.reshape(20, 3)
        counts = draws(20, 5, 0)
        own = estimate(MEASURES["auroc"], scores, correct, counts)
        for row, value in zip(counts, own.draws, strict=True):
            drawn = np.repeat(np.arange(20), row.astype(int))
            assert value == pytest.approx(auroc(scores[drawn].ravel(), correct[drawn].ravel()))

    def test_calibration_never_sees_the_question_it_judges(self):
        groups = np.repeat(np.arange(20), 3)
        base = calibrated(self.SCORES, self.CORRECT, groups)
        for question in (0, 7):
            flipped = self.CORRECT.copy()
            flipped[groups == question] = 1 - flipped[groups == question]
            changed = calibrated(self.SCORES, flipped, groups)
            np.testing.assert_array_equal(changed[groups == question], base[groups == question])

    def test_one_class_only_is_undefined_and_left_out_of_means(self):
        nothing = estimate(MEASURES["auroc"], self.SCORES[:, None], np.ones((60, 1)), draws(60, 20, 0))
        own = estimate(MEASURES["auroc"], self.SCORES[:, None], self.CORRECT[:, None], draws(60, 20, 0))
        assert np.isnan(nothing.value)
        assert mean([nothing, own]).value == own.value

    def test_a_difference_to_itself_is_nothing(self):
        own = estimate(MEASURES["auroc"], self.SCORES[:, None], self.CORRECT[:, None], draws(60, 20, 0))
        assert (own - own).interval("percentile") == (0, 0)


def toy(name="toy", questions=30, seed=0):
    """A set whose estimator is good, whose rival is its opposite, with baselines in between."""
    rng = np.random.default_rng(seed)
    right = (rng.random(questions) < 0.5).astype(float)
    good = 1 - right + rng.normal(0, 0.4, questions)
    columns = {"SemanticEntropy": good, "Reversed": -good, "Length": rng.random(questions), "LogProb": good - right}
    return Judged(
        name=name,
        title=name.title(),
        about="Made up.",
        grades=Grades(greedy=right, answers=np.stack([right, right], axis=1)),
        scores=Scores(
            question=columns,
            answer={key: np.stack([value, value], axis=1) for key, value in columns.items()},
            unable={"PTrue": "needs p_true, got None"},
            relation="exact",
        ),
        truncated=0.0,
        costs={key: {"answers": 10, "pairs": 90, "forwards": 1, "seconds": 0.3} for key in columns},
    )


@pytest.fixture(scope="module")
def found():
    """The figures of two made-up sets."""
    return summarise([toy(), toy("other", seed=1)], n_resamples=100)


class TestSummary:
    def test_the_best_is_first_and_differs_from_itself_by_nothing(self, found):
        overall = found["settings"]["greedy"]["overall"]
        assert ranked(overall)[0] == "LogProb"
        assert ranked(overall)[-1] == "Reversed"
        assert overall["LogProb"]["auroc_to_best"] == [0, 0, 0]
        assert overall["Reversed"]["auroc_to_best"][2] < 0

    def test_overall_is_the_mean_of_the_sets(self, found):
        own = found["settings"]["greedy"]
        for metric in MEASURES:
            values = [own["sets"][name]["SemanticEntropy"][metric][0] for name in ("toy", "other")]
            assert own["overall"]["SemanticEntropy"][metric][0] == pytest.approx(np.mean(values), abs=1e-4)

    def test_a_baseline_that_wins_is_printed_as_winning(self, found):
        against = found["settings"]["greedy"]["baselines_against_semantic_entropy"]
        assert against["overall"]["LogProb"][1] > 0
        assert "`LogProb` on Overall" in pages.against(found)

    def test_repeated_answers_of_a_question_change_no_value(self, found):
        for name in ("toy", "other"):
            greedy, answers = (found["settings"][setting]["sets"][name] for setting in ("greedy", "answers"))
            assert greedy["Length"]["auroc"][0] == pytest.approx(answers["Length"]["auroc"][0])

    def test_curves_end_at_the_accuracy_and_the_oracle_is_above_all(self, found):
        curves = found["curves"]["toy"]
        for name, curve in curves.items():
            assert curve[-1] == found["sets"]["toy"]["accuracy_greedy"]
            assert all(a >= b - 1e-9 for a, b in zip(curves["(oracle)"], curve, strict=True)), name


def with_accuracy(right, name):
    """A set of which so many of 30 greedy answers are right."""
    own = toy(name)
    greedy = np.zeros(30)
    greedy[:right] = 1
    return dataclasses.replace(own, grades=Grades(greedy=greedy, answers=np.stack([greedy, greedy], axis=1)))


class TestTelling:
    """Sets that are nearly all wrong or nearly all right have tables of their own and no part in the mean."""

    def test_the_mean_is_over_sets_between_a_tenth_and_nine_tenths(self):
        sets = [with_accuracy(right, name) for right, name in ((2, "hard"), (3, "a"), (27, "b"), (28, "easy"))]
        found = summarise(sets, n_resamples=20)
        assert found["overall_sets"] == ["a", "b"]
        own = found["settings"]["greedy"]
        for table, names in (("overall", ("a", "b")), ("all_sets", ("hard", "a", "b", "easy"))):
            expected = np.mean([own["sets"][name]["Length"]["auroc"][0] for name in names])
            assert own[table]["Length"]["auroc"][0] == pytest.approx(expected, abs=1e-4)
        page = pages.page({"tiny": results_of(found)}, {})
        assert "| tiny | Hard | 30 | 2 | 6.7% (6.7%) | 0.0% | no |" in page
        assert "| tiny | A | 30 | 2 | 10.0% (10.0%) | 0.0% | yes |" in page
        assert "The mean is over A; B." in page

    def test_all_sets_count_where_none_is_in_between(self):
        found = summarise([with_accuracy(1, "hard")], n_resamples=20)
        assert found["overall_sets"] == ["hard"]
        assert "The mean is over Hard." in pages.page({"tiny": results_of(found)}, {})


def results_of(found):
    """What the report adds to the figures."""
    return {
        "model": {"name": "tiny", "how": "float32"},
        "answers_per_question": 2,
        "entailment_sets": "no set",
        "seed": 0,
        "n_resamples": 20,
        "slow_draws": 20,
        "timed_questions": 30,
        "hardware": "a CPU",
        "versions": {},
        **found,
    }


class TestPage:
    def test_it_says_first_who_is_best_and_how_baselines_and_semantic_entropy_compare(self, found):
        text = pages.plainly(found)
        assert text.startswith("**A baseline wins.** `LogProb` has the highest AUROC on the judged answers, ")
        assert "beyond chance. Semantic entropy is number 2 (" in text
        worse = copy.deepcopy(found)
        own = worse["settings"]["greedy"]
        own["overall"]["LogProb"]["auroc"], own["overall"]["Length"]["auroc"] = [0.2, 0.1, 0.3], [0.1, 0.0, 0.2]
        own["baselines_against_semantic_entropy"]["overall"]["LogProb"] = [-0.5, -0.6, -0.4]
        text = pages.plainly(worse)
        assert text.startswith("First on the judged answers is `SemanticEntropy`, AUROC ")
        assert "below semantic entropy by 0.500 [0.400, 0.600], beyond chance" in text

    def test_costs_are_those_of_the_sets_that_count(self, found):
        assert pages.costs(found, "Length", "seconds") == pytest.approx(0.3)
        assert "| _Length_ | 10 | 90.0 | 1.00 | 300.00 |" in pages.cost_table(found, ["Length"])

    def test_the_cost_plot_names_whoever_no_cheaper_one_beats(self):
        points = [("best", 100.0, 0.7), ("dear", 200.0, 0.69), ("cheap", 1.0, 0.6), ("worse", 2.0, 0.55)]
        drawn = cost_plot([*points, ("Length", 0.0, 0.5)], ("Length",))
        assert drawn.count("<circle") == 5
        assert sorted(re.findall(r">([A-Za-z]+)</text>", drawn)) == ["Length", "best", "cheap"]
        assert ">dear</text>" in cost_plot(points, (), named=("dear",))

    def test_names_in_the_cost_plot_never_cover_each_other(self):
        points = [(f"estimator{number}", 200.0, 0.55 + 0.0001 * number) for number in range(20)]
        drawn = cost_plot(points, (), named=[name for name, *_ in points])
        heights = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>estimator', drawn)]
        assert len(heights) == 20
        assert np.diff(sorted(heights)).min() >= LINE - 0.11


class TestScoring:
    BATCH = tuple(
        SampleSet(prompt=f"{i}?", texts=("a", "b", "A"), token_logprobs=[[-1.0], [-2.0 - i], [-1.5]]) for i in range(3)
    )
    GREEDY = tuple(SampleSet(prompt=f"{i}?", texts=("a",), token_logprobs=[[-1.0, -0.5 * i]]) for i in range(3))

    def test_everyone_with_evidence_competes_and_others_say_why_not(self):
        able, unable = contestants(self.BATCH, ExactMatch(), None)
        assert {type(one).__name__ for one in able} | set(unable) == {kind.__name__ for kind in ESTIMATORS}
        assert unable["PTrue"] == "PTrue needs p_true, got None"
        assert "SemanticEntropy" not in unable

    def test_baselines_are_what_they_say(self):
        scores = score(self.BATCH, self.GREEDY, ExactMatch(), None)
        assert scores.question["Length"].tolist() == [2, 2, 2]
        assert scores.question["LogProb"].tolist() == [1.0, 1.5, 2.0]
        assert scores.question["MeanLogProb"].tolist() == [0.5, 0.75, 1.0]
        assert scores.question["DistinctTexts"].tolist() == [2, 2, 2]  # "a" and "A" are one
        assert scores.answer["LogProb"][2].tolist() == [1.0, 4.0, 1.5]

    def test_scores_are_kept_until_the_answers_change(self, tmp_path):
        path = tmp_path / "scores.json"
        first, known = score_kept(path, self.BATCH, self.GREEDY, ExactMatch(), None)
        again, known_again = score_kept(path, self.BATCH, self.GREEDY, ExactMatch(), None)
        assert (known, known_again) == (False, True)
        assert first.to_dict() == again.to_dict()
        other = (*self.BATCH[:2], self.GREEDY[2].take([0, 0, 0]))
        assert not score_kept(path, other, self.GREEDY, ExactMatch(), None)[1]


@pytest.mark.slow
def test_the_fast_mode_goes_through_all_stages(tmp_path, tiny):
    arguments = ["--fast", "--limit", "5", "--relation", "exact", "--no-embedder", "--model", str(tiny)]
    sets = [word for name in ("svamp", "mmlu_stem", "truthfulqa") for word in ("--set", name)]
    command = [*arguments, *sets, "--work", str(tmp_path / "run")]
    done = CliRunner().invoke(COMMAND, command)
    assert done.exit_code == 0, done.output
    out = tmp_path / "run-fast" / "out"
    results = json.loads((out / "leaderboard_tiny.json").read_text())
    assert {name: own["questions"] for name, own in results["sets"].items()} == dict.fromkeys(
        ("svamp", "mmlu_stem", "truthfulqa"), 5
    )
    assert pages.page({"tiny": results}, {}) == (out / "leaderboard.md").read_text()
    competing = set(results["settings"]["greedy"]["overall"]) | set(results["could_not_run"])
    assert competing == {kind.__name__ for kind in ESTIMATORS} | {baseline.name for baseline in BASELINES}
    again = CliRunner().invoke(COMMAND, command)
    assert again.exit_code == 0, again.output
    assert again.stderr.count("(scored before)") == 3
    assert "tokens/s" not in again.stderr


def test_a_server_and_own_questions_need_two_files_and_no_code(tmp_path, capitals):
    capital = {"France": "Paris", "Italy": "Rome", "Peru": "Lima", "Chad": "N'Djamena"}
    with serving() as (server, url):
        (tmp_path / "mine.toml").write_text(
            '[model]\nsampler = "OpenAISampler"\nanswers = 3\nchat = false\nstop = ["\\n"]\n'
            f'[model.options]\nmodel = "tiny"\nbase_url = "{url}"\n'
        )
        server.word = lambda prompt, number: next(
            own if number % 2 or country in ("France", "Peru") else f"{own} {number}"
            for country, own in capital.items()
            if country in prompt
        )
        command = ["--model", str(tmp_path / "mine.toml"), "--set", str(tmp_path / "capitals.toml"), "--no-embedder"]
        done = CliRunner().invoke(COMMAND, [*command, "--work", str(tmp_path / "run")])
        assert done.exit_code == 0, done.output
    assert len(server.requests) == 8
    assert {own["stop"][0] for own in server.requests} == {"\n"}
    results = json.loads((tmp_path / "run" / "mine" / "out" / "leaderboard_mine.json").read_text())
    assert results["model"]["name"] == "mine"
    assert results["sets"]["capitals"]["accuracy_greedy"] == 1.0
    assert "SemanticEntropy" in results["settings"]["answers"]["overall"]


def test_the_page_is_that_of_the_committed_figures():
    models, studies = pages.read_results(RESULTS)
    assert {"llama-13b", "smollm2-135m"} <= set(models) <= set(OFFICIAL)
    assert pages.page(models, studies) == PAGE.read_text()


def test_the_committed_answers_are_those_the_figures_speak_of():
    models, _ = pages.read_results(RESULTS)
    for model, results in models.items():
        folder = ROOT / "benchmarks" / "leaderboard" / "answers" / model
        described = read_model(model)
        assert described.answers == results["answers_per_question"]
        for data in read_datasets(described.sets):
            if data.name not in results["sets"]:
                continue
            pairs = answered(data.load(), read_packed(folder / f"{data.name}.jsonl.xz"))
            assert len(pairs) == results["sets"][data.name]["questions"], data.name
            assert {len(record["texts"]) for _, record in pairs} == {described.answers}
    assert sum(file.stat().st_size for file in ANSWERS.rglob("*.xz")) < 15_000_000
