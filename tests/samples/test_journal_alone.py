"""One process writes to a journal at a time: no line is lost or torn, the second one is refused."""

import json
import subprocess
import sys

import pytest

from semuq.errors import InvalidSamples
from semuq.samples.journal import Journal

WRITER = """
import sys
from semuq.errors import InvalidSamples
from semuq.samples.journal import Journal
try:
    with Journal(sys.argv[1]) as journal:
        for number in range(200):
            journal.write({"who": sys.argv[2], "number": number})
except InvalidSamples as error:
    sys.exit(str(error))
"""


def test_a_second_writer_is_refused_while_the_first_is_at_work_and_after_it_has_written(tmp_path):
    path = tmp_path / "a.jsonl"
    first, second = Journal(path), Journal(path)
    assert list(second.records()) == []
    with first:
        first.write({"n": 1})
        with pytest.raises(InvalidSamples, match="another process is writing to it"):
            second.write({"n": 2})
    with pytest.raises(InvalidSamples, match="changed by another process since it was read"):
        second.write({"n": 2})
    with Journal(path) as third:
        assert [record for _, record in third.records()] == [{"n": 1}]
        third.write({"n": 3})
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 3]


def test_outside_a_block_lines_of_one_journal_follow_each_other(tmp_path):
    journal = Journal(tmp_path / "a.jsonl")
    for number in range(3):
        journal.write({"n": number})
    journal.restart()
    journal.write({"n": 9})
    assert [record["n"] for _, record in journal.records()] == [9]


@pytest.mark.slow
def test_four_processes_leave_whole_lines_or_a_refusal(tmp_path):
    path = tmp_path / "a.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(who)], stderr=subprocess.PIPE, text=True)
        for who in range(4)
    ]
    said = [writer.communicate()[1] for writer in writers]
    records = [json.loads(line) for line in path.read_text().splitlines()]
    done = [who for who, writer in enumerate(writers) if writer.returncode == 0]
    assert done
    assert [(record["who"], record["number"]) for record in records if record["who"] in map(str, done)]
    for who in done:
        assert [record["number"] for record in records if record["who"] == str(who)] == list(range(200))
    assert len(records) == 200 * len(done)
    assert all("process" in said[who] for who in range(4) if who not in done)
