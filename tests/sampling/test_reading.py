"""What is kept beside log-probs, and what is read of answers that exist: against one unpadded pass per answer."""

import json

import numpy as np
import pytest
import torch

from semuq import HiddenEigenScore, SampleSet, SelfCertainty, TokenEntropy
from semuq.errors import InvalidModel, InvalidParameter
from semuq.fitted.layer_vote import LayerVote
from semuq.sampling import Decoding, HuggingFaceSampler
from semuq.sampling import reading as module
from tests.tiny import llama
from tests.tiny.llama import EOS

EVERYTHING = (
    "token_entropies",
    "token_certainties",
    "token_texts",
    "token_logits",
    "token_attentions",
    "hidden_states",
    "layer_states",
    "token_states",
    "prompt_logprobs",
)
QUESTIONS = ["what is the capital of france", "who wrote it"]


@pytest.fixture(scope="module")
def loaded():
    return llama.pair()


def plain(loaded, question, answer):
    """(answer ids) -> log-probs, entropies, certainties, states, middle state, prompt log-probs, by loops."""
    model, tokenizer = loaded
    prompt = tokenizer(f"<user> {question} <eos> <assistant>").input_ids
    with torch.no_grad():
        output = model(input_ids=torch.tensor([[*prompt, *answer]]), output_hidden_states=True)
        model.set_attn_implementation("eager")
        attentions = model(input_ids=torch.tensor([[*prompt, *answer]]), output_attentions=True).attentions
        model.set_attn_implementation("sdpa")
    probabilities = output.logits[0].double().softmax(-1).numpy()
    ids, start = [*prompt, *answer], len(prompt)
    surprise = [float(np.log(probabilities[t - 1][ids[t]])) for t in range(1, len(ids))]
    rows = probabilities[start - 1 : -1]
    entropies = [-sum(p * np.log(p) for p in row) for row in rows]
    certainties = [sum(1 / len(row) * np.log(1 / len(row) / p) for p in row) for row in rows]
    last = len(ids) - 1 - (len(answer) > 1 and answer[-1] == EOS)
    layers = attentions[len(attentions) // 3 : -(-len(attentions) * 2 // 3) + 1]
    back = [[[float(head[t, t - 1]) for head in own[0]] for own in layers] for t in range(start, len(ids))]
    return {
        "token_logits": [float(output.logits[0, t - 1, ids[t]]) for t in range(start, len(ids))],
        "token_attentions": back,
        "token_logprobs": surprise[start - 1 :],
        "token_entropies": entropies,
        "token_certainties": certainties,
        "token_states": output.hidden_states[2][0, start:].numpy(),
        "layer_states": [own[0, start : last + 1].double().numpy().mean(0) for own in output.hidden_states[1:]],
        "hidden_states": output.hidden_states[1][0, last].numpy(),
        "prompt_logprobs": surprise[: start - 1],
    }


def check(loaded, samples, answers):
    for index, answer in enumerate(answers):
        if answer is None:
            continue
        for name, wanted in plain(loaded, samples.prompt, answer).items():
            got = getattr(samples, name)
            np.testing.assert_allclose(
                got if name == "prompt_logprobs" else got[index], wanted, atol=2e-4, err_msg=name
            )


@pytest.mark.parametrize("batch_tokens", [100, 16_384])
def test_what_is_kept_while_sampling(loaded, batch_tokens):
    decoding = Decoding(temperature=0.7, max_new_tokens=6)
    sampler = HuggingFaceSampler(loaded, decoding=decoding, keep=EVERYTHING, batch_tokens=batch_tokens)
    plainly = HuggingFaceSampler(loaded, decoding=decoding)
    for samples, bare in zip(sampler.sample(QUESTIONS, n=12), plainly.sample(QUESTIONS, n=12), strict=True):
        assert samples.texts == bare.texts
        # Special tokens have no text: only the one that ends an answer can be told from its place.
        clean = [own for own in samples.token_texts if all(own[:-1]) and (own[-1] or len(own) < 6)]
        assert len(clean) >= 2
        ids = [
            [llama.VOCABULARY.index(word) if word else EOS for word in own] if own in clean else None
            for own in samples.token_texts
        ]
        check(loaded, samples, ids)
        for mine, other in zip(samples.token_logprobs, bare.token_logprobs, strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-5)


def test_what_is_known_while_drawing_costs_no_further_pass(loaded, monkeypatch):
    while_drawing = ("token_entropies", "token_certainties", "token_logits", "token_texts")
    decoding = Decoding(max_new_tokens=6)
    wanted = HuggingFaceSampler(loaded, decoding=decoding, keep=EVERYTHING).sample(QUESTIONS, n=3)

    def never(*arguments, **options):
        raise AssertionError("answers were read again")

    monkeypatch.setattr("semuq.sampling.huggingface.read", never)
    found = HuggingFaceSampler(loaded, decoding=decoding, keep=while_drawing).sample(QUESTIONS, n=3)
    for own, other in zip(found, wanted, strict=True):
        assert own.token_states is None
        for name in while_drawing:
            for mine, theirs in zip(getattr(own, name), getattr(other, name), strict=True):
                np.testing.assert_array_equal(mine, theirs)


def test_estimators_run_on_what_is_kept_and_it_goes_through_json(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=Decoding(max_new_tokens=6), keep=EVERYTHING)
    samples = sampler.sample(QUESTIONS, n=4)
    for estimator in (HiddenEigenScore(), TokenEntropy(), SelfCertainty()):
        assert np.isfinite(estimator.score(samples)).all()
    assert SampleSet.from_dict(json.loads(json.dumps(samples[0].to_dict()))) == samples[0]


def test_answers_from_elsewhere_are_read(loaded):
    sampler = HuggingFaceSampler(loaded, keep=EVERYTHING)
    samples = SampleSet(prompt=QUESTIONS[0], texts=("paris", "it is lyon", "", "paris"), metadata={"kept": 1}, id="a")
    found = sampler.read(samples)
    answers = [[*loaded[1](text).input_ids, EOS] for text in samples.texts]
    check(loaded, found, answers)
    assert (found.texts, found.id, found.metadata["kept"]) == (samples.texts, "a", 1)
    assert found.metadata["reader"] == sampler.identity
    assert [len(own) for own in found.token_logprobs] == [2, 4, 1, 2]
    bare = HuggingFaceSampler(loaded).read([found])[0]
    assert bare.token_entropies is None
    np.testing.assert_allclose(bare.token_logprobs[1], found.token_logprobs[1], atol=1e-5)


def test_sampled_answers_read_again_have_the_log_probs_they_were_drawn_with(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=Decoding(max_new_tokens=6), keep=("token_texts",))
    samples = sampler.sample(QUESTIONS[0], n=12)
    again = sampler.read(samples)
    same = [
        index
        for index, (own, other) in enumerate(zip(samples.token_texts, again.token_texts, strict=True))
        if other[: len(own)] == own
    ]
    assert len(same) >= 3  # not those with special tokens inside, which have no text
    for index in same:
        mine, other = samples.token_logprobs[index], again.token_logprobs[index]
        np.testing.assert_allclose(mine, other[: len(mine)], atol=1e-4)


def test_each_distinct_answer_is_read_once(loaded, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "semuq.sampling.huggingface.read",
        lambda model, prompts, answers, **options: (
            seen.append(len(answers)) or module.read(model, prompts, answers, **options)
        ),
    )
    HuggingFaceSampler(loaded).read(SampleSet(prompt=QUESTIONS[0], texts=("paris", "lyon", "paris")))
    assert seen == [2]


def test_the_layer_can_be_chosen(loaded):
    samples = SampleSet(prompt=QUESTIONS[0], texts=("paris",))
    states = [
        HuggingFaceSampler(loaded, keep=("hidden_states",), layer=layer).read(samples).hidden_states
        for layer in (None, 0, 1, 2)
    ]
    assert np.array_equal(states[0], states[2])
    assert not np.allclose(states[1], states[3])
    with pytest.raises(InvalidParameter, match="layer: expected 0 to 2"):
        HuggingFaceSampler(loaded, keep=("hidden_states",), layer=3).read(samples)


def test_states_of_layers_are_of_the_answer_alone_and_a_layer_vote_takes_them(loaded):
    """Padding changes nothing, one token's mean is its state, and the vote learns from what the sampler gives."""
    sampler = HuggingFaceSampler(loaded, keep=("layer_states", "token_states", "hidden_states"))
    answers = ("paris", "it is lyon", "lyon", "it is not paris", "who", "yes")
    together = sampler.read(SampleSet(prompt=QUESTIONS[0], texts=answers))
    assert together.layer_states.shape == (6, 2, loaded[0].config.hidden_size)
    for index, text in enumerate(answers):
        alone = sampler.read(SampleSet(prompt=QUESTIONS[0], texts=(text,)))
        np.testing.assert_allclose(together.layer_states[index], alone.layer_states[0], atol=1e-5)
        # The last layer, but for the token that ends the answer.
        means = together.token_states[index][:-1].mean(axis=0)
        np.testing.assert_allclose(together.layer_states[index, -1], means, atol=1e-5)
    np.testing.assert_allclose(together.layer_states[0, 0], together.hidden_states[0], atol=1e-6)
    vote = LayerVote.fit(together.layer_states[:3], together.layer_states[3:], epochs=50)
    assert (vote.score(together.layer_states)[:3] > vote.score(together.layer_states)[3:]).all()
    assert HuggingFaceSampler(loaded).read(together).layer_states is not None  # of these texts still


def test_probabilities_of_options(loaded):
    model, tokenizer = loaded
    found = HuggingFaceSampler(loaded).option_probabilities(QUESTIONS, ["yes", "no", "paris"])
    for question, row in zip(QUESTIONS, found, strict=True):
        prompt = tokenizer(f"<user> {question} <eos> <assistant>").input_ids
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt])).logits[0, -1].double()
        wanted = logits[tokenizer("yes no paris").input_ids].softmax(-1).numpy()
        np.testing.assert_allclose(row, wanted, atol=1e-5)
    with pytest.raises(InvalidParameter, match="options: expected ones that begin with different tokens"):
        HuggingFaceSampler(loaded).option_probabilities(QUESTIONS, ["yes", "yes sir"])


def test_a_ladder_of_temperatures_shares_the_model(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=Decoding(max_new_tokens=5, seed=3))
    hot = sampler.at(temperature=2.0)
    assert hot._loaded is sampler._loaded
    assert hot.decoding == Decoding(temperature=2.0, max_new_tokens=5, seed=3)
    assert hot.sample(QUESTIONS[0], n=8).texts != sampler.at(temperature=0.1).sample(QUESTIONS[0], n=8).texts
    with pytest.raises(InvalidParameter, match="temperature: expected a number in"):
        sampler.at(temperature=-1)


def test_refusals(loaded):
    with pytest.raises(InvalidParameter, match="keep: expected a tuple of some of"):
        HuggingFaceSampler(loaded, keep=("logits",))
    with pytest.raises(InvalidParameter, match="keep: expected a tuple of some of"):
        HuggingFaceSampler(loaded, keep="hidden_states")
    with pytest.raises(InvalidParameter, match="layer: expected a whole number or None"):
        HuggingFaceSampler(loaded, layer=0.5)
    with pytest.raises(InvalidParameter, match=r"samples\[0\]: expected at most 64 tokens of prompt and answer"):
        HuggingFaceSampler(loaded).read(SampleSet(prompt="who", texts=("paris " * 80,)))
    model, tokenizer = llama.pair()
    with torch.no_grad():
        model.lm_head.weight[3] = torch.nan
    with pytest.raises(InvalidModel, match="got NaN or infinity while reading"):
        HuggingFaceSampler((model, tokenizer)).read(SampleSet(prompt="who", texts=("paris",)))
