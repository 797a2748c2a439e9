"""Small models for the cascade: the first layers of the packaged one, with a head of their own.

No trained pair of a small and a large three-way model can be had without a download, so the large one here is the
model inside the package, and the small ones are its first layers: what they say of a pair is taught by the large model
on questions that are used for nothing else. Only the head is taught, in seconds; a small model trained as a whole
would agree more.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import BertForSequenceClassification

from semuq import Entailment, SampleSet
from semuq.models import load_embedded

STEPS = 600
BATCH = 256
LEARNING_RATE = 2e-3
READ = 64
"""Pairs read at a time."""


def student(depth: int, questions: Sequence[SampleSet], teacher: Entailment) -> tuple[Any, Any]:
    """(model, tokenizer): the first `depth` layers, its head taught by the teacher's probabilities on the questions."""
    model, tokenizer = load_embedded()
    model.bert.encoder.layer = model.bert.encoder.layer[:depth]
    model.config = copy.deepcopy(model.config)
    model.config.num_hidden_layers = depth
    pairs, targets = _taught(questions, teacher, model.config.id2label)
    features = _features(model, tokenizer, pairs)
    _fit_head(model, features, torch.tensor(targets, dtype=torch.float32))
    return model.eval(), tokenizer


def _taught(
    questions: Sequence[SampleSet], teacher: Entailment, labels: dict[int, str]
) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Every pair of the questions as the model reads it, and the teacher's probabilities in the model's own order."""
    order = [("entailment", "neutral", "contradiction").index(labels[column]) for column in range(3)]
    pairs, targets = [], []
    for plan in teacher.plans(questions):
        probabilities, _ = teacher.ask(plan.sides, plan.pairs)
        pairs += [(plan.sides[a].text, plan.sides[b].text) for a, b in plan.pairs]
        targets.append(probabilities[:, order])
    return pairs, np.concatenate(targets)


def _features(model: BertForSequenceClassification, tokenizer: Any, pairs: list[tuple[str, str]]) -> torch.Tensor:
    """(pairs, hidden) of the first token behind the last layer."""
    order = sorted(range(len(pairs)), key=lambda index: len(pairs[index][0]) + len(pairs[index][1]))
    found = torch.empty(len(pairs), model.config.hidden_size)
    with torch.inference_mode():
        for start in range(0, len(order), READ):
            own = order[start : start + READ]
            texts = [pairs[index] for index in own]
            inputs = tokenizer(
                [a for a, _ in texts], [b for _, b in texts], padding=True, truncation=True, return_tensors="pt"
            )
            found[own] = model.bert(**inputs).last_hidden_state[:, 0]
    return found.clone()


def _fit_head(model: BertForSequenceClassification, features: torch.Tensor, targets: torch.Tensor) -> None:
    """Pooler and classifier by cross-entropy with the teacher's probabilities."""
    generator = torch.Generator().manual_seed(0)
    parameters = [*model.bert.pooler.parameters(), *model.classifier.parameters()]
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimiser = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        own = torch.randint(len(features), (BATCH,), generator=generator)
        pooled = torch.tanh(model.bert.pooler.dense(features[own]))
        loss = torch.nn.functional.cross_entropy(model.classifier(pooled), targets[own])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
