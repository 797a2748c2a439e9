"""The leaderboard's further evidence: what a model says about its own answers, and the table that is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.leaderboard import evidence as stage
from benchmarks.leaderboard import page as pages
from benchmarks.leaderboard import subset
from benchmarks.leaderboard.answers import answered, sample_set
from benchmarks.leaderboard.evidence import beside as evidence_of
from benchmarks.leaderboard.evidence import collect, evidenced
from benchmarks.leaderboard.learning import learned_ensemble
from benchmarks.leaderboard.measures import MEASURES, Estimate, estimate
from benchmarks.leaderboard.probing import Prober
from benchmarks.leaderboard.questions import read_datasets
from benchmarks.leaderboard.results import Judged, summarise
from benchmarks.leaderboard.sampling import Store
from benchmarks.leaderboard.scoring import score
from benchmarks.leaderboard.subset import Extra, score_extra
from semuq import ExactMatch, HiddenEigenScore, LearnedEnsemble, SampleSet
from semuq.evidence import Evidence
from semuq.sampling import HuggingFaceSampler
from tests.benchmarks.test_leaderboard import capitals, made, toy  # noqa: F401  # a fixture among them
from tests.tiny import llama

ROOT = Path(__file__).parents[2]
PROMPT = "what is the capital of france it is"


class Letters:
    """An embedder that counts letters."""

    def embed(self, texts):
        return np.array([[1.0, *(text.count(letter) for letter in "aeioprs")] for text in texts])


@pytest.fixture
def prober():
    return Prober(*llama.pair())


def whole(prober, text):
    """Logits and middle states of a text read at once, without any cache."""
    ids = torch.tensor([prober.loaded.tokenizer(text, add_special_tokens=False).input_ids])
    with torch.inference_mode():
        output = prober.loaded.model(ids, output_hidden_states=True)
    return ids[0], output.logits[0].double().log_softmax(-1), output.hidden_states[1][0].double().numpy()


def test_what_is_read_is_what_the_model_says_of_the_whole_text(prober):
    prober.read("what is the city of france it", ["paris"])  # leaves a cache behind, of which a part is used again
    for prompt in (PROMPT, "what is the capital", PROMPT):
        texts = ["paris", "a red city and lyon", "paris", "42"]
        for text, own in zip(texts, prober.read(prompt, texts), strict=True):
            ids, logprobs, middle = whole(prober, f"{prompt} {text}")
            places = np.arange(len(ids) - len(text.split()), len(ids))
            expected = logprobs[places - 1].numpy()
            np.testing.assert_allclose(own.logprobs, expected[np.arange(len(places)), ids[places]], atol=1e-4)
            np.testing.assert_allclose(own.entropies, -(np.exp(expected) * expected).sum(1), atol=1e-4)
            certainty = -np.log(expected.shape[1]) - expected.mean(1)
            np.testing.assert_allclose(own.certainties, certainty, rtol=1e-4)
            np.testing.assert_allclose(own.hidden, middle[-1], atol=1e-4)
            assert " ".join(own.pieces) == text
            plain = whole_logits(prober, f"{prompt} {text}")
            np.testing.assert_allclose(own.logits, plain[places - 1, ids[places]], atol=1e-4)


def whole_logits(prober, text):
    ids = torch.tensor([prober.loaded.tokenizer(text, add_special_tokens=False).input_ids])
    with torch.inference_mode():
        return prober.loaded.model(ids).logits[0].double().numpy()


def test_attention_to_the_token_before_is_that_of_the_whole_text(prober):
    """Of the head in each layer that looks back most, as RAUQ would choose it: its score is that of all heads."""
    sampler = HuggingFaceSampler(prober.loaded.model, tokenizer=llama.tokenizer(chat=False), keep=("token_attentions",))
    texts = ["a red city and lyon", "paris", "paris and lyon"]
    for own, text in zip(prober.read(PROMPT, texts), texts, strict=True):
        # The sampler reads the answer's end too: only the text is compared.
        read = sampler.read(SampleSet(prompt=PROMPT, texts=(text,)))
        length = len(text.split())
        every = read.token_attentions[0][:length]
        heads = own.attentions[:length, :, 0]
        assert np.isclose(every, heads[:, :, None], atol=1e-4).all(axis=0).any(axis=1).all()


def test_alternatives_begin_with_what_stands_there_and_are_the_likeliest(prober):
    (own,) = prober.read(PROMPT, ["paris and lyon"])
    _, logprobs, _ = whole(prober, f"{PROMPT} paris and lyon")
    start = len(PROMPT.split())
    words = ["paris", "paris and", "paris and lyon"]
    for place, (said, (first, *others)) in enumerate(zip(words, own.alternatives, strict=True)):
        assert first[0] == said
        assert first[1] == pytest.approx(own.logprobs[place], abs=1e-5)
        best = logprobs[start + place - 1].topk(5).values.tolist()
        assert all(min(abs(value - known) for known in best) < 1e-4 for _, value in others)
        assert len(others) == 4


def test_states_are_those_of_the_last_token_of_the_text(prober):
    for text in ("paris", "a red city"):
        ids = torch.tensor([prober.loaded.tokenizer(f"{PROMPT} {text}", add_special_tokens=False).input_ids])
        with torch.inference_mode():
            every = prober.loaded.model(ids, output_hidden_states=True).hidden_states
        np.testing.assert_allclose(
            prober.states(PROMPT, text, [0, 1]), np.stack([own[0, -1] for own in every[:2]]), atol=1e-4
        )


def test_a_choice_is_that_of_the_whole_text_and_equal_texts_get_equal_ones(prober):
    found = prober._choose("any", "who wrote it", [" lyon and", " paris", " lyon and"], (" yes", " no", " not"))
    for row, tail in zip(found, ("lyon and", "paris", "lyon and"), strict=True):
        _, logprobs, _ = whole(prober, f"who wrote it {tail}")
        ids = [llama.VOCABULARY.index(word) if word in llama.VOCABULARY else 0 for word in ("yes", "no", "not")]
        np.testing.assert_allclose(row, logprobs[-1, ids].softmax(-1).numpy(), atol=1e-4)
    assert found[0].tolist() == found[2].tolist()


def test_lines_are_drawn_from_the_model_whatever_is_drawn_beside_them(prober):
    """Questions of unequal length are padded; the share of a word among many draws is its probability."""
    tails = ["of france it is", "and"]
    drawn = prober._sample("any", "what is the capital", tails, 4000, 1)
    for tail, texts in zip(tails, drawn, strict=True):
        _, logprobs, _ = whole(prober, f"what is the capital {tail}")
        word = int(logprobs[-1, len(llama.SPECIAL) :].argmax()) + len(llama.SPECIAL)
        expected = float(logprobs[-1, word].exp())
        assert np.mean([text == llama.VOCABULARY[word] for text in texts]) == pytest.approx(expected, abs=0.04)
    assert prober._sample("any", "what is the capital", tails, 5, 3) == prober._sample(
        "any", "what is the capital", tails, 5, 3
    )


def test_evidence_is_made_once_kept_and_put_on_its_answers(tmp_path, capitals, monkeypatch):  # noqa: F811
    class Model:
        asked = 0
        seed = 0

        def prober(self):
            Model.asked += 1
            return Prober(*llama.pair())

        def chatting(self, **decoding):
            return None

    monkeypatch.setattr(stage, "LIMITS", {"capitals": 3})
    monkeypatch.setattr(stage, "CHUNK", 2)
    store = Store(work=tmp_path / "work", kept=tmp_path / "kept")
    pairs = [(own, made(own, ["paris", "lyon", "paris and lyon"], "paris")) for own in capitals.load()]
    store.growing(capitals).parent.mkdir()
    store.growing(capitals).write_text("".join(json.dumps(record) + "\n" for _, record in pairs))
    said = []
    for _ in range(2):
        collect([capitals], Model(), store, Letters(), limit=None, seconds=None, say=said.append)
    assert len(said) == 2  # of two questions and of one, and none the second time
    known = evidence_of(store, capitals).read()
    assert len(known) == 3
    samples = [SampleSet(prompt=own.text, texts=record["texts"]) for own, record in pairs]
    places, batch, explanations = evidenced(pairs, samples, known)
    assert places == [0, 1, 2]
    assert explanations == []
    prober = Prober(*llama.pair())
    for place, own in zip(places, batch, strict=True):
        reads = prober.read(pairs[place][1]["prompt"], own.texts)
        np.testing.assert_allclose(
            np.concatenate(own.token_entropies), np.concatenate([r.entropies for r in reads]), atol=1e-4
        )
        hidden = SampleSet(prompt="?", texts=own.texts, hidden_states=np.stack([r.hidden for r in reads]))
        assert HiddenEigenScore().score(own) == pytest.approx(HiddenEigenScore().score(hidden), abs=0.02)
        assert len(own.perturbations) == 3
        assert own.perturbations[0].prompt == f"Please tell me: {own.prompt}"
        assert own.p_true.shape == own.stated_confidences.shape == (3,)
    changed = [(own, {**record, "texts": ["other", *record["texts"][1:]]}) for own, record in pairs]
    assert evidenced(changed, samples, known)[0] == []
    monkeypatch.setattr(subset, "LEAST", 3)
    main = score(samples, samples, ExactMatch(), None)
    extra = score_extra(capitals, store, pairs, ExactMatch(), Letters(), main)
    assert {
        "TokenEntropy",
        "SelfCertainty",
        "PTrue",
        "StatedConfidence",
        "HiddenEigenScore",
        "MARS",
        "InvEntropy",
    } <= set(extra.question)
    assert not set(extra.question) & set(main.question)
    assert extra.answer["InvEntropy"].shape == extra.answer["PTrue"].shape == (3, 3)
    monkeypatch.setattr(subset, "LEAST", 4)
    assert score_extra(capitals, store, pairs, ExactMatch(), Letters(), main) is None


def test_the_second_table_is_of_the_questions_with_evidence_alone():
    own = toy(questions=60)
    places = np.arange(5, 45)
    right = own.grades.greedy[places]
    perfect = Extra(places=places, question={"PTrue": 1 - right}, answer={"PTrue": np.stack([1 - right] * 2, 1)})
    found = summarise([Judged(**{**vars(own), "extra": perfect}), toy("other", seed=1)], n_resamples=50)
    table = found["subset"]
    assert table["questions"] == {"toy": 40}
    assert table["only_here"] == ["PTrue"]
    assert table["greedy"]["overall"]["PTrue"]["auroc"][0] == 1
    part = estimate(MEASURES["auroc"], own.scores.question["Length"][places][:, None], right[:, None], np.ones((1, 40)))
    assert table["greedy"]["overall"]["Length"]["auroc"][0] == pytest.approx(part.value, abs=1e-4)
    assert "PTrue" not in found["settings"]["greedy"]["overall"]
    assert "\n| **[`PTrue`](estimators/PTrue.md)** | 1.000" in pages.subset({**found, "model": {"name": "tiny"}})
    assert summarise([own], n_resamples=10)["subset"] is None


class TestLearned:
    BATCH = tuple(
        SampleSet(prompt=f"{i}?", texts=("a", "a" if i % 3 else "b", "a" if i % 2 else f"c{i}")) for i in range(40)
    )
    CORRECT = np.array([float(i % 3 > 0) for i in range(40)])

    def test_no_question_is_scored_by_weights_that_have_seen_it(self):
        base = learned_ensemble(Evidence(self.BATCH, ExactMatch()), self.CORRECT)
        assert base.shape == (40,)
        fitted = LearnedEnsemble.fit(LearnedEnsemble().members, self.BATCH, self.CORRECT, relation=ExactMatch())
        assert not np.allclose(base, fitted.score(self.BATCH, ExactMatch()))
        assert base[self.CORRECT == 0].mean() > base[self.CORRECT == 1].mean() + 0.2

    def test_it_competes_where_there_are_grades_and_says_why_it_does_not(self):
        plain = score(self.BATCH, self.BATCH, ExactMatch(), None)
        assert "LearnedEnsemble" not in plain.question
        graded = score(self.BATCH, self.BATCH, ExactMatch(), None, self.CORRECT)
        assert "LearnedEnsemble" not in graded.unable
        assert graded.answer["LearnedEnsemble"].shape == (40, 3)
        few = score(self.BATCH, self.BATCH, ExactMatch(), None, np.ones(40))
        assert "at least 5 right and 5 wrong" in few.unable["LearnedEnsemble"]


def test_a_metric_that_noise_raises_is_given_inside_its_interval():
    rng = np.random.default_rng(0)
    scores = rng.random((80, 1))
    correct = (rng.random((80, 1)) > scores).astype(float)
    counts = rng.multinomial(80, np.full(80, 1 / 80), size=400).astype(float)
    own = estimate(MEASURES["ece"], scores, correct, counts)
    low, high = own.interval("basic")
    assert low < own.point("basic") < high
    assert own.point("basic") < own.value  # of which a part is noise
    assert Estimate(value=0.5, draws=np.array([0.4, 0.5])).point("percentile") == 0.5


def test_the_committed_evidence_is_that_of_the_second_table():
    results = json.loads((ROOT / "benchmarks" / "results" / "leaderboard_smollm2-135m.json").read_text())
    name = results["model"]["name"]
    store = Store(work=ROOT / "nowhere", kept=ROOT / "benchmarks" / "leaderboard" / "answers" / name)
    for data in read_datasets(list(results["subset"]["questions"])):
        pairs = answered(data.load(), store.read(data))
        places, *_ = evidenced(pairs, [sample_set(*pair) for pair in pairs], evidence_of(store, data).read())
        assert len(places) == results["subset"]["questions"][data.name]
