"""The sample stage: every set of questions to the model, a part of each set in turn, resumable at any moment."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.leaderboard.answers import answered, append, pack_grown, read_growing, read_packed, record
from benchmarks.leaderboard.models import Model
from benchmarks.leaderboard.questions import DataSet, Question
from semuq.errors import InvalidParameter
from semuq.samples import SampleSet
from semuq.sampling import HuggingFaceSampler, Sampler

CHUNK = 24
"""Questions between two writes: what a kill can lose."""

ROUNDS = (24, 48, 96, 200, 400, 10_000)
"""Every set has so many questions before any gets more."""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Store:
    """The two places of the answers of one model."""

    work: Path
    kept: Path

    def growing(self, data: DataSet) -> Path:
        """The file that sampling adds to."""
        return self.work / f"{data.name}.jsonl"

    def packed(self, data: DataSet) -> Path:
        """The file that is kept."""
        return self.kept / f"{data.name}.jsonl.xz"

    def read(self, data: DataSet) -> dict[str, dict]:
        """All answers there are, by question."""
        return read_packed(self.packed(data)) | read_growing(self.growing(data))


def sample(
    sets: Sequence[DataSet], model: Model, store: Store, *, limit: int | None, seconds: float | None, say: Say
) -> None:
    """Ask what has not been asked yet, then pack. Stops after `seconds` with what there is."""
    end = None if seconds is None else time.monotonic() + seconds
    questions = {data.name: data.load(limit) for data in sets}
    try:
        for target in ROUNDS:
            for data in sets:
                _ask(data, questions[data.name][:target], model, store, end, say)
    finally:
        for data in sets:
            pack_grown(store.packed(data), store.growing(data))


def _ask(data: DataSet, questions: Sequence[Question], model: Model, store: Store, end: float | None, say: Say) -> None:
    have = {question.id for question, _ in answered(questions, store.read(data))}
    open_ = [question for question in questions if question.id not in have]
    if not open_ or (end is not None and time.monotonic() > end):
        return
    greedy, drawn = model.ask(data.ask, greedy=True), model.ask(data.ask, greedy=False)
    _same_model(store, data, {"greedy": greedy.identity, "sampled": drawn.identity})
    for start in range(0, len(open_), CHUNK):
        if end is not None and time.monotonic() > end:
            return
        began = time.monotonic()
        part = open_[start : start + CHUNK]
        prompts = [question.prompt for question in part]
        pairs = _both(drawn, greedy, prompts, model.answers)
        append(store.growing(data), [record(own, *pair) for own, pair in zip(part, pairs, strict=True)])
        tokens = sum(len(own) for pair in pairs for samples in pair for own in samples.token_logprobs or ())
        took = time.monotonic() - began
        say(f"{data.name}: {len(have) + start + len(part)} questions, {tokens / took:.0f} tokens/s")


def _both(drawn: Sampler, greedy: Sampler, prompts: Sequence[str], n: int) -> list[tuple[SampleSet, SampleSet]]:
    """n answers and the greedy one to each prompt, from one reading of it where the sampler can."""
    if isinstance(drawn, HuggingFaceSampler):
        return drawn.sample_beside_greedy(prompts, n=n)
    return list(zip(drawn.sample(prompts, n=n), greedy.sample(prompts, n=1), strict=True))


def _same_model(store: Store, data: DataSet, identity: Mapping[str, str]) -> None:
    """Refuse to add one model's answers to another's; remember whose they are."""
    path = store.kept / "samplers.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    before = known.get(data.name)
    if before is not None and before != dict(identity) and store.read(data):
        raise InvalidParameter(
            f"answers to {data.name}: they are from another sampler\n  {before}\nthan asked for now\n  {identity}\n"
            f"remove {store.packed(data).name} and {store.growing(data).name} to start afresh, "
            "or name the model otherwise"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**known, data.name: dict(identity)}, indent=1, sort_keys=True) + "\n")
