"""What an expert would use on the same card, and the call patterns of two packages, which are named as emulations.

lm-polygraph and uqlm cannot be had on a machine without a network, so loops here do what their sources do (0.7.0 and
0.6.7): batches per question in the order they come, padded, a float32 model, a wait for each batch. Each works for
as long as the time that it is given lasts, and is measured by the distinct pairs of distinct answers that it scored.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.gpu.models import Made
from benchmarks.gpu.setup import Setup
from semuq import SampleSet

Pair = tuple[str, str]
GIVEN_SECONDS = 6.0
MOST_PAIRS = 10_000
"""Of one call for all pairs."""


def peers(made: Made, setup: Setup) -> dict[str, Any]:
    """Distinct pairs per second of each, without the question; an error of one is written down and no more."""
    samples = setup.samples(setup.size(250, 2), setup.size(20, 5), "none")
    half = torch.bfloat16 if setup.device.type == "cuda" else torch.float32
    found: dict[str, Any] = {}
    for size in (32, 128, 512)[: setup.size(3, 1)]:
        found[f"CrossEncoder.predict, batch {size}, bf16"] = lambda size=size: _whole(
            made, setup, samples, lambda: cross_encoder(made, half), size
        )
    found["transformers pipeline, batch 128, bf16"] = lambda: _whole(
        made, setup, samples, lambda: pipeline(made, setup, half), 128
    )
    found["one pair at a time, float32"] = lambda: _by_question(made, setup, samples, one_by_one)
    found["emulation of lm-polygraph: per prompt, batch 10, float32"] = lambda: _by_question(
        made, setup, samples, like_lm_polygraph
    )
    found["emulation of uqlm: per prompt, both directions, batch 32, float32"] = lambda: _by_question(
        made, setup, samples, like_uqlm
    )
    return {name: _noted(measure) for name, measure in found.items()}


def _noted(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return measure()
    except Exception as error:  # one of them must not cost the others
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def distinct(samples: SampleSet) -> list[Pair]:
    """Ordered pairs of distinct answers."""
    return list(itertools.permutations(dict.fromkeys(samples.texts), 2))


def _whole(
    made: Made, setup: Setup, samples: list[SampleSet], load: Callable[[], Callable[[list[Pair], int], Any]], size: int
) -> dict[str, Any]:
    """All pairs in one call, after a small one."""
    predict = load()
    pairs = list(dict.fromkeys(pair for own in samples for pair in distinct(own)))[:MOST_PAIRS]
    predict(pairs[: setup.size(2_000, 4)], size)
    seconds, _ = setup.seconds(lambda: predict(pairs, size))
    return {"pairs": len(pairs), "seconds": seconds, "pairs_per_second": len(pairs) / seconds}


def cross_encoder(made: Made, dtype: torch.dtype) -> Callable[[list[Pair], int], Any]:
    """sentence-transformers' `predict`, which sorts by length by itself."""
    import tempfile

    from sentence_transformers import CrossEncoder

    with tempfile.TemporaryDirectory() as folder:
        made.model.save_pretrained(folder)
        made.tokenizer.save_pretrained(folder)
        encoder = CrossEncoder(folder, device=str(made.model.device), model_kwargs={"dtype": dtype})
    return lambda pairs, size: encoder.predict(pairs, batch_size=size, apply_softmax=True, show_progress_bar=False)


def pipeline(made: Made, setup: Setup, dtype: torch.dtype) -> Callable[[list[Pair], int], Any]:
    """transformers' text classification."""
    import copy

    from transformers import pipeline as make_pipeline

    model = copy.deepcopy(made.model).to(dtype)
    classify = make_pipeline("text-classification", model=model, tokenizer=made.tokenizer, device=setup.device)

    def predict(pairs: list[Pair], size: int) -> Any:
        texts = [{"text": premise, "text_pair": hypothesis} for premise, hypothesis in pairs]
        return classify(texts, batch_size=size, top_k=None)

    return predict


def _by_question(
    made: Made, setup: Setup, samples: list[SampleSet], score: Callable[[Made, SampleSet], Any]
) -> dict[str, Any]:
    """Question by question, for as long as there is time."""
    score(made, samples[0])
    pairs, start = 0, time.perf_counter()
    for own in samples:
        score(made, own)
        pairs += len(distinct(own))
        if time.perf_counter() - start > GIVEN_SECONDS:
            break
    setup.wait()
    seconds = time.perf_counter() - start
    return {"pairs": pairs, "seconds": seconds, "pairs_per_second": pairs / seconds}


def one_by_one(made: Made, samples: SampleSet) -> list[Any]:
    """A pass for each pair."""
    return [_logits(made, [pair]).softmax(-1).cpu() for pair in distinct(samples)]


def like_lm_polygraph(made: Made, samples: SampleSet) -> np.ndarray:
    """`SemanticMatrixCalculator`: all ordered pairs of distinct answers, the diagonal included; cache emptied after."""
    unique = np.unique(samples.texts).tolist()
    probabilities = [
        _logits(made, batch).softmax(-1) for batch in _batches(list(itertools.product(unique, unique)), 10)
    ]
    if made.model.device.type == "cuda":
        torch.cuda.empty_cache()
    return torch.cat(probabilities).cpu().numpy()


def like_uqlm(made: Made, samples: SampleSet) -> np.ndarray:
    """`NLI.get_nli_results_batch`: both directions of each pair in turn; each batch fetched, its softmax in NumPy."""
    unordered = itertools.combinations(dict.fromkeys(samples.texts), 2)
    pairs = [pair for a, b in unordered for pair in ((a, b), (b, a))]
    found = []
    for batch in _batches(pairs, 32):
        exponentials = np.exp(_logits(made, batch).float().cpu().numpy())
        found.append(exponentials / exponentials.sum(axis=-1, keepdims=True))
    return np.concatenate(found) if found else np.empty((0, 3))


def _batches(pairs: list[Pair], size: int) -> Iterator[list[Pair]]:
    return (pairs[start : start + size] for start in range(0, len(pairs), size))


def _logits(made: Made, pairs: list[Pair]) -> torch.Tensor:
    premises, hypotheses = [list(own) for own in zip(*pairs, strict=True)]
    encoded = made.tokenizer(premises, hypotheses, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        logits: torch.Tensor = made.model(**encoded.to(made.model.device)).logits
    return logits
