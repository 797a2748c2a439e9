"""HuggingFaceSampler on a tiny random model: texts, templates, batches, errors, side effects."""

from __future__ import annotations

import json
import random
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

import semuq.sampling.huggingface as module
from semuq import SampleSet
from semuq.errors import InvalidModel, InvalidParameter, SemuqError
from semuq.sampling import Decoding, HuggingFaceSampler, Sampler
from tests.tiny import llama
from tests.tiny.llama import EOS, SPECIAL

QUESTIONS = ["what is the capital of france", "who wrote it", "is it 42"]
SHORT = Decoding(max_new_tokens=8)


@pytest.fixture(scope="module")
def loaded():
    return llama.pair()


@pytest.fixture(scope="module")
def folder(loaded, tmp_path_factory):
    path = tmp_path_factory.mktemp("model")
    loaded[0].save_pretrained(path)
    loaded[1].save_pretrained(path)
    return path


def test_one_prompt_gives_a_set_and_several_a_list(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=SHORT)
    assert isinstance(sampler, Sampler)
    one = sampler.sample(QUESTIONS[0], n=4)
    assert isinstance(one, SampleSet)
    assert (one.prompt, len(one)) == (QUESTIONS[0], 4)
    several = sampler.sample(QUESTIONS, n=4)
    assert [item.prompt for item in several] == QUESTIONS
    assert several[0].texts == one.texts
    for own, other in zip(several[0].token_logprobs, one.token_logprobs, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-5)
    assert sampler.sample((QUESTIONS[0],), n=4) == [one]


def test_texts_and_log_probs_are_those_of_the_rendered_prompt(loaded):
    model, tokenizer = loaded
    samples = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS[0], n=20)
    prompt = tokenizer(f"<user> {QUESTIONS[0]} <eos> <assistant>").input_ids
    complete = 0
    for text, logprobs, cut in zip(samples.texts, samples.token_logprobs, samples.metadata["truncated"], strict=True):
        assert not any(word in text for word in SPECIAL if word != "<unk>")
        answer = tokenizer(text).input_ids + ([] if cut else [EOS])
        if len(answer) != len(logprobs):
            continue  # special tokens inside the answer, which have no text
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
        wanted = logits.log_softmax(-1).gather(1, torch.tensor(answer)[:, None])[:, 0]
        np.testing.assert_allclose(logprobs, wanted.numpy(), atol=1e-4)
        complete += 1
    assert complete >= 5


def test_an_empty_answer_keeps_the_log_prob_of_its_end(loaded):
    model, tokenizer = llama.pair()
    with torch.no_grad():
        model.model.norm.weight.zero_()  # all logits equal: each token has probability 1/V
    samples = HuggingFaceSampler((model, tokenizer), decoding=Decoding(max_new_tokens=3)).sample(QUESTIONS[0], n=200)
    empty = [logprobs for text, logprobs in zip(samples, samples.token_logprobs, strict=True) if len(logprobs) == 1]
    assert empty
    assert "" in samples.texts
    for logprobs in samples.token_logprobs:
        np.testing.assert_allclose(logprobs, -np.log(model.config.vocab_size), rtol=1e-5)


def test_metadata_goes_through_json(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=Decoding(temperature=0.5, max_new_tokens=8))
    samples = sampler.sample(QUESTIONS[1], n=5)
    again = SampleSet.from_dict(json.loads(json.dumps(samples.to_dict())))
    assert again == samples
    assert again.metadata["sampler"] == sampler.identity
    assert [len(own) for own in again.metadata["sampled_logprobs"]] == [len(own) for own in samples.token_logprobs]
    assert all(type(cut) is bool for cut in again.metadata["truncated"])
    assert again.metadata["sampled_logprobs"] != [own.tolist() for own in samples.token_logprobs]


@pytest.mark.parametrize("sizes", [{"batch_size": 1}, {"batch_size": 7}, {"batch_tokens": 40}, {"batch_tokens": 1}])
def test_answers_do_not_depend_on_the_size_of_the_batch(loaded, sizes):
    wanted = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS, n=10)
    got = HuggingFaceSampler(loaded, decoding=SHORT, **sizes).sample(QUESTIONS, n=10)
    assert [item.texts for item in got] == [item.texts for item in wanted]
    assert [item.metadata["truncated"] for item in got] == [item.metadata["truncated"] for item in wanted]


def test_batches_stay_within_their_limits(loaded, monkeypatch):
    seen = []
    decode = module.decode

    def spy(model, prompts, answers, decoding, *rest):
        rows = sum(len(own) for own in answers)
        seen.append((rows, rows * (max(map(len, prompts)) + decoding.max_new_tokens)))
        return decode(model, prompts, answers, decoding, *rest)

    monkeypatch.setattr(module, "decode", spy)
    HuggingFaceSampler(loaded, decoding=SHORT, batch_size=6, batch_tokens=100).sample(QUESTIONS, n=9)
    assert sum(rows for rows, _ in seen) == 27
    assert max(rows for rows, _ in seen) <= 6
    assert max(tokens for _, tokens in seen) <= 100


def test_running_out_of_memory_halves_the_batch(loaded, monkeypatch):
    wanted = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS, n=5)
    decode, sizes = module.decode, []

    def small(model, prompts, answers, decoding, *rest):
        sizes.append(sum(len(own) for own in answers))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("no memory")
        return decode(model, prompts, answers, decoding, *rest)

    monkeypatch.setattr(module, "decode", small)
    got = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS, n=5)
    assert sizes[0] == 15
    assert [item.texts for item in got] == [item.texts for item in wanted]

    def none(*_):
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(module, "decode", none)
    with pytest.raises(torch.OutOfMemoryError):
        HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS, n=5)


def test_fewer_answers_are_the_first_of_more_and_another_seed_gives_others(loaded):
    ten = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS[0], n=10)
    assert HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS[0], n=4).texts == ten.texts[:4]
    other = HuggingFaceSampler(loaded, decoding=Decoding(max_new_tokens=8, seed=1)).sample(QUESTIONS[0], n=10)
    assert other.texts != ten.texts
    assert len(set(ten.texts)) > 1


def test_the_same_prompt_twice_is_drawn_once(loaded):
    first, second = HuggingFaceSampler(loaded, decoding=SHORT).sample([QUESTIONS[0]] * 2, n=3)
    assert first == second


def test_no_global_random_state_is_read_or_changed(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=SHORT)
    torch.manual_seed(1)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first = sampler.sample(QUESTIONS[0], n=5)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
    torch.manual_seed(2)
    assert sampler.sample(QUESTIONS[0], n=5) == first


def test_a_model_in_training_is_sampled_without_dropout_and_left_in_training():
    wanted = HuggingFaceSampler(llama.pair(), decoding=SHORT).sample(QUESTIONS[0], n=5)
    model, tokenizer = llama.pair(attention_dropout=0.9)
    model.train()
    model.model.norm.eval()
    got = HuggingFaceSampler((model, tokenizer), decoding=SHORT).sample(QUESTIONS[0], n=5)
    assert got.texts == wanted.texts
    assert model.training
    assert model.model.layers[0].training
    assert not model.model.norm.training


def test_system_message_and_bare_prompt(loaded):
    model, _ = loaded
    plain = HuggingFaceSampler(loaded, decoding=SHORT)
    told = HuggingFaceSampler(loaded, decoding=SHORT, system="one two three")
    bare = HuggingFaceSampler(model, tokenizer=llama.tokenizer(chat=False), decoding=SHORT)
    prompt = QUESTIONS[0]
    words = {
        name: sampler._loaded.tokenizer.convert_ids_to_tokens(sampler._ids(0, prompt))
        for name, sampler in {"plain": plain, "told": told, "bare": bare}.items()
    }
    assert words["plain"] == ["<user>", *prompt.split(), "<eos>", "<assistant>"]
    assert words["told"] == ["<system>", "one", "two", "three", "<eos>", *words["plain"]]
    assert words["bare"] == prompt.split()
    assert len({plain.identity, told.identity, bare.identity}) == 3
    with pytest.raises(InvalidParameter, match=r"system: expected None, as the tokenizer .* no chat template"):
        HuggingFaceSampler(model, tokenizer=llama.tokenizer(chat=False), system="one").sample(prompt)


def test_a_template_that_refuses_is_named(loaded):
    tokenizer = llama.tokenizer()
    tokenizer.chat_template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}one"
    sampler = HuggingFaceSampler(loaded[0], tokenizer=tokenizer, system="two")
    with pytest.raises(InvalidParameter, match=r"chat template of .* refuses it \(no system\)"):
        sampler.sample("one")


def test_identity_names_weights_and_decoding(loaded, folder):
    base = HuggingFaceSampler(loaded, decoding=SHORT).identity
    assert HuggingFaceSampler(llama.pair(seed=1), decoding=SHORT).identity != base
    assert HuggingFaceSampler(loaded, decoding=Decoding(max_new_tokens=9)).identity != base
    fingerprint = HuggingFaceSampler(loaded)._loaded.fingerprint
    assert fingerprint in base
    assert fingerprint in HuggingFaceSampler(folder).identity
    assert fingerprint not in HuggingFaceSampler(folder, dtype=torch.bfloat16).identity


def test_a_folder_gives_what_the_loaded_model_gives(loaded, folder):
    wanted = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS, n=3)
    got = HuggingFaceSampler(str(folder), decoding=SHORT, device="cpu").sample(QUESTIONS, n=3)
    assert [item.texts for item in got] == [item.texts for item in wanted]


def test_bfloat16_log_probs_are_finite_and_float32_wide(folder):
    samples = HuggingFaceSampler(folder, decoding=SHORT, dtype=torch.bfloat16).sample(QUESTIONS[0], n=5)
    assert all(np.isfinite(own).all() for own in samples.token_logprobs)


def test_the_tokenizer_is_left_as_it_was(loaded):
    model, tokenizer = loaded
    before = (tokenizer.pad_token, tokenizer.padding_side)
    HuggingFaceSampler(model, tokenizer=tokenizer, decoding=SHORT).sample(QUESTIONS, n=2)
    assert before == (None, tokenizer.padding_side) == (tokenizer.pad_token, before[1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.sample([]), "at least one prompt, got an empty list"),
        (lambda s: s.sample(QUESTIONS[0], n=0), "n: expected a whole number >= 1, got 0"),
        (lambda s: s.sample(["one", 2]), r"prompts\[1\]: expected str, got int"),
        (lambda s: s.sample(["one", "a " * 54]), r"prompts\[1\]: expected at most 64 tokens .* got 57 and max_new_t"),
    ],
)
def test_bad_calls(loaded, call, words):
    with pytest.raises(InvalidParameter, match=words):
        call(HuggingFaceSampler(loaded, decoding=SHORT))


def test_the_longest_prompt_that_fits_is_answered(loaded):
    assert len(HuggingFaceSampler(loaded, decoding=SHORT).sample("a " * 53, n=2)) == 2


def test_a_prompt_without_tokens_is_refused_where_no_template_adds_any(loaded):
    assert len(HuggingFaceSampler(loaded, decoding=SHORT).sample("", n=2)) == 2
    bare = HuggingFaceSampler(loaded[0], tokenizer=llama.tokenizer(chat=False), decoding=SHORT)
    with pytest.raises(InvalidParameter, match=r"prompts\[0\]: expected at least one token, got none; pass a question"):
        bare.sample("")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"decoding": {"temperature": 1}}, r"decoding: expected Decoding\(...\), got dict"),
        ({"system": 3}, "system: expected str or None, got int"),
        ({"batch_size": 0}, "batch_size: expected a whole number >= 1, got 0"),
        ({"batch_tokens": 1.5}, "batch_tokens: expected a whole number >= 1, got 1.5"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(InvalidParameter, match=words):
        HuggingFaceSampler(**arguments)


def test_models_that_cannot_be_used(loaded, folder, tmp_path):
    model, tokenizer = loaded
    cases = [
        (HuggingFaceSampler(str(tmp_path / "none")), "cannot be loaded as a causal language model"),
        (HuggingFaceSampler(tmp_path), "cannot be loaded as a causal language model"),
        (HuggingFaceSampler(42), "expected a causal language model, got int"),
        (HuggingFaceSampler(model), "tokenizer: expected the loaded model's tokenizer, got None"),
        (HuggingFaceSampler((model, tokenizer), device="cpu"), "device: expected None with a loaded model"),
        (HuggingFaceSampler((model, tokenizer), dtype=torch.float16), "dtype: expected None with a loaded model"),
        (HuggingFaceSampler(None, tokenizer=tokenizer), "tokenizer: expected None with model=None"),
        (HuggingFaceSampler(folder, tokenizer=str(tmp_path)), "tokenizer .* cannot be loaded"),
        (
            HuggingFaceSampler(llama.model(eos=None), tokenizer=llama.tokenizer(eos=False)),
            "expected an end-of-sequence token",
        ),
    ]
    for sampler, words in cases:
        with pytest.raises(SemuqError, match=words):
            sampler.sample("one")


def test_a_folder_without_weights_is_refused(folder, tmp_path):
    for file in folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(InvalidModel, match="cannot be loaded as a causal language model"):
        HuggingFaceSampler(tmp_path).sample("one")


def test_an_encoder_is_refused_rather_than_given_a_random_head(folder, tmp_path):
    config = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(InvalidModel, match=r"got none for .* which would be random"):
        HuggingFaceSampler(tmp_path, tokenizer=str(folder)).sample("one")


def test_frozen_and_lazy():
    sampler = HuggingFaceSampler("no-such-model")  # nothing is loaded before the first answer
    with pytest.raises(FrozenInstanceError):
        sampler.system = "x"


def test_messages_are_rendered_as_turns(loaded):
    sampler = HuggingFaceSampler(loaded, decoding=SHORT)
    alone = sampler.sample([{"role": "user", "content": QUESTIONS[0]}], n=4)
    assert (alone.prompt, alone.texts) == (QUESTIONS[0], sampler.sample(QUESTIONS[0], n=4).texts)
    talk = [{"role": "user", "content": "who"}, {"role": "assistant", "content": "it"}, *alone.metadata["messages"]]
    longer, plain = sampler.sample([talk, QUESTIONS[0]], n=4)
    assert longer.prompt == plain.prompt
    assert longer.metadata["messages"] == talk
    assert longer.texts != plain.texts == alone.texts
    with pytest.raises(InvalidParameter, match=r"expected a text, as the tokenizer of .* has no chat template"):
        HuggingFaceSampler((loaded[0], llama.tokenizer(chat=False)), decoding=SHORT).sample(talk)


def test_a_prompt_that_does_not_fit_keeps_the_rest(loaded):
    long = "what " * 5_000
    sampler = HuggingFaceSampler(loaded, decoding=SHORT)
    found = sampler.sample([QUESTIONS[0], long, QUESTIONS[1]], n=3, on_error="keep")
    assert found == sampler.sample(QUESTIONS[:2], n=3)
    assert [(failure.position, failure.prompt) for failure in found.failures] == [(1, long)]
    assert "shorten the prompt" in found.failures[0].reason
    assert sampler.sample([long], on_error="keep") == []
    for prompts in ([QUESTIONS[0], long], long):
        with pytest.raises(InvalidParameter, match="shorten the prompt"):
            sampler.sample(prompts, n=3, **({} if prompts is not long else {"on_error": "keep"}))


def test_a_prompt_without_memory_for_one_answer_keeps_the_rest(loaded, monkeypatch):
    wanted = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS[:2], n=3)
    decode, longest = module.decode, HuggingFaceSampler(loaded)._loaded.render(QUESTIONS[2], None)

    def short_only(model, prompts, answers, decoding, *rest):
        if longest in prompts:
            raise torch.OutOfMemoryError("no memory")
        return decode(model, prompts, answers, decoding, *rest)

    monkeypatch.setattr(module, "decode", short_only)
    found = HuggingFaceSampler(loaded, decoding=SHORT).sample(QUESTIONS, n=3, on_error="keep")
    assert [own.texts for own in found] == [own.texts for own in wanted]
    assert [failure.position for failure in found.failures] == [2]
    assert "room for one answer" in found.failures[0].reason
