"""Scoring on Ray: the same stream of questions, windows of it scored by workers on one machine or on many.

Beside `stream`, for what one process is too slow for. The caller reads the questions and writes the results; a worker
is a Ray actor with a copy of the models of its own. Ray places the workers, starts a lost one again and gives it its
windows once more. For datasets that live in Ray already, call `Scorer` from Ray Data instead.
"""

from __future__ import annotations

import importlib.util
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from semuq.checks import whole, within
from semuq.errors import MissingExtra, SemuqError
from semuq.estimators.base import Estimator
from semuq.estimators.naming import Names, column_names
from semuq.evidence import Embedder
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.samples.jsonl import json_line
from semuq.scoring.scorer import unloaded
from semuq.scoring.stream import fingerprint, in_windows, require_evidence, score_stream

__all__ = ["score_lines_on_ray"]

PER_WORKER = 4
"""Windows that a worker has before it or done but not yet taken: enough that none waits, few enough to hold."""

RETRIES = 3
"""How often a window is scored again whose worker was lost, before it is taken to be what loses them."""


def score_lines_on_ray(
    samples: Iterable[SampleSet],
    estimators: Sequence[Estimator] | None,
    relation: Relation,
    embedder: Embedder | None = None,
    window: int = 32,
    *,
    workers: int = 1,
    gpus_per_worker: float = 0.0,
    matrices: bool = True,
    names: Names = "short",
) -> Iterator[bytes]:
    """What `score_stream` yields, in the same order, each as a line of JSON.

    Ray is started on this machine unless it runs already, or $RAY_ADDRESS names a cluster; what was started here is
    stopped at the end.

    Args:
        samples, estimators, relation, embedder, window, matrices, names: as of `score_stream`.
        workers: actors, each with a core and a copy of the models.
        gpus_per_worker: GPUs of each; 0.5 lets two share one. 0 leaves the models on the CPU.

    Raises:
        MissingExtra: ray is not installed.
        SemuqError: a window lost its workers again and again.
        Whatever `score_stream` raises; the questions before it are yielded first.

    Cost. Memory here for `PER_WORKER` windows a worker; nothing is shared between the workers.
    """
    if importlib.util.find_spec("ray") is None:
        raise MissingExtra("scoring on Ray needs the package ray: pip install 'semuq[ray]'")
    import ray

    whole(None, 1, window=window, workers=workers)
    within(None, 0, gpus_per_worker=gpus_per_worker)
    column_names((), names)  # these two refuse what cannot be done before anything starts
    fingerprint(estimators, relation, embedder)
    own = not ray.is_initialized()
    if own:
        _start(ray, workers)
    try:
        yield from _lines(
            _crew(
                ray, workers, gpus_per_worker, (estimators, relation, embedder), {"matrices": matrices, "names": names}
            ),
            # Small windows first, as everywhere: results come early, and a short file is shared by all workers.
            in_windows(samples, window, 1, lambda item: require_evidence(item, estimators, relation, embedder)),
        )
    finally:
        if own:
            ray.shutdown()


class _Worker:
    """What runs in an actor: loads the models on first use, and keeps them."""

    def __init__(
        self, estimators: Sequence[Estimator] | None, relation: Relation, embedder: Embedder | None, options: Any
    ) -> None:
        self._parts = estimators, relation, embedder
        self._options = options

    def lines(self, held: Sequence[SampleSet]) -> list[bytes]:
        found = score_stream(held, *self._parts, max(1, len(held)), **self._options)
        return [json_line(score.to_dict()) for score in found]


def _start(ray: Any, workers: int) -> None:
    import os

    if os.environ.get("RAY_ADDRESS"):
        ray.init(logging_level="warning")
    else:
        cores = max(workers, os.cpu_count() or 1)
        ray.init(address="local", num_cpus=cores, include_dashboard=False, logging_level="warning")


def _crew(ray: Any, workers: int, gpus: float, parts: tuple[Any, Any, Any], options: dict[str, Any]) -> list[Any]:
    estimators, relation, embedder = parts
    kind = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=RETRIES)(_Worker)
    own = None if estimators is None else [unloaded(item) for item in estimators]
    return [kind.remote(own, unloaded(relation), unloaded(embedder), options) for _ in range(workers)]


def _lines(crew: Sequence[Any], windows: Iterator[tuple[list[SampleSet], Exception | None]]) -> Iterator[bytes]:
    """The lines of all windows, in their order; each window goes to the worker with the least before it."""
    import ray

    queue: deque[tuple[Any, int]] = deque()  # (what will be the lines, whose they are)
    for held, failure in windows:
        refs = [ref for ref, _ in queue]
        done = set(ray.wait(refs, num_returns=len(refs), timeout=0)[0]) if refs else set()
        loads = Counter(worker for ref, worker in queue if ref not in done)
        while queue and (queue[0][0] in done or len(queue) == PER_WORKER * len(crew)):
            yield from _taken(queue.popleft()[0])
        if held:
            chosen = min(range(len(crew)), key=lambda worker: loads[worker])
            queue.append((crew[chosen].lines.remote(held), chosen))
        if failure is not None:
            yield from _rest(queue)
            raise failure
    yield from _rest(queue)


def _rest(queue: deque[tuple[Any, int]]) -> Iterator[bytes]:
    while queue:
        yield from _taken(queue.popleft()[0])


def _taken(ref: Any) -> list[bytes]:
    import ray

    try:
        lines: list[bytes] = ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, SemuqError):
            raise cause from error
        raise
    except ray.exceptions.RayError as error:
        what = " ".join(str(error).split())
        raise SemuqError(
            f"worker: lost {RETRIES + 1} times over the same questions ({what:.200}); is there memory for a "
            "copy of the models each? Run the same command again to go on, with fewer workers"
        ) from error
    return lines
