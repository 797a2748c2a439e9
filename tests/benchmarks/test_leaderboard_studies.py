"""The leaderboard's parts beside its tables: families, Holm, abstention, what decides, stored answers, the campaign."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.leaderboard import campaign, decides, stored
from benchmarks.leaderboard.abstaining import DELTA, row
from benchmarks.leaderboard.answers import answered, greedy_set, pack, read_packed, sample_set
from benchmarks.leaderboard.contestants import BASELINES
from benchmarks.leaderboard.families import Family, family
from benchmarks.leaderboard.holm import against
from benchmarks.leaderboard.hurry import ENOUGH, hurry
from benchmarks.leaderboard.matrix import matrix
from benchmarks.leaderboard.measures import Estimate
from benchmarks.leaderboard.questions import read_datasets
from benchmarks.leaderboard.results import summarise
from semuq.estimators import ESTIMATORS
from semuq.metrics import holm
from tests.benchmarks.test_leaderboard import toy


class TestFamilies:
    def test_everyone_has_one_and_baselines_are_what_they_read(self):
        for name in (*(kind.__name__ for kind in ESTIMATORS), *(baseline.name for baseline in BASELINES)):
            assert family(name) in Family
        assert family("DistinctTexts") is family("DiscreteSemanticEntropy") is Family.TEXTS
        assert family("LogProb") is family("SemanticEntropy") is Family.LOGPROBS
        assert family("TokenEntropy") is Family.VOCABULARY
        assert family("HiddenEigenScore") is Family.STATES
        assert family("StatedConfidence") is family("InvEntropy") is Family.ASKING
        assert family("LearnedEnsemble") is Family.LABELS


class TestHolm:
    def test_it_is_statsmodels_on_published_values(self):
        # Holm 1979 by hand: 4 x .005, 3 x .01, then never below what came before.
        assert holm([0.03, 0.005, 0.04, 0.01]) == pytest.approx([0.06, 0.02, 0.06, 0.03])
        assert holm([]) == []

    def test_it_never_lowers_a_p_and_keeps_their_order(self):
        p = np.random.default_rng(0).random(30) ** 3
        held = np.array(holm(p.tolist()))
        assert (held >= p).all()
        assert (np.diff(held[np.argsort(p)]) >= 0).all()

    def test_noise_is_not_called_a_difference(self):
        rng = np.random.default_rng(1)
        calls = 0
        for _ in range(200):
            # Forty contestants, all as good as the reference.
            shift = rng.normal(0, 0.03, 40)
            made = {
                f"e{i}": Estimate(value=0.7 + own, draws=0.7 + own + rng.normal(0, 0.03, 400))
                for i, own in enumerate(shift)
            }
            found = against({"SemanticEntropy": Estimate(value=0.7, draws=np.full(400, 0.7)), **made})
            calls += any(one["p_holm"] < 0.05 for one in found.values())
        assert calls / 200 < 0.1

    def test_a_clear_difference_is_found_and_the_reference_is_not_held_against_itself(self):
        rng = np.random.default_rng(2)
        noise = rng.normal(0, 0.02, 1000)
        found = against(
            {
                "DiscreteSemanticEntropy": Estimate(value=0.6, draws=0.6 + noise),
                "good": Estimate(value=0.7, draws=0.7 + noise + rng.normal(0, 0.01, 1000)),
                "same": Estimate(value=0.6, draws=0.6 + noise),
            }
        )
        assert set(found) == {"good", "same"}
        assert found["good"]["p_holm"] < 1e-6
        assert found["same"]["p"] == 1.0


@pytest.fixture(scope="module")
def found():
    """The figures of two made-up sets."""
    return summarise([toy("a", questions=80), toy("b", questions=80, seed=1)], n_resamples=50)


class TestTables:
    def test_the_matrix_groups_by_need_and_marks_what_survives(self, found):
        text = matrix(found, "greedy")
        lines = [line for line in text.splitlines() if line.startswith("|")]
        assert lines[0] == "| contestant | mean | to semantic entropy | A | B |"
        places = {name: next(i for i, line in enumerate(lines) if name in line) for name in ("Length", "LogProb")}
        heads = {line: i for i, line in enumerate(lines) if line.startswith("| **")}
        assert list(heads) == ["| **only texts** |  |  |  |  |", "| **texts and log-probs** |  |  |  |  |"]
        assert heads["| **only texts** |  |  |  |  |"] < places["Length"] < places["LogProb"]
        assert "(worse)" in next(line for line in lines if "Reversed" in line)
        assert "[`SemanticEntropy`](estimators/SemanticEntropy.md)" in text

    def test_the_reader_in_a_hurry_gets_the_best_two_of_each_family(self, found):
        text = hurry({"toy": found})
        assert "160 questions" in text
        assert "_Length_" in text.splitlines()[2]
        best = text.splitlines()[3]
        assert best.index("_LogProb_") < best.index("SemanticEntropy")
        few = summarise([toy("a", questions=ENOUGH - 1)], n_resamples=20)
        assert "toy" not in hurry({"few": few})


class TestAbstaining:
    def test_within_a_set_the_promise_is_kept(self):
        own = row("SemanticEntropy", [toy(questions=400)], toy(questions=400), "itself", 0)
        assert own["kept"][2] >= 1 - DELTA
        assert own["alpha"] == pytest.approx(own["error_rate"] / 2, abs=0.006)
        assert own["error_among_answered"] < own["alpha"]
        assert 0.2 < own["coverage"] < 1

    def test_a_set_where_the_score_is_turned_round_breaks_it(self):
        # What the fitted answers knew is of no use: the page must be able to show that.
        fitted, used = toy(questions=400), toy(questions=400)
        used.scores.question["SemanticEntropy"] = -used.scores.question["SemanticEntropy"]
        assert row("SemanticEntropy", [fitted], used, "the other sets", 0)["kept"][0] < 0.5


def test_published_answers_are_taken_apart_into_judged_and_sampled():
    (data,) = read_datasets(["stored/triviaqa_llama"])
    pairs = answered(data.load(), read_packed(campaign.HERE / "answers" / "llama-13b" / f"{data.name}.jsonl.xz"))
    assert len(pairs) == len(data.load()) > 200
    question, _ = pairs[0]
    row_ = {"id": question.id, "answers": ["one", "two", "three"]}
    made = stored.record(row_, question.prompt)
    assert greedy_set(question, made).texts == ("one",)
    assert sample_set(question, made).texts == ("two", "three")
    assert {len(record["texts"]) for _, record in pairs} == {19}


def test_what_decides_changes_one_thing_at_a_time(tmp_path, monkeypatch):
    (data,) = read_datasets(["svamp"])
    rng = np.random.default_rng(0)
    records = []
    for question in data.load(44):
        right = rng.random() < 0.5
        texts = [
            question.references[0] if rng.random() < (0.9 if right else 0.2) else str(rng.integers(99)) for _ in "123"
        ]
        judged = {"texts": [question.references[0] if right else "1000"], "truncated": [False]}
        records.append(
            {
                "id": question.id,
                "prompt": question.prompt,
                "texts": texts,
                "metadata": {"truncated": [0] * 3, "greedy": judged},
            }
        )
    pack(tmp_path / "tiny" / "svamp.jsonl.xz", records)
    monkeypatch.setattr(decides, "CASES", (("tiny", "svamp"), ("tiny", "mmlu_stem")))
    (case,) = decides.cases(tmp_path)
    found = {study["title"]: study["rows"] for study in decides.studies([case], tmp_path, tmp_path)}
    assert [own["choice"] for own in found["How many answers"]] == ["2 answers", "3 answers"]
    relations = {
        own["choice"]: own["auroc"]["DiscreteSemanticEntropy"] for own in found["How two answers are compared"]
    }
    assert next(iter(relations)) == "maths (the page's)"
    assert relations["maths (the page's)"][0] > 0.7
    assert found["How clusters are made"] == []  # no entailment, no clustering rules to choose from
    assert found["How many answers"][1]["auroc"] == found["How two answers are compared"][0]["auroc"]


def test_the_campaign_goes_through_its_plan_and_does_nothing_twice(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        campaign,
        "sample",
        lambda sets, model, store, *, limit, **_: asked.append((model.name, [d.name for d in sets], limit)),
    )
    plan = tmp_path / "plan.toml"
    plan.write_text('[[step]]\nmodel = "smollm2-135m"\nsets = ["svamp", "popqa"]\nquestions = 3\n')
    campaign.main(plan, tmp_path / "work", tmp_path / "kept")
    assert asked == [("smollm2-135m", ["svamp", "popqa"], 3)]


def test_the_committed_plan_names_models_and_sets_that_there_are(monkeypatch, tmp_path):
    steps = []
    monkeypatch.setattr(campaign, "sample", lambda sets, model, store, *, limit, **_: steps.append((model.name, limit)))
    campaign.main(work=tmp_path, kept=tmp_path)
    assert {name for name, _ in steps} >= {"qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b"}
    assert max(limit for name, limit in steps if name == "qwen2.5-coder-0.5b") == 200
