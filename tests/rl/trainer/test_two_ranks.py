"""A launch of two processes writes one log: the first process writes, the second only trains along."""

from __future__ import annotations

import collections
import json

import pytest

from semuq_rl.runs.log import RunLog, read_log
from tests.rl.ranks import launch
from tests.rl.runs.test_run import SMALL

pytestmark = pytest.mark.slow


def train(folder, *more):
    """The output of each of two processes that train into one folder."""
    sets = [part for override in SMALL for part in ("--set", override)]
    return launch(folder.parent, "semuq_rl.train", "--recipe", "tiny-addition", "--out", str(folder), *sets, *more)


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks") / "run"
    return folder, train(folder)


def test_one_process_writes(launched):
    folder, ((result, _), (second, progress)) = launched
    assert json.loads(result) == json.loads((folder / "summary.json").read_text())
    assert second == ""
    assert "training" not in progress
    assert "imitation" not in progress
    assert not [path for path in folder.rglob("*") if path.name.startswith("log-")]
    assert len(list((folder / "tensorboard").glob("**/events*"))) == 1
    measured = collections.Counter(record["step"] for record in read_log(folder / "log.jsonl") if "greedy" in record)
    assert measured == {0: 1, 2: 1, 4: 1}


def test_both_start_from_the_same_imitation(launched):
    folder, _ = launched
    assert [path.name for path in (folder / "start").iterdir()] == ["weights.pt"]


def test_no_deprecation_is_shown(launched):
    _, told = launched
    assert all("FutureWarning" not in stderr for _, stderr in told)


def test_both_go_on_from_a_checkpoint(launched):
    folder, _ = launched
    before = (folder / "log.jsonl").read_text()
    (result, _), (second, _) = train(folder, "--resume")
    assert json.loads(result)["steps"] == 4
    assert second == ""
    kept = [record for record in read_log(folder / "log.jsonl") if "greedy" in record]
    assert [record["step"] for record in kept] == [0, 2, 4]
    assert before.splitlines()[0] == (folder / "log.jsonl").read_text().splitlines()[0]


def test_a_log_that_does_not_write_knows_what_it_was_told(tmp_path):
    path = tmp_path / "log.jsonl"
    RunLog(path, keep_to=None).write(1, greedy=0.5)
    before = path.read_bytes()
    quiet = RunLog(path, keep_to=1, writes=False)
    quiet.write(2, reward=float("nan"))
    assert quiet.records == [{"step": 1, "greedy": 0.5}, {"step": 2, "reward": None}]
    assert path.read_bytes() == before
