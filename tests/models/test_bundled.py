"""The embedded model: its files, its labels, what it must get right, and what happens when it is damaged."""

import json
import shutil

import pytest
import torch

from semuq.errors import InvalidModel
from semuq.models import EMBEDDED, load_embedded, weights_hash
from semuq.models.bundled import MANIFEST, WEIGHTS, restored

pytestmark = pytest.mark.slow

LIMIT = 25 * 1024**2  # bytes that the model may take in the package


@pytest.fixture(scope="module")
def loaded():
    return load_embedded()


def label(loaded, premise, hypothesis):
    model, tokenizer = loaded
    with torch.inference_mode():
        logits = model(**tokenizer(premise, hypothesis, return_tensors="pt")).logits
    return model.config.id2label[int(logits.argmax())]


def sides(question, a, b):
    return f"Q: {question} A: {a}", f"Q: {question} A: {b}"


SENTENCES = [
    ("A man is playing a guitar on stage.", "A man is playing an instrument.", "entailment"),
    ("Two dogs are running through a field.", "There are animals outdoors.", "entailment"),
    ("The committee approved the budget on Friday.", "The budget was approved.", "entailment"),
    ("A woman is slicing an onion.", "Nobody is slicing an onion.", "contradiction"),
    ("The shop is open every day.", "The shop is never open.", "contradiction"),
    ("A boy is sleeping in his bed.", "A boy is playing football outside.", "contradiction"),
    ("A woman is reading a book in a park.", "The woman is waiting for her sister.", "neutral"),
    ("He bought a car last week.", "He bought a red car for his wife.", "neutral"),
]
EQUIVALENT = [
    ("What is the capital of France?", "Paris", "It's Paris."),
    ("What is the capital of France?", "Paris", "The capital of France is Paris."),
    ("Who wrote Hamlet?", "William Shakespeare", "Shakespeare"),
    ("In which year did the war end?", "1945", "It ended in 1945."),
    ("Which country won?", "USA", "United States of America"),
]
EXCLUSIVE = [
    ("What is the capital of Australia?", "Canberra", "Sydney"),
    ("In which year did the war end?", "1945", "1944"),
    ("Who wrote Hamlet?", "William Shakespeare", "Christopher Marlowe"),
    ("How many players are in the team?", "eleven", "twelve"),
    ("Is the whale a fish?", "Yes", "No"),
]


@pytest.mark.parametrize(("premise", "hypothesis", "expected"), SENTENCES)
def test_plain_sentences_get_their_label(loaded, premise, hypothesis, expected):
    assert label(loaded, premise, hypothesis) == expected


@pytest.mark.parametrize(("question", "a", "b"), EQUIVALENT)
def test_the_same_answer_in_other_words_entails_both_ways(loaded, question, a, b):
    one, two = sides(question, a, b)
    assert (label(loaded, one, two), label(loaded, two, one)) == ("entailment", "entailment")


@pytest.mark.parametrize(("question", "a", "b"), EXCLUSIVE)
def test_another_answer_contradicts_both_ways(loaded, question, a, b):
    one, two = sides(question, a, b)
    assert (label(loaded, one, two), label(loaded, two, one)) == ("contradiction", "contradiction")


def test_the_config_names_three_labels_and_the_model_rests_in_evaluation_mode(loaded):
    model, tokenizer = loaded
    assert model.config.id2label == {0: "contradiction", 1: "entailment", 2: "neutral"}
    assert not model.training
    assert tokenizer.is_fast
    assert tokenizer.model_max_length == model.config.max_position_embeddings == 512
    assert all(p.dtype == torch.float32 and p.device.type == "cpu" for p in model.parameters())


def test_loading_twice_gives_equal_scores_from_separate_objects(loaded):
    again = load_embedded()
    assert again[0] is not loaded[0]
    ids = loaded[1]("It rains.", "It is dry.", return_tensors="pt")
    with torch.inference_mode():
        assert torch.equal(loaded[0](**ids).logits, again[0](**ids).logits)


def test_a_padded_batch_scores_like_single_pairs(loaded):
    model, tokenizer = loaded
    pairs = [("It rains.", "It is dry."), ("A man with a hat is walking along the river.", "A man walks.")]
    with torch.inference_mode():
        batch = model(**tokenizer(*map(list, zip(*pairs, strict=True)), padding=True, return_tensors="pt")).logits
        singles = torch.cat([model(**tokenizer(a, b, return_tensors="pt")).logits for a, b in pairs])
    torch.testing.assert_close(batch, singles, atol=1e-4, rtol=1e-4)


def test_the_files_are_small_and_match_the_manifest():
    files = [path for path in EMBEDDED.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LIMIT
    assert json.loads((EMBEDDED / MANIFEST).read_text())["blake2b"][WEIGHTS] == weights_hash()
    assert (EMBEDDED / "README.md").exists()


def test_stored_rows_are_multiplied_by_their_scales():
    stored = {"w": torch.tensor([[1, -2], [3, 127]], dtype=torch.int8), "w.scale": torch.tensor([0.5, 2.0])}
    stored["b"] = torch.tensor([1.5])
    weights = restored(stored)
    assert weights.keys() == {"w", "b"}
    assert weights["w"].tolist() == [[0.5, -1.0], [6.0, 254.0]]
    assert weights["b"].tolist() == [1.5]


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(EMBEDDED, tmp_path / "entailment")


def test_one_changed_byte_is_found(copy):
    data = bytearray((copy / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / WEIGHTS).write_bytes(data)
    with pytest.raises(
        InvalidModel, match=r"weights\.safetensors: expected a file with BLAKE2b .* install semuq again"
    ):
        load_embedded(copy)


def test_a_missing_file_is_named(copy):
    (copy / WEIGHTS).unlink()
    with pytest.raises(InvalidModel, match=r"weights\.safetensors: expected a file of the embedded model"):
        load_embedded(copy)


def test_a_missing_manifest_is_named(copy):
    (copy / MANIFEST).write_text("{}")
    with pytest.raises(InvalidModel, match=r"manifest\.json: expected a manifest"):
        load_embedded(copy)


@pytest.mark.parametrize("change", ["config", "truncated"])
def test_weights_that_do_not_fit_are_refused(copy, change):
    if change == "config":
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps({**config, "hidden_size": 192}))
    else:
        (copy / WEIGHTS).write_bytes((copy / WEIGHTS).read_bytes()[:1000])
    (copy / MANIFEST).write_text('{"blake2b": {}}')
    with pytest.raises(InvalidModel, match=r"weights\.safetensors: expected"):
        load_embedded(copy)
