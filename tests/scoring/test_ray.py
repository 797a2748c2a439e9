"""Scoring on Ray, with real actors: the same numbers as one process, lost workers, and an output that resumes."""

import gc
import json
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from semuq import (
    DiscreteSemanticEntropy,
    ExactMatch,
    InvalidSamples,
    KernelLanguageEntropy,
    SampleSet,
    Scorer,
    SemuqError,
)
from semuq.cli import app
from semuq.scoring import score_stream
from semuq.scoring.ray import score_lines_on_ray

ray = pytest.importorskip("ray")

pytestmark = [
    pytest.mark.slow,  # Ray takes seconds to start its processes
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]

ESTIMATORS = (DiscreteSemanticEntropy(), KernelLanguageEntropy())


@pytest.fixture(scope="module", autouse=True)
def cluster():
    reason = ""
    try:
        ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False)
    except Exception as error:  # it wants ports, shared memory, and 30 s at most: not every machine gives them
        reason = f"Ray cannot be started here: {error}"
    if reason:
        ray.shutdown()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()  # what it leaves of its processes would be taken for a fault of the next test
        pytest.skip(reason)
    yield
    ray.shutdown()


def questions(count):
    rng = np.random.default_rng(0)
    for index in range(count):
        texts = tuple(f"answer {k}" for k in rng.integers(0, 4, size=6))
        logprobs = [[-1.0], [-2.0]] * 3 if index % 2 else None
        yield SampleSet(id=f"q{index}", prompt=f"Question {index}?", texts=texts, token_logprobs=logprobs)


@dataclass(frozen=True)
class Deadly(ExactMatch):
    """An exact match whose process dies over one question, as often as there are files to take away."""

    folder: str = ""
    question: str = ""
    identity: str = field(default="deadly", init=False)

    def compare(self, batch):
        if any(samples.prompt == self.question for samples in batch):
            for life in Path(self.folder).iterdir():
                life.unlink()
                os._exit(1)
        return super().compare(batch)


def deadly(folder, lives, question="Question 20?"):
    folder.mkdir()
    for life in range(lives):
        (folder / str(life)).touch()
    return Deadly(folder=str(folder), question=question)


def as_records(lines):
    return [json.loads(line) for line in lines]


def in_one_process(samples, estimators, relation):
    return [score.to_dict() for score in score_stream(samples, estimators, relation)]


def test_two_workers_give_the_scores_of_one_process_in_their_order_though_one_is_lost(tmp_path):
    relation = deadly(tmp_path / "lives", 1)
    found = as_records(score_lines_on_ray(questions(40), ESTIMATORS, relation, window=4, workers=2))
    assert not list((tmp_path / "lives").iterdir())
    assert found == in_one_process(questions(40), ESTIMATORS, relation)


def test_a_question_that_kills_every_worker_ends_it_after_those_before(tmp_path, monkeypatch):
    monkeypatch.setattr("semuq.scoring.ray.RETRIES", 1)  # every try starts a process
    relation = deadly(tmp_path / "lives", 100)
    found = []
    with pytest.raises(SemuqError, match="worker: lost 2 times over the same questions"):
        found.extend(score_lines_on_ray(questions(40), ESTIMATORS, relation, window=4, workers=1))
    assert 15 <= len(found) <= 20


def test_an_error_is_told_as_in_one_process_and_what_was_before_it_is_kept():
    def broken():
        yield from questions(10)
        raise InvalidSamples("answers.jsonl, line 11: not valid JSON")

    found = []
    with pytest.raises(InvalidSamples, match="line 11: not valid JSON"):
        found.extend(score_lines_on_ray(broken(), None, ExactMatch(), window=4))
    assert as_records(found) == in_one_process(questions(10), None, ExactMatch())
    with pytest.raises(SemuqError, match="estimators: expected at least one"):
        list(score_lines_on_ray(questions(4), (), ExactMatch()))


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(samples.to_dict()) + "\n" for samples in questions(30)))
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["score", *map(str, arguments), "--relation", "exact"])


def test_the_command_goes_on_with_a_half_written_file_to_the_very_file_of_one_process(answers, tmp_path):
    local, other = tmp_path / "local.jsonl", tmp_path / "ray.jsonl"
    assert run(answers, "-o", local).exit_code == 0
    lines = local.read_bytes().splitlines(keepends=True)
    other.write_bytes(b"".join(lines[:12]) + lines[12][:-20])  # as a kill leaves it
    result = run(answers, "-o", other, "--engine", "ray", "--workers", 2, "--window", 4)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "18 questions scored, 12 already in" in result.stderr
    assert other.read_bytes() == local.read_bytes()


def test_ray_data_gives_the_scores_of_one_process_with_an_actor_killed_in_the_middle(tmp_path):
    relation = deadly(tmp_path / "lives", 1)
    rows = [{"prompt": own.prompt, "texts": list(own.texts), "split": "dev"} for own in questions(40)]
    rows[7]["texts"] = []
    found = (
        ray.data.from_items(rows, override_num_blocks=4)
        .map_batches(
            Scorer,
            fn_constructor_kwargs={"estimators": ESTIMATORS, "relation": relation},
            batch_format="pyarrow",
            batch_size=8,
            compute=ray.data.ActorPoolStrategy(size=2),
        )
        .take_all()
    )
    assert not list((tmp_path / "lives").iterdir())
    by_prompt = {row["prompt"]: row for row in found}
    assert len(by_prompt) == len(found) == 40
    assert by_prompt["Question 7?"]["error"].startswith("texts: expected at least one answer")
    for own in questions(40):
        row = by_prompt[own.prompt]
        assert row["split"] == "dev"
        if own.prompt != "Question 7?":
            (expected,) = Scorer(ESTIMATORS, ExactMatch()).score(SampleSet(prompt=own.prompt, texts=own.texts))
            assert {name: row[name] for name in expected.scores} == expected.scores
            assert tuple(row["clusters"]) == expected.clusters
            assert row["error"] == ""
