"""What does a cascade promise, does it keep it, and what does it save?

    python -m benchmarks.cascade

Large: the entailment model inside the package (6 layers). Small: its first 1 or 3 layers with a head taught by it
(`students`). Questions: 600 of three data sets, with 6 sampled answers each, cut at random into those that teach the
small model, those that fit the cascade, and those that everything below is measured on.

For each depth and each agreement asked for: the threshold, what was proved, how often labels and clusters are those of
the large model alone on questions the fit has not seen, and the time of the cascade over the time of the large
model alone: processor time of one thread, cold, interleaved, median of the repeats with the extremes. Then many fits on
other draws of the questions, to see how the agreement scatters. Writes benchmarks/results/cascade.json.
"""

from __future__ import annotations

import argparse
import json
import lzma
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.cascade.students import student
from semuq import Cascade, Entailment, SampleSet
from semuq.relations.entailment.cascade import margins_of
from semuq.relations.entailment.cascade_fit import Asked, Per, fit_threshold
from semuq.relations.entailment.waves import labels_of_pairs

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results" / "cascade.json"
ANSWERS = ROOT / "leaderboard" / "answers" / "smollm2-135m"
SETS = ("nq_open", "popqa", "triviaqa")
ANSWERS_EACH = 6
TEACHING, FITTING = 180, 320
TIMED = 8
REPEATS = 3
DEPTHS = (1, 3)
WANTED: tuple[tuple[Per, float], ...] = (("pair", 0.95), ("pair", 0.99), ("question", 0.9))
CONFIDENCE = 0.95
DRAWS = 400
LABELS = ("entailment", "neutral", "contradiction")


class Known(NamedTuple):
    """What two models say of the pairs of one question."""

    margins: np.ndarray
    """(pairs,) of the small model."""
    differs: np.ndarray
    """(pairs,) whether the large one says otherwise."""


def questions() -> list[SampleSet]:
    """The last question of each prompt (others stand there as examples) with its first answers, in a random order."""
    found = []
    for name in SETS:
        for line in lzma.decompress((ANSWERS / f"{name}.jsonl.xz").read_bytes()).decode().splitlines():
            record = json.loads(line)
            prompt = record["prompt"].rsplit("Question:", 1)[-1].removesuffix("Answer:").strip()
            found.append(SampleSet(prompt=prompt, texts=record["texts"][:ANSWERS_EACH]))
    return [found[index] for index in np.random.default_rng(0).permutation(len(found))]


def model(source: Any, cache: bool | Path) -> Entailment:
    """A model by itself: no rules before it, and in the arithmetic that every machine has."""
    return Entailment(source, guard="off", precision="fp32", cache=cache)


def labels(scores: Any) -> np.ndarray:
    """(n, n) most probable label."""
    return np.stack([getattr(scores, name) for name in LABELS]).argmax(axis=0)


def commonest_label(alone: Sequence[Any]) -> dict[str, Any]:
    """What agreement is worth: how often the large model gives the label that it gives most often."""
    given = np.concatenate([labels(own)[~np.eye(len(own), dtype=bool)] for own in alone])
    counts = np.bincount(given, minlength=3)
    return {"label": LABELS[int(counts.argmax())], "share": float(counts.max() / counts.sum())}


def kept(cascade: Cascade, held: Sequence[SampleSet], alone: list[Any], clusters: list[Any]) -> dict[str, Any]:
    """How often the cascade decides as the large model on questions it was not fitted on."""
    scores, report = cascade.compare_with_report(held)
    lazy, lazy_report = cascade.cluster_with_report(held)
    same = []
    for samples, own, other in zip(held, scores, alone, strict=True):
        apart = np.array([[a != b for b in samples.texts] for a in samples.texts])
        if apart.any():
            same.append((labels(own) == labels(other))[apart])
    return {
        "pairs_of_a_question": float(np.mean([own.mean() for own in same])),
        "all_pairs_of_a_question": float(np.mean([own.all() for own in same])),
        "clusters": float(np.mean([(a == b).all() for a, b in zip(lazy, clusters, strict=True)])),
        "share_to_the_large_model": report.share,
        "share_to_the_large_model_for_clusters": lazy_report.share,
    }


def seconds(work: Callable[[], Any]) -> float:
    """Processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def timed(cascade: Cascade, large: Entailment, held: Sequence[SampleSet]) -> dict[str, Any]:
    """Time of the cascade over that of the large model, for matrices and for clusters."""
    result = {}
    for name in ("compare", "cluster"):
        ratios = [
            seconds(lambda name=name: getattr(cascade, name)(held))
            / seconds(lambda name=name: getattr(large, name)(held))
            for _ in range(REPEATS)
        ]
        result[name] = {"median": float(np.median(ratios)), "min": min(ratios), "max": max(ratios)}
    return result


def known(cascade: Cascade, pool: Sequence[SampleSet]) -> list[Known]:
    """What both models say of every pair of distinct answers, question by question, as the cascade reads it."""
    found, decides_from = [], cascade.large.decides_from
    for samples, small, large in zip(pool, cascade.small.compare(pool), cascade.large.compare(pool), strict=True):
        distinct = [samples.texts.index(text) for text in dict.fromkeys(samples.texts)]
        if len(distinct) == 1:
            continue
        a, b = np.array(list(permutations(distinct, 2))).T
        ours, theirs = (np.stack([getattr(own, name)[a, b] for name in LABELS], axis=1) for own in (small, large))
        differs = labels_of_pairs(ours, decides_from) != labels_of_pairs(theirs, decides_from)
        found.append(Known(margins_of(ours, decides_from), differs))
    return found


def broken(pool: Sequence[Known], agreement: float, per: Per) -> dict[str, Any]:
    """Fits on random draws of the pool: how often is the agreement on the rest below that asked for?

    That counts the noise of the rest too, and what is left over of a lucky draw is an unlucky one: more than
    1 - confidence are expected. The promise itself is tested where the truth is known, in tests/relations.
    """
    rng, values, shares = np.random.default_rng(1), [], []
    for _ in range(DRAWS):
        order = rng.permutation(len(pool))
        asked = [_asked(pool[index], per, rng) for index in order[:FITTING]]
        threshold = fit_threshold(asked, agreement=agreement, confidence=CONFIDENCE, per=per).threshold
        rest = [pool[index] for index in order[FITTING:]]
        right = [~own.differs | (own.margins <= threshold) for own in rest]
        values.append(np.mean([own.mean() if per == "pair" else own.all() for own in right]))
        shares.append(np.mean(np.concatenate([own.margins for own in rest]) <= threshold))
    return {
        "draws": DRAWS,
        "below": int((np.array(values) < agreement).sum()),
        "agreement": {"mean": float(np.mean(values)), "min": float(np.min(values))},
        "share": {"mean": float(np.mean(shares)), "min": float(np.min(shares)), "max": float(np.max(shares))},
    }


def _asked(own: Known, per: Per, rng: np.random.Generator) -> Asked:
    tested = rng.integers(len(own.margins), size=1) if per == "pair" else slice(None)
    worst = own.margins[tested][own.differs[tested]].max(initial=-1.0)
    return Asked(margins=own.margins, worst=float(worst))


def main() -> None:
    """Teach, fit, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    torch.set_num_threads(1)
    batch = questions()
    teaching, pool = batch[:TEACHING], batch[TEACHING:]
    fitting, held = pool[:FITTING], pool[FITTING:]
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "scores.sqlite3"
        teacher = model(None, cache)
        alone, clusters = teacher.compare(held), teacher.cluster(held)
        commonest = commonest_label(alone)
        for depth in DEPTHS:
            small = student(depth, teaching, teacher)
            cascade = Cascade(model(small, cache), teacher)
            cold = Cascade(model(small, False), model(None, False))
            pairs = known(cascade, pool)
            small_alone = timed(Cascade(cold.small, cold.large, threshold=0.0), cold.large, held[:TIMED])
            for per, agreement in WANTED:
                fitted = cascade.fit(fitting, agreement=agreement, confidence=CONFIDENCE, per=per)
                assert fitted.guarantee is not None
                run = {
                    "depth": depth,
                    "per": per,
                    "agreement": agreement,
                    "guarantee": vars(fitted.guarantee),
                    "held_out": kept(fitted, held, alone, clusters),
                    "time_over_large": timed(
                        Cascade(cold.small, cold.large, threshold=fitted.threshold), cold.large, held[:TIMED]
                    ),
                    "small_time_over_large": small_alone,
                    "many_fits": broken(pairs, agreement, per),
                }
                runs.append(run)
                print(json.dumps(rounded(run)), flush=True)
    result = {
        "about": "first layers of the packaged entailment model with a head of their own, before the packaged model",
        "command": "python -m benchmarks.cascade",
        "questions": {"teaching": len(teaching), "fitting": len(fitting), "held_out": len(held), "timed": TIMED},
        "answers_each": ANSWERS_EACH,
        "sets": list(SETS),
        "confidence": CONFIDENCE,
        "commonest_label": commonest,
        "runs": runs,
        "hardware": f"{platform.machine()} CPU, 1 thread",
        "versions": {name: version(name) for name in ("transformers", "torch", "numpy")}
        | {"python": platform.python_version()},
    }
    RESULTS.write_text(json.dumps(rounded(result), indent=1, ensure_ascii=False) + "\n")


def rounded(value: Any) -> Any:
    """Numbers to four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
