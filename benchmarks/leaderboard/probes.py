"""`python -m benchmarks.leaderboard.probes`: what a linear probe of one answer's state is worth, here and elsewhere.

Reads the states of the greedy answers at a few layers, fits a `SemanticEntropyProbe` (on the discrete semantic entropy
of the sampled answers) and a `CorrectnessProbe` (on their grades), and asks both which greedy answers are wrong: in the
set that they were fitted on, each question by a probe that never saw it, and in a set that they never saw.
Writes benchmarks/results/probes.json and the page. The states (2 MB a set) are not committed: the model is needed.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.cross_fitting import FOLDS, Places, cross_fitted
from benchmarks.leaderboard.__main__ import RESULTS, judge, publish, write
from benchmarks.leaderboard.answers import Record, answered, digest
from benchmarks.leaderboard.measures import auroc_of, draws
from benchmarks.leaderboard.models import HERE, OFFICIAL, Model, read_model
from benchmarks.leaderboard.questions import DataSet, Question, read_datasets
from benchmarks.leaderboard.results import LEAST_ACCURACY
from benchmarks.leaderboard.sampling import Say, Store
from benchmarks.machine import hardware
from semuq.errors import InvalidModel
from semuq.estimators import CorrectnessProbe, SemanticEntropyProbe
from semuq.fitted.probes import LinearProbe
from semuq.numerics import FloatArray

Row = dict[str, Any]

SHARES = (0.25, 0.5, 0.75)
"""Of the way through the layers."""
LABELS = {SemanticEntropyProbe.__name__: LinearProbe.of_entropy, CorrectnessProbe.__name__: LinearProbe.of_correctness}
"""What fits each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """The greedy answers of one set.

    Args:
        states: (layers, questions, d); right: (questions,) 0 or 1; entropy: (questions,) of the sampled answers.
    """

    title: str
    states: FloatArray
    right: FloatArray
    entropy: FloatArray

    def labels(self, kind: str) -> FloatArray:
        """What a probe is fitted to."""
        return self.entropy if kind == SemanticEntropyProbe.__name__ else self.right


def states_of(
    data: DataSet, pairs: Sequence[tuple[Question, Record]], model: Model, work: Path, say: Say
) -> FloatArray:
    """(layers, questions, d), read once and kept in the folder of unfinished work."""
    path = work / f"{data.name}.states.npz"
    named = [digest(record) for _, record in pairs]
    if path.is_file():
        with np.load(path) as kept:
            if kept["answers"].tolist() == named:
                return np.asarray(kept["states"], dtype=np.float64)
    prober = model.prober()
    if prober is None:
        raise InvalidModel(f"{model.name}: expected a model whose states can be read, asked without a chat template")
    depth = prober.loaded.model.config.num_hidden_layers
    layers = [round(share * depth) for share in SHARES]
    found = []
    for index, (_, record) in enumerate(pairs):
        found.append(prober.states(record["prompt"], record["metadata"]["greedy"]["texts"][0], layers))
        if index % 50 == 49:
            say(f"{data.name}: states of {index + 1} answers")
    states = np.stack(found, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, states=states.astype(np.float32), answers=np.array(named))
    return states


def within(own: Known, kind: str, layer: int, seed: int = 0) -> FloatArray:
    """(questions,) each scored by a probe fitted on the other four fifths of its set."""

    def scores(inside: Places, outside: Places) -> FloatArray:
        return LABELS[kind](own.states[layer, inside], own.labels(kind)[inside]).probability(own.states[layer, outside])

    return cross_fitted(own.right, scores, seed=seed)


def across(own: Known, others: Sequence[Known], kind: str, layer: int) -> FloatArray:
    """(questions,) scored by a probe fitted on all other sets."""
    states = np.concatenate([other.states[layer] for other in others])
    labels = np.concatenate([other.labels(kind) for other in others])
    return LABELS[kind](states, labels).probability(own.states[layer])


def rows(sets: Sequence[Known], n_resamples: int = 1000, seed: int = 0) -> Iterator[Row]:
    """AUROC of each probe at each layer on each set, and of the entropy that it was to save."""
    for own in sets:
        counts = draws(len(own.right), n_resamples, seed)
        entropy = auroc_of(own.entropy, own.right, counts)
        yield {"set": own.title, "score": "DiscreteSemanticEntropy", "layer": None, "within": entropy}
        others = [other for other in sets if other is not own]
        for kind in LABELS:
            for layer, share in enumerate(SHARES):
                here = auroc_of(within(own, kind, layer), own.right, counts)
                row = {"set": own.title, "score": kind, "layer": share, "within": here}
                there = auroc_of(across(own, others, kind, layer), own.right, counts) if others else None
                yield row | ({"across": there} if others else {})


def main(
    chosen: Annotated[
        list[str] | None, typer.Option("--set", help="A set of questions; repeatable, all of them if left out.")
    ] = None,
    model: Annotated[str, typer.Option(help="A model that answered.")] = OFFICIAL[0],
    work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/leaderboard"),
    out: Annotated[Path | None, typer.Option(help="Folder of the results, in place of the repository's own.")] = None,
) -> None:
    """Read, fit, measure, and write the page anew."""
    asked = read_model(model)
    store = Store(work=work / asked.name, kept=HERE / "answers" / asked.name)
    known = []
    for data in read_datasets(chosen or ()):
        pairs = answered(data.load(), store.read(data))
        judged = judge(asked, data, store, None, True, True) if pairs else None
        if judged is None or not LEAST_ACCURACY <= judged.grades.greedy.mean() <= 1 - LEAST_ACCURACY:
            continue
        known.append(
            Known(
                title=f"{data.title} ({len(pairs)})",
                states=states_of(data, pairs, asked, store.work, typer.echo),
                right=judged.grades.greedy,
                entropy=judged.scores.question["DiscreteSemanticEntropy"],
            )
        )
    write(
        (RESULTS if out is None else out) / "probes.json",
        {
            "command": " ".join(
                ["python -m benchmarks.leaderboard.probes", *(f"--set {name}" for name in chosen or ())]
            ),
            "model": asked.name,
            "folds": FOLDS,
            "rows": list(rows(known)),
            "hardware": hardware(),
            "versions": {name: version(name) for name in ("semuq", "torch", "transformers", "numpy", "scikit-learn")}
            | {"python": platform.python_version()},
        },
    )
    publish(out)


if __name__ == "__main__":
    typer.run(main)
