"""What the leaderboard asks beside a model's answers: verdicts on pairs of them, other models, probes of states."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from benchmarks.leaderboard import decides, stated, subset, wordings
from benchmarks.leaderboard.answers import answered, append, pack, sample_set
from benchmarks.leaderboard.beside import Beside
from benchmarks.leaderboard.probes import Known, across, rows, within
from benchmarks.leaderboard.sampling import Store
from benchmarks.leaderboard.scoring import score
from benchmarks.leaderboard.stated import AT_ONCE, WEIGHED
from benchmarks.leaderboard.verdicts import Verdicts, judge_pairs
from benchmarks.leaderboard.wordings import TRIES, WORDINGS, faithful, reworded
from semuq import CrossModelDisagreement, ExactMatch, SampleSet
from semuq.errors import InvalidModel
from semuq.relations.judge import JudgeEquivalence
from tests.benchmarks.test_leaderboard import capitals, made  # noqa: F401  # a fixture among them


class SameFirstLetter:
    """A judge that looks at first letters."""

    identity = "same first letter"
    asked = 0

    def sample(self, prompts, *, n=10):
        SameFirstLetter.asked += len(prompts)
        pairs = [re.findall(r'answer: "(.)', prompt) for prompt in prompts]
        return [SampleSet(prompt="", texts=("Yes." if a == b else "No.",)) for a, b in pairs]


class Judge:
    """A model that can be asked as chat."""

    name = "judge"

    def __init__(self, sampler):
        self.sampler = sampler

    seed = 0

    def chatting(self, **decoding):
        return self.sampler

    def ask(self, ask, *, greedy):
        return Echo()


class Echo:
    """Answers with the question that a prompt ends with."""

    identity = "echo"

    def sample(self, prompts, *, n=10):
        return [SampleSet(prompt=own, texts=[own.rpartition("Q: ")[2].removesuffix(" A:")] * n) for own in prompts]


@pytest.fixture
def asked(tmp_path, capitals):  # noqa: F811
    """Answers to four questions, and where they are."""
    store = Store(work=tmp_path / "work", kept=tmp_path / "model")
    pairs = [(own, made(own, ["paris", "lyon", "paname"], "paris")) for own in capitals.load()]
    append(store.growing(capitals), [own for _, own in pairs])
    return store, pairs


def test_verdicts_are_asked_for_once_and_are_those_of_the_judge(asked, capitals):  # noqa: F811
    store, pairs = asked
    before, said = SameFirstLetter.asked, []
    for _ in range(2):
        judge_pairs(capitals, Judge(SameFirstLetter()), store, limit=3, say=said.append)
    assert SameFirstLetter.asked - before == 3 * 6  # three questions, three pairs each, both orders
    kept = Beside(kind="verdicts", store=store, data=capitals)
    known = kept.of(pairs)
    assert len(known) == 3
    batch = [sample_set(*pair) for pair in pairs[:3]]
    expected = JudgeEquivalence(sampler=SameFirstLetter(), cache=False).compare(batch)
    for own, other in zip(Verdicts(known=known).compare(batch), expected, strict=True):
        np.testing.assert_array_equal(own.equivalence(), other.equivalence())
        assert own.undecided == other.undecided
    changed = [(own, {**record, "texts": ["rome", *record["texts"][1:]]}) for own, record in pairs]
    assert kept.of(changed) == {}


def test_a_model_that_cannot_be_asked_as_chat_judges_nothing(asked, capitals):  # noqa: F811
    store, _ = asked
    with pytest.raises(InvalidModel, match="to be asked as chat"):
        judge_pairs(capitals, Judge(None), store, limit=3, say=print)


class Rewords:
    """Ten ways to begin, most of them unfaithful."""

    identity = "rewords"

    def sample(self, prompts, *, n=10):
        found = []
        for prompt in prompts:
            question = json.loads(re.findall(r'Question: (".*")', prompt)[-1])
            name = question.removeprefix("Capital of ").removesuffix("?")
            replies = [f'"Say {k}: which town governs {name}?"' for k in range(n - 3)]
            found.append(SampleSet(prompt=prompt, texts=[question, "Say: which town governs?", replies[0], *replies]))
        return found


def test_a_wording_keeps_names_and_numbers_and_tells_no_answer(capitals):  # noqa: F811
    questions = capitals.load()
    found = reworded(Rewords(), questions)
    assert all(len(own) == len(set(own)) == WORDINGS for own in found)
    for question, own in zip(questions, found, strict=True):
        assert all(faithful(wording, question) for wording in own)
        assert not faithful(f"{own[0]} Is it {question.references[0]}?", question)
    assert TRIES > WORDINGS


def test_wordings_are_asked_once_each_behind_the_prompt_of_its_set(asked, capitals):  # noqa: F811
    store, pairs = asked
    said = []
    for _ in range(2):
        wordings.collect(capitals, Judge(Rewords()), store, limit=3, say=said.append)
    known = Beside(kind="wordings", store=store, data=capitals).of(pairs)
    assert len(known) == 3
    assert len(said) == 1
    for own in known.values():
        for one in own["wordings"]:
            assert one["texts"] == [one["question"]] * wordings.ANSWERS  # Echo was asked this very question


class Sure:
    """Sure of Paris alone, mute where it is to weigh anything else."""

    identity = "sure"

    def sample(self, prompts, *, n=10):
        def reply(prompt):
            sure = '"paris"' in prompt
            if "in percent" not in prompt:
                return "It is the seat of the government."
            if "What speaks" in prompt:
                return "90%" if sure else "Hm."
            return "80" if sure else "100"

        return [SampleSet(prompt=own, texts=(reply(own),) * n) for own in prompts]


def test_what_a_model_states_is_kept_by_way_of_asking_and_judged(asked, capitals, monkeypatch):  # noqa: F811
    store, _ = asked
    pairs = [(own, made(own, ["paris", "lyon"], "paris" if k < 2 else "rome")) for k, own in enumerate(capitals.load())]
    store.growing(capitals).unlink()
    append(store.growing(capitals), [own for _, own in pairs])
    stated.collect(capitals, Judge(Sure()), store, limit=9, say=print)
    known = Beside(kind="stated", store=store, data=capitals).of(pairs)
    assert [own["said"][AT_ONCE] for own in known.values()] == [0.8, 0.8, 1.0, 1.0]
    assert [own["said"][WEIGHED] for own in known.values()] == [0.9, 0.9, None, None]
    pack(store.kept / f"{capitals.name}.jsonl.xz", [own for _, own in pairs])
    monkeypatch.setattr(decides, "read_datasets", lambda names: [capitals])
    monkeypatch.setattr(decides, "STATED", (capitals.name,))
    monkeypatch.setattr(decides, "MAIN", store.kept.name)
    monkeypatch.setattr(decides, "LEAST", 4)
    monkeypatch.setattr(decides, "greedy_grades", lambda data, found: np.array([1.0, 1.0, 0.0, 0.0]))
    at_once, weighed = decides.by_confidence(store.kept.parent)
    assert at_once["auroc"]["StatedConfidence"][0] == 0.0  # sure where it is wrong
    assert weighed["auroc"]["StatedConfidence"][0] == 1.0
    assert "2 without a number" in weighed["choice"]


def test_answers_of_another_model_stand_beside_where_it_was_asked_all(asked, capitals, monkeypatch):  # noqa: F811
    store, pairs = asked
    monkeypatch.setattr(subset, "evidenced", lambda found, samples, known: (range(3), list(samples[:3]), []))
    monkeypatch.setattr(subset, "LEAST", 3)
    other = [made(own, ["paris", "lyon"], "paris") for own, _ in pairs]
    main = score([sample_set(*pair) for pair in pairs], [sample_set(*pair) for pair in pairs], ExactMatch(), None)
    for kept, there in ((other[:2], False), (other, True)):
        pack(store.kept.with_name("other") / f"{capitals.name}.jsonl.xz", kept)
        extra = subset.score_extra(capitals, store, pairs, ExactMatch(), None, main, ["other", "nobody"])
        assert ("CrossModelDisagreement" in extra.question) is there
    beside = [
        sample_set(question, record) for question, record in answered(capitals.load(3), {r["id"]: r for r in other})
    ]
    expected = [
        CrossModelDisagreement().score(
            SampleSet(prompt=own.text, texts=record["texts"], other_models=[beside[place]]), ExactMatch()
        )
        for place, (own, record) in enumerate(pairs[:3])
    ]
    np.testing.assert_allclose(extra.question["CrossModelDisagreement"], expected)


def known(direction, seed, questions=60):
    """States whose first number says whether the answer is right, in this direction, and whose rest is noise."""
    rng = np.random.default_rng(seed)
    right = (rng.random(questions) < 0.5).astype(float)
    states = rng.normal(size=(3, questions, 4))
    states[:, :, 0] += 8 * direction * (right - 0.5)
    return Known(title=f"set {seed}", states=states, right=right, entropy=1 - right + rng.normal(0, 0.01, questions))


def test_a_probe_finds_what_states_hold_in_its_set_and_errs_where_they_say_the_opposite():
    here, there = known(1, 0), known(-1, 1)
    for kind in ("SemanticEntropyProbe", "CorrectnessProbe"):
        own, other = within(here, kind, 0), across(here, [there], kind, 0)
        wrong = here.right < 0.5
        assert own[wrong].min() > own[~wrong].max()
        assert other[wrong].max() < other[~wrong].min()


def test_every_set_layer_and_probe_has_its_row_and_noise_has_none_of_it():
    noise = Known(
        title="noise",
        states=np.random.default_rng(2).normal(size=(3, 200, 4)),
        right=known(1, 3, 200).right,
        entropy=np.random.default_rng(5).random(200),
    )
    found = list(rows([known(1, 0), noise], n_resamples=100))
    assert len(found) == 2 * (1 + 2 * 3)
    assert json.loads(json.dumps(found)) == found
    for row in found:
        if row["set"] == "noise":
            assert abs(row["within"][0] - 0.5) < 0.15
        elif row["score"] != "DiscreteSemanticEntropy":
            assert row["within"][0] > 0.99
            assert row["across"][1] <= row["across"][0] <= row["across"][2]
