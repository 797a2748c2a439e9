"""The recipe of `docs/languages.md`: multilingual entailment models, as local folders of the same architectures."""

import functools
import warnings

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DebertaV2Config,
    DebertaV2Tokenizer,
    XLMRobertaConfig,
    XLMRobertaTokenizer,
)

from semuq import Entailment as CachedEntailment
from semuq import SampleSet

Entailment = functools.partial(CachedEntailment, cache=False, precision="fp32")

LABELS = {0: "entailment", 1: "neutral", 2: "contradiction"}  # the order of mDeBERTa-v3-base-mnli-xnli
WORDS = ("Астана", "Алматы", "столица", "Это", "東京", "京都", "पेरिस", "Paris", "Q", "A")
ANSWERS = ("Астана", "Алматы", "Это Астана", "東京", "京都", "पेरिस")
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


def vocabulary(special):
    """A unigram vocabulary of a few words in four scripts and the signs of two."""
    signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:.,?"
    pieces = [("▁", -3.0), *(("▁" + word, -4.0) for word in WORDS), *((sign, -8.0) for sign in signs)]
    return [(piece, 0.0) for piece in special] + pieces


def save(architecture, folder):
    """A folder with a random model and its tokenizer, laid out as on the hub."""
    common = {"num_labels": 3, "id2label": LABELS, "label2id": {own: i for i, own in LABELS.items()}}
    if architecture == "xlm-roberta":
        tokenizer = XLMRobertaTokenizer(vocab=vocabulary(["<s>", "<pad>", "</s>", "<unk>"]), model_max_length=96)
        config = XLMRobertaConfig(
            **SIZE, **common, vocab_size=len(tokenizer), max_position_embeddings=98, type_vocab_size=1, pad_token_id=1
        )
    else:
        tokenizer = DebertaV2Tokenizer(
            vocab=vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]), unk_id=1, model_max_length=96
        )
        config = DebertaV2Config(
            **SIZE, **common, vocab_size=len(tokenizer), max_position_embeddings=96, relative_attention=True,
            pos_att_type=["p2c", "c2p"], position_buckets=16, type_vocab_size=0, pad_token_id=0,
        )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForSequenceClassification.from_config(config)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["xlm-roberta", "mdeberta"])
def folder(request, tmp_path_factory):
    return save(request.param, tmp_path_factory.mktemp(request.param))


def test_answers_in_other_scripts_go_to_the_model_and_score_as_alone(folder):
    samples = SampleSet(prompt="столица?", texts=ANSWERS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (scores,), report = Entailment(folder).compare_with_report(samples)
    assert (scores.unreadable, report.decided, report.pairs) == (0, 0, len(ANSWERS) * (len(ANSWERS) - 1))
    model, tokenizer = (
        AutoModelForSequenceClassification.from_pretrained(folder).eval(),
        AutoTokenizer.from_pretrained(folder),
    )
    for i, a in enumerate(ANSWERS):
        for j, b in enumerate(ANSWERS):
            if i != j:
                pair = tokenizer(f"Q: столица? A: {a}", f"Q: столица? A: {b}", return_tensors="pt")
                with torch.inference_mode():
                    alone = model(**pair).logits.softmax(-1)[0].numpy()
                found = [scores.entailment[i, j], scores.neutral[i, j], scores.contradiction[i, j]]
                np.testing.assert_allclose(found, alone, atol=1e-5)


def test_a_script_that_its_vocabulary_lacks_is_compared_as_text(folder):
    with pytest.warns(UserWarning, match="compared as normalised text"):
        (scores,) = Entailment(folder).compare(SampleSet(prompt="", texts=("ปารีส", "ลียง", "Paris")))
    assert scores.unreadable == 2
    assert scores.equivalence("relaxed").sum() == 3
