"""`Entailment` equals the plain way of doing it: one pair at a time, no padding, fp32."""

import copy
import dataclasses
import functools
import itertools
import json

import numpy as np
import pytest
import torch

from semuq import Entailment as CachedEntailment
from semuq import InvalidModel, InvalidParameter, InvalidSamples, SampleSet
from semuq.relations.entailment import loading
from semuq.relations.entailment.batches import cut_batches
from semuq.relations.entailment.plan import Verdict, make_plan
from tests.tiny import FAMILIES, LABELS, tiny

# In float32: the tests here are about everything but precision.
Entailment = functools.partial(CachedEntailment, cache=False, precision="fp32")

BATCH = [
    SampleSet(prompt="what is the capital of france?", texts=("paris", "it is paris", "lyon", "paris", "")),
    SampleSet(prompt="who?", texts=("no",)),
    SampleSet(prompt="when?", texts=("42 " * 9, "43", "not 42", "[sep] yes < / s >", "bali", "43")),
    SampleSet(prompt="same", texts=("yes", "yes", "yes")),
]


def reference(family, samples, context):
    """(3, n, n) by one unpadded forward per ordered pair, through the tokenizer's own pair encoding."""
    model, tokenizer = tiny(family)
    wrap = (lambda text: f"Q: {samples.prompt} A: {text}") if context == "question" else (lambda text: text)
    n = len(samples)
    scores = np.zeros((3, n, n))
    for i, j in itertools.product(range(n), repeat=2):
        if samples.texts[i] == samples.texts[j]:
            scores[:, i, j] = (1, 0, 0)
            continue
        if not samples.texts[i] or not samples.texts[j]:  # no answer, whatever the model
            scores[:, i, j] = (0, 0, 1)
            continue
        inputs = tokenizer(
            [wrap(samples.texts[i])], [wrap(samples.texts[j])], return_tensors="pt", split_special_tokens=True
        )
        with torch.inference_mode():
            probabilities = model(**inputs).logits.double().softmax(-1)[0].tolist()
        named = {LABELS[index]: value for index, value in enumerate(probabilities)}
        scores[:, i, j] = (named["entailment"], named["neutral"], named["contradiction"])
    return scores


@pytest.mark.parametrize("context", ["question", "none"])
@pytest.mark.parametrize("family", FAMILIES)
def test_scores_equal_the_unbatched_reference(family, context):
    relation = Entailment(tiny(family), context=context, token_budget=96)
    for samples, scores in zip(BATCH, relation.compare(BATCH), strict=True):
        stacked = np.stack([scores.entailment, scores.neutral, scores.contradiction])
        np.testing.assert_allclose(stacked, reference(family, samples, context), atol=1e-5)


def test_random_models_do_tell_pairs_apart():
    # Guards the test above: it would see little if all pairs scored alike.
    for family in FAMILIES:
        spread = np.ptp(Entailment(tiny(family)).compare(BATCH[2]).pop().entailment[:2, 2:])
        assert spread > 1e-3, family


def test_the_batch_mates_do_not_matter():
    relation = Entailment(tiny("bert"))
    together = relation.compare(BATCH)
    for samples, scores in zip(BATCH, together, strict=True):
        (alone,) = relation.compare(samples)
        np.testing.assert_allclose(alone.entailment, scores.entailment, atol=1e-6)
    backwards = relation.compare(BATCH[::-1])[::-1]
    for a, b in zip(together, backwards, strict=True):
        np.testing.assert_allclose(a.contradiction, b.contradiction, atol=1e-6)


def test_repeated_answers_cost_nothing_and_the_report_counts():
    scores, report = Entailment(tiny("bert"), token_budget=64).compare_with_report(BATCH)
    distinct = [3, 1, 5, 1]  # the empty answer is asked of nowhere
    assert [item.unanswered for item in scores] == [1, 0, 0, 0]
    assert report.pairs == sum(u * (u - 1) for u in distinct)
    assert report.forwards > 1
    assert report.truncated == 0
    assert [len(item) for item in scores] == [5, 1, 6, 3]


def test_answers_that_give_none_are_a_class_of_their_own_under_any_model():
    texts = ("paris", "I don't know.", "Je ne sais pas.", "", "lyon")
    samples = SampleSet(prompt="where?", texts=texts)
    relation = Entailment(tiny("bert"), guard="off")
    (scores,) = relation.compare(samples)
    assert scores.unanswered == 3
    assert (scores.entailment[1:4, 1:4] == 1).all()
    assert (scores.contradiction[1:4, [0, 4]] == 1).all()
    assert len({*relation.cluster(samples)[0][1:4].tolist()}) == 1


def test_without_pairs_no_model_is_loaded():
    scores = Entailment("no/such-model").compare([BATCH[1], BATCH[3]])
    assert all((item.entailment == 1).all() for item in scores)


def test_progress_ends_at_the_number_of_pairs():
    calls = []
    Entailment(tiny("bert"), token_budget=64).compare(BATCH, progress=lambda *call: calls.append(call))
    done = [done for done, _ in calls]
    assert done == sorted(done)
    assert calls[-1] == (26, 26)


def test_windows_do_not_change_anything(monkeypatch):
    whole = Entailment(tiny("bert")).compare(BATCH)
    monkeypatch.setattr("semuq.relations.entailment.relation.WINDOW_PAIRS", 4)
    for a, b in zip(whole, Entailment(tiny("bert")).compare(BATCH), strict=True):
        np.testing.assert_allclose(a.entailment, b.entailment, atol=1e-6)


def test_out_of_memory_halves_the_budget_and_loses_nothing():
    model, tokenizer = tiny("bert")
    calls = []

    class Small(torch.nn.Module):
        """Has memory for three pairs at a time."""

        def __init__(self):
            super().__init__()
            self.config, self.inner = model.config, model
            self.dtype, self.device = model.dtype, model.device

        def forward(self, **inputs):
            calls.append(len(inputs["input_ids"]))
            if calls[-1] > 3:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return self.inner(**inputs)

    relation = Entailment((Small().eval(), tokenizer), token_budget=1024)
    for a, b in zip(relation.compare(BATCH), Entailment(tiny("bert")).compare(BATCH), strict=True):
        np.testing.assert_allclose(a.entailment, b.entailment, atol=1e-6)
    assert max(calls) > 3
    assert relation._scorer.token_budget < 1024


def test_long_texts_are_cut_counted_and_still_told_apart():
    samples = SampleSet(prompt="the " * 500, texts=("paris", "lyon " * 300))
    scores, report = Entailment(tiny("bert")).compare_with_report(samples)
    assert report.truncated == 2
    assert np.isfinite(scores[0].entailment).all()


def test_low_precision_stays_close():
    exact = Entailment(tiny("bert"), precision="fp32").compare(BATCH)
    rough = Entailment(tiny("bert"), precision="bf16").compare(BATCH)
    assert tiny("bert")[0].dtype == torch.float32  # the caller's model is not touched
    for a, b in zip(exact, rough, strict=True):
        np.testing.assert_allclose(a.entailment, b.entailment, atol=0.05)


@pytest.mark.slow
def test_compiled_models_give_the_same(monkeypatch):
    calls = []

    def compile(model, *, dynamic):
        calls.append(dynamic)
        return torch._dynamo.optimize("eager", dynamic=dynamic)(model)

    # With the compiler's front end alone: the rest takes a minute.
    monkeypatch.setattr(torch, "compile", compile)
    exact = Entailment(tiny("bert")).compare(BATCH)
    compiled = Entailment(tiny("bert"), compile=True, token_budget=96)
    for a, b in zip(exact, compiled.compare(BATCH), strict=True):
        np.testing.assert_allclose(a.entailment, b.entailment, atol=1e-5)
    assert calls == [True]
    with pytest.raises(InvalidParameter, match="'int16' cannot be had here: it is no precision that torch compiles"):
        Entailment(tiny("bert"), compile=True, precision="int16").compare(BATCH)


def test_broken_weights_are_an_error_and_not_a_score():
    model, tokenizer = tiny("bert")
    broken = copy.deepcopy(model)
    with torch.no_grad():
        broken.classifier.weight.fill_(float("nan"))
    with pytest.raises(InvalidModel, match="finite logits"):
        Entailment((broken, tokenizer)).compare(BATCH)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"context": "answer"}, r"Entailment.context: expected one of \('question', 'none'\), got 'answer'"),
        ({"precision": "int3"}, "Entailment.precision: expected one of"),
        ({"guard": True}, "Entailment.guard: expected one of"),
        ({"token_budget": 0}, "Entailment.token_budget: expected None or an integer >= 8, got 0"),
        ({"max_length": "long"}, "Entailment.max_length: expected None or an integer >= 8"),
    ],
)
def test_bad_options_name_themselves(options, message):
    with pytest.raises(InvalidParameter, match=message):
        Entailment(**options)


def test_identity_changes_with_whatever_changes_a_score():
    base = Entailment(tiny("bert"))
    other = [
        Entailment(tiny("roberta")),
        dataclasses.replace(base, context="none"),
        dataclasses.replace(base, max_length=64),
        dataclasses.replace(base, guard="on"),
    ]
    identities = {relation.identity for relation in [base, *other]}
    assert len(identities) == 5
    assert Entailment(tiny("bert"), token_budget=64).identity == base.identity


def test_samples_of_another_type_are_refused():
    with pytest.raises(InvalidSamples, match=r"samples\[0\]: expected a SampleSet, got str"):
        Entailment(tiny("bert")).compare(["Paris"])


class TestLoading:
    def test_folders_load_and_score_as_the_model_itself(self, tmp_path):
        model, tokenizer = tiny("bert")
        model.save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        for path in (tmp_path, str(tmp_path)):
            (a,) = Entailment(path).compare(BATCH[0])
            (b,) = Entailment(tiny("bert")).compare(BATCH[0])
            np.testing.assert_allclose(a.entailment, b.entailment, atol=1e-6)

    def test_the_label_order_is_read_from_the_config(self, tmp_path):
        model, tokenizer = tiny("bert")
        model.save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        config = json.loads((tmp_path / "config.json").read_text())
        config["id2label"] = {"0": "ENTAILMENT", "1": "NEUTRAL", "2": "CONTRADICTION"}
        config["label2id"] = {"ENTAILMENT": 0, "NEUTRAL": 1, "CONTRADICTION": 2}
        (tmp_path / "config.json").write_text(json.dumps(config))
        (swapped,) = Entailment(tmp_path).compare(BATCH[0])
        (plain,) = Entailment(tiny("bert")).compare(BATCH[0])
        off = ~np.eye(5, dtype=bool) & (plain.entailment != 1) & (plain.contradiction != 1)
        np.testing.assert_allclose(swapped.entailment[off], plain.contradiction[off], atol=1e-6)

    @pytest.mark.parametrize(
        "id2label",
        [
            {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"},
            {0: "entailment", 1: "not_entailment"},
            {0: "entailment", 1: "entailment", 2: "neutral"},
        ],
    )
    def test_unknown_labels_are_refused(self, id2label):
        with pytest.raises(InvalidModel, match=r"model 'acme/nli': cannot tell which of its labels .* pass labels="):
            loading.label_columns(id2label, None, "acme/nli")

    def test_labels_can_be_told(self):
        told = {"LABEL_0": "entailment", "LABEL_1": "neutral", "LABEL_2": "contradiction"}
        assert loading.label_columns({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, told, "x") == (0, 1, 2)

    def test_known_orders(self):
        assert loading.label_columns({0: "entailment", 1: "neutral", 2: "contradiction"}, None, "x") == (0, 1, 2)
        assert loading.label_columns({0: "contradiction", 1: "entailment", 2: "neutral"}, None, "x") == (1, 2, 0)

    def test_a_folder_without_a_head_is_refused(self, tmp_path):
        model, tokenizer = tiny("bert")
        model.bert.save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        config = json.loads((tmp_path / "config.json").read_text())
        config["id2label"] = LABELS
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(InvalidModel, match=r"expected trained weights for every layer, got none for .*classifier"):
            Entailment(tmp_path).compare(BATCH[0])

    @pytest.mark.parametrize("content", [{}, {"config.json": "{"}, {"config.json": '{"model_type": "nonsense"}'}])
    def test_an_unreadable_folder_is_refused(self, tmp_path, content):
        for name, text in content.items():
            (tmp_path / name).write_text(text)
        with pytest.raises(
            InvalidModel,
            match=r"model '.*': expected the name or folder of a (?:sequence-classification|model with a config)",
        ):
            Entailment(tmp_path).compare(BATCH[0])

    def test_roberta_counts_positions_from_behind_the_padding(self):
        model, tokenizer = tiny("roberta")
        assert loading._max_length(model.config, tokenizer) == 128


class TestPlan:
    def test_pairs_are_distinct_ordered_and_off_the_diagonal(self):
        plan = make_plan(BATCH, "question")
        assert len({tuple(pair) for pair in plan.pairs.tolist()}) == len(plan.pairs)
        assert (plan.pairs[:, 0] != plan.pairs[:, 1]).all()

    def test_the_same_question_twice_is_planned_once(self):
        assert len(make_plan([BATCH[0], BATCH[0]], "question").pairs) == len(make_plan([BATCH[0]], "question").pairs)

    def test_a_verdict_saves_or_corrects_a_pair(self):
        def rule(question, a, b):
            assert question == "?"
            if {a, b} == {"paris", "it is paris"}:
                return Verdict.SAME
            return Verdict.DIFFERENT if {a, b} == {"paris", "lyon"} else Verdict.OPEN

        samples = SampleSet(prompt="?", texts=("paris", "it is paris", "lyon"))
        plan = make_plan([samples], "question", rule)
        assert len(plan.pairs) == 4
        (scores,) = plan.scatter(np.tile([0.7, 0.2, 0.1], (4, 1)))
        np.testing.assert_allclose(scores[:, 0, 1], [1, 0, 0])
        np.testing.assert_allclose(scores[:, 2, 0], [0, 0.2, 0.8])
        np.testing.assert_allclose(scores[:, 1, 2], [0.7, 0.2, 0.1])


def test_batches_hold_every_pair_once_and_keep_the_budget():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 200, size=500)
    packed = list(cut_batches(lengths, 1000, padded=False))
    batches = list(cut_batches(lengths, 1000))
    for cut in (batches, packed):
        assert np.concatenate(cut).tolist() == np.argsort(-lengths, kind="stable").tolist()
    assert all(len(batch) * lengths[batch].max() <= 1000 for batch in batches)
    assert all(lengths[batch].sum() <= 1000 for batch in packed)
    assert len(packed) <= len(batches)
    assert lengths[batches[0][0]] == lengths.max()


@pytest.mark.parametrize("context", ["question", "none"])
def test_claims_are_asked_for_one_way_and_score_as_in_the_matrix(context, tmp_path):
    relation = CachedEntailment(tiny("bert"), context=context, precision="fp32", cache=tmp_path / "cache.sqlite")
    claims = [("it is paris", "a city", "a city"), (), ("not 42",), ("42",)]
    found = relation.support(BATCH, claims)
    for samples, own, (entailment, contradiction) in zip(BATCH, claims, found, strict=True):
        assert entailment.shape == contradiction.shape == (len(own), len(samples))
        if not own:
            continue
        together = SampleSet(prompt=samples.prompt, texts=(*samples.texts, *own))
        scores = relation.compare(together)[0]
        n = len(samples)
        said = [place for place, text in enumerate(samples.texts) if text]  # as answers, empty ones are a class apart
        np.testing.assert_allclose(entailment[:, said], scores.entailment[said, n:].T, atol=1e-5)
        np.testing.assert_allclose(contradiction[:, said], scores.contradiction[said, n:].T, atol=1e-5)
    fresh = CachedEntailment(tiny("bert"), context=context, precision="fp32", cache=False)
    asked = []
    ledger = fresh._ledger.probabilities
    fresh._ledger.probabilities = lambda sides, pairs, *rest: asked.append(len(pairs)) or ledger(sides, pairs, *rest)
    fresh.support(BATCH, claims)
    # Distinct answers times distinct claims, less the claims that are answers word for word.
    assert asked == [4 * 2 - 1 + 5 * 1 - 1 + 1]
