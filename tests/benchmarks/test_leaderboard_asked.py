"""What the leaderboard asks beside a model's answers: verdicts on pairs of them, other models, probes of states."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from benchmarks.leaderboard import subset
from benchmarks.leaderboard.answers import answered, append, pack, sample_set
from benchmarks.leaderboard.probes import Known, across, rows, within
from benchmarks.leaderboard.sampling import Store
from benchmarks.leaderboard.scoring import score
from benchmarks.leaderboard.verdicts import Verdicts, judge_pairs, verdicts
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

    def chatting(self, **decoding):
        return self.sampler


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
    known = verdicts(store.kept, capitals, pairs)
    assert len(known) == 3
    batch = [sample_set(*pair) for pair in pairs[:3]]
    expected = JudgeEquivalence(sampler=SameFirstLetter(), cache=False).compare(batch)
    for own, other in zip(Verdicts(known=known).compare(batch), expected, strict=True):
        np.testing.assert_array_equal(own.equivalence(), other.equivalence())
        assert own.undecided == other.undecided
    changed = [(own, {**record, "texts": ["rome", *record["texts"][1:]]}) for own, record in pairs]
    assert verdicts(store.kept, capitals, changed) == {}


def test_a_model_that_cannot_be_asked_as_chat_judges_nothing(asked, capitals):  # noqa: F811
    store, _ = asked
    with pytest.raises(InvalidModel, match="to be asked as chat"):
        judge_pairs(capitals, Judge(None), store, limit=3, say=print)


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
