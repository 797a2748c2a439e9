"""What the runs share: a model, a log that survives a kill, intervals, and the JSON that a run ends in."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.leaderboard.answers import append, read_growing
from benchmarks.machine import hardware
from semuq.binomial import wilson
from semuq.metrics import Interval, auroc, bootstrap
from semuq.relations.maths import extract_answer

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"
RESAMPLES = 2000
GATE = (0.15, 0.85)

Row = dict[str, Any]


def model_arguments(method: str) -> argparse.ArgumentParser:
    """The arguments of a run that asks a model."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.inference.{method}")
    parser.add_argument("--model", help="a folder or a hub name; without one, the packaged SmolLM2")
    parser.add_argument("--name", default="smollm2-135m", help="of the model, in the log and the results")
    parser.add_argument("--items", type=int, default=100, help="of each set")
    parser.add_argument("--minutes", type=float, help="stop asking after this long; the same command goes on later")
    parser.add_argument("--only-tables", action="store_true", help="ask nothing, compute from the log")
    return parser


def sampler(model: str | None, **decoding: Any) -> Any:
    """A greedy sampler in bfloat16 with batches for a CPU, on as many threads as the environment allows."""
    import torch

    from semuq.sampling import Decoding, HuggingFaceSampler

    return HuggingFaceSampler(
        model,
        dtype=torch.bfloat16,
        decoding=Decoding(**{"temperature": 0.0, "max_new_tokens": 256, **decoding}),
        batch_size=160,
        batch_tokens=60_000,
    )


def rows(path: Path) -> list[Row]:
    """The lines of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def drawn(items: Iterable[Row], key: Callable[[Row], str], seed: int = 0) -> list[Row]:
    """In an order drawn by a hash: the first k of n are the k of a smaller draw."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{seed}/{key(item)}".encode()).hexdigest())


def text_key(text: str) -> str:
    """What a text is known by in a log."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def states(text: str, answer: str) -> bool:
    """Whether the last number of a text is the answer."""
    try:
        return float(extract_answer(text, "last-number").replace(",", "").strip("$%. ")) == float(answer)
    except ValueError:
        return False


class Log:
    """One JSON line per item, kept in the repository; what is in it is not asked again."""

    def __init__(self, method: str, name: str) -> None:
        self.path = HERE / "logs" / f"{method}-{name}.jsonl"

    def read(self) -> dict[str, Row]:
        """What there is, by id."""
        return read_growing(self.path)

    def fill(
        self,
        items: Sequence[Row],
        ask: Callable[[Sequence[Row]], Iterable[Row]],
        *,
        chunk: int,
        minutes: float | None,
    ) -> list[Row]:
        """Ask once for what is missing, a chunk at a time, until the time is up; all known, in the order of items."""
        end = None if minutes is None else time.monotonic() + 60 * minutes
        have = self.read()
        missing = list({item["id"]: item for item in items if item["id"] not in have}.values())
        for start in range(0, len(missing), chunk):
            if end is not None and time.monotonic() >= end:
                break
            append(self.path, list(ask(missing[start : start + chunk])))
            done = len(items) - len(missing) + min(start + chunk, len(missing))
            print(f"{self.path.stem}: {done} of {len(items)}", flush=True)
        have = self.read()
        return [have[item["id"]] for item in items if item["id"] in have]


def rate(right: ArrayLike) -> Row:
    """A share with its Wilson interval."""
    values = np.asarray(right, dtype=np.float64)
    low, high = wilson(float(values.sum()), len(values))
    return {"value": round(float(values.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


def resampled(
    statistic: Callable[[NDArray[np.int64]], float], n: int, *, groups: Sequence[Any] | None = None, seed: int = 0
) -> Row:
    """A statistic of the rows at some positions, with its percentile interval over resampled questions."""
    rng = np.random.default_rng(seed)
    members = np.arange(n) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    of_group = [np.flatnonzero(members == group) for group in range(int(members.max()) + 1)]
    values = list(_values(statistic, of_group, rng))
    defined = [value for value in values if np.isfinite(value)]
    low, high = np.quantile(defined, [0.025, 0.975]) if defined else (np.nan, np.nan)
    ends = (statistic(np.arange(n)), low, high)
    found = {name: _plain(end) for name, end in zip(("value", "low", "high"), ends, strict=True)}
    return found if len(defined) == len(values) else {**found, "undefined": len(values) - len(defined)}


def mean_difference(one: ArrayLike, other: ArrayLike, *, groups: Sequence[Any] | None = None, seed: int = 0) -> Row:
    """Paired by question: the mean of the differences, with its percentile interval over resampled questions."""
    gap = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    members = np.arange(len(gap)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    sums, sizes = np.bincount(members, weights=gap), np.bincount(members)
    chosen = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))
    low, high = np.quantile(sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1), [0.025, 0.975])
    return {"value": _plain(gap.mean()), "low": _plain(low), "high": _plain(high)}


def ends(own: Interval) -> Row:
    """An interval of the metrics, as the results hold it."""
    return {"value": round(own.value, 4), "low": round(own.low, 4), "high": round(own.high, 4)}


def ranking(scores: ArrayLike, right: ArrayLike) -> Row:
    """The AUROC of scores against correctness, with its interval over resampled questions."""
    return ends(bootstrap(auroc, scores, right, n_resamples=RESAMPLES))


def gate(success: float) -> Row:
    """Whether a model's success lets a run be believed."""
    return {"success": round(float(success), 4), "between": list(GATE), "open": bool(GATE[0] <= success <= GATE[1])}


def gate_of_choices(right: ArrayLike, chance: float) -> Row:
    """The gate where options are guessed: success has to be beyond chance as well, by its interval."""
    found, beyond = gate(float(np.mean(right))), rate(right)["low"] > chance
    return {**found, "chance": round(chance, 4), "beyond chance": beyond, "open": found["open"] and beyond}


def write(method: str, record: Row) -> None:
    """The result, with what it was made by."""
    known = {"semuq": version("semuq"), "numpy": np.__version__, "python": platform.python_version()}
    path = RESULTS / f"inference_{method}.json"
    kept = json.loads(path.read_text()) if path.is_file() else {}
    if "models" in record:  # one entry a model, each from its own run
        record["models"] = {**kept.get("models", {}), **record["models"]}
    made = {"versions": known, "hardware": hardware()}
    path.write_text(json.dumps({**record, **made}, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(HERE.parents[1])}")


def _values(
    statistic: Callable[[NDArray[np.int64]], float], of_group: Sequence[NDArray[np.int64]], rng: np.random.Generator
) -> Iterator[float]:
    for _ in range(RESAMPLES):
        chosen = rng.integers(len(of_group), size=len(of_group))
        yield statistic(np.concatenate([of_group[group] for group in chosen]))


def _plain(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
