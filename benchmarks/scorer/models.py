"""The two models as plain Hugging Face folders, which every contestant reads.

Labels are in the order contradiction, neutral, entailment and in capitals, since uqlm and TruthTorchLM take the
order for granted and lm-polygraph the spelling: otherwise they would be fast and wrong.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import BertForSequenceClassification, DebertaV2Config, DebertaV2ForSequenceClassification

from benchmarks.scorer.questions import make_batch
from semuq import Entailment, SampleSet
from semuq.models import EMBEDDED, load_embedded
from semuq.numerics import BoolArray

LABELS = ("CONTRADICTION", "NEUTRAL", "ENTAILMENT")
SEED = 0
MERGED_ON = (4, 20)
"""Questions and answers over which the two models' costs of clusters are matched."""


def export_embedded(folder: Path) -> None:
    """The packaged model in float32, its three outputs put into the order of `LABELS`."""
    model, _ = load_embedded()
    order = [model.config.label2id[label.lower()] for label in LABELS]
    with torch.no_grad():
        model.classifier.weight.copy_(model.classifier.weight[order].clone())
        model.classifier.bias.copy_(model.classifier.bias[order].clone())
    _save(model, folder)


def export_base(folder: Path) -> None:
    """The architecture and size of deberta-v3-base with random weights, and the packaged model's tokenizer."""
    config = DebertaV2Config(
        vocab_size=load_embedded()[0].config.vocab_size,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=512,
        relative_attention=True,
        position_buckets=256,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        max_relative_positions=-1,
        position_biased_input=False,
        type_vocab_size=0,
        layer_norm_eps=1e-7,
        num_labels=3,
        pooler_hidden_size=768,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        model = DebertaV2ForSequenceClassification(config)
        # Larger than at the start of training, so that pairs differ in their probabilities.
        torch.nn.init.normal_(model.classifier.weight, std=1.0)
    _save(model, folder)
    model.config.entailment_threshold = equally_merging(folder)
    model.config.save_pretrained(folder)


def equally_merging(folder: Path) -> float:
    """The threshold at which greedy clusters ask a model about as many pairs as they ask the packaged one.

    Random weights know no meaning, and would put all answers into one cluster or none: greedy clusters would cost
    next to nothing, or all there is.
    """
    batch = make_batch(*MERGED_ON, context="none")
    samples = [
        SampleSet(prompt=prompt, texts=tuple(dict.fromkeys(texts)))
        for prompt, texts in zip(batch.prompts, batch.answers, strict=True)
    ]
    packaged, own = (
        Entailment(model, context="none", guard="off", cache=False, precision="fp32") for model in (None, folder)
    )
    wanted = sum(comparisons(scores.equivalence()) for scores in packaged.compare(samples))
    both = [np.minimum(scores.entailment, scores.entailment.T) for scores in own.compare(samples)]
    candidates = np.quantile(np.concatenate([matrix.ravel() for matrix in both]), np.linspace(0, 1, 201))
    return float(min(candidates, key=lambda at: abs(sum(comparisons(matrix >= at) for matrix in both) - wanted)))


def comparisons(equal: BoolArray) -> int:
    """How often greedy clusters compare an answer with the first answer of a cluster."""
    first: list[int] = []
    count = 0
    for index in range(len(equal)):
        matches = np.flatnonzero(equal[index, first])
        count += int(matches[0]) + 1 if len(matches) else len(first)
        if not len(matches):
            first.append(index)
    return count


MODELS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "embedded": ("the packaged model: BERT, 6 layers of 384, 22 million parameters", export_embedded),
    "base": (
        "random weights in the size of deberta-v3-base: DeBERTa-v2 architecture, 12 layers of 768, with the "
        "packaged model's WordPiece tokenizer",
        export_base,
    ),
}


def model_folder(name: str, cache: Path) -> Path:
    """The folder of a model, made on first use."""
    folder = cache / "models" / name
    if not (folder / "ready").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        MODELS[name][1](folder)
        (folder / "ready").touch()
    return folder


def _save(model: BertForSequenceClassification | DebertaV2ForSequenceClassification, folder: Path) -> None:
    model.config.id2label = dict(enumerate(LABELS))
    model.config.label2id = {label: index for index, label in enumerate(LABELS)}
    model.save_pretrained(folder)
    shutil.copy(EMBEDDED / "tokenizer.json", folder)
    settings = json.loads((EMBEDDED / "tokenizer_config.json").read_text(encoding="utf-8"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
