"""`GGUFSampler`: what it refuses; the real thing on SmolLM2's file is in the contract test of samplers."""

import importlib.util

import pytest

from semuq.errors import InvalidModel, InvalidParameter, MissingExtra
from semuq.sampling import GGUFSampler


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "model.safetensors"}, "model: expected the path of a .gguf file, got 'model.safetensors'"),
        ({"slots": 0}, "slots: expected a whole number >= 1, got 0"),
        ({"threads": 0}, "threads: expected a whole number >= 1, got 0"),
        ({"top_logprobs": 21}, "top_logprobs: expected a whole number from 0 to 20, got 21"),
        ({"chat": False, "system": "Be brief."}, "system: expected None with chat=False"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(InvalidParameter, match=message):
        GGUFSampler(**{"model": "model.gguf", **options})


def test_a_file_that_is_not_there_and_one_that_is_none(tmp_path):
    with pytest.raises(InvalidModel, match="expected a GGUF file, found none"):
        GGUFSampler(tmp_path / "none.gguf").sample("q", n=1)
    pytest.importorskip("xllamacpp", reason="loads a broken file with llama.cpp")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 64)
    with pytest.raises(InvalidModel, match=r"cannot be loaded by llama\.cpp"):
        GGUFSampler(broken).sample("q", n=1)


def test_the_identity_knows_the_file_and_needs_no_server(tmp_path):
    path = tmp_path / "a.gguf"
    path.write_bytes(b"one")
    first = GGUFSampler(path).identity
    path.write_bytes(b"two")
    assert first.startswith("gguf/a.gguf/")
    assert GGUFSampler(path).identity != first


def test_without_its_package_it_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "a.gguf"
    path.write_bytes(b"one")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "xllamacpp" else find(name))
    with pytest.raises(MissingExtra, match=r"needs the package xllamacpp: pip install 'semuq\[gguf-server\]'"):
        GGUFSampler(path).sample("q", n=1)
