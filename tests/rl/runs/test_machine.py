"""A run knows which instructions computed it, and an experiment can pin them."""

import json
import re
import subprocess
import sys
import warnings

import pytest

from semuq.errors import InvalidParameter
from semuq_rl.runs.machine import MACHINE, instruction_set, note_machine, pin_instructions

SCRIPT = """
from semuq_rl.runs.machine import instruction_set, pin_instructions
pin_instructions()
import torch
print(instruction_set(), torch.get_num_threads())
"""


@pytest.mark.slow
def test_pinning_takes_effect_in_a_fresh_process():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"AVX2 \(\w+\), pinned 1", run.stdout.strip())


def test_pinning_after_torch_is_refused():
    import torch

    assert instruction_set().startswith(torch.backends.cpu.get_cpu_capability())
    with pytest.raises(InvalidParameter, match="expected to come before torch is imported"):
        pin_instructions()


def test_a_run_says_with_what_it_was_begun_and_warns_when_it_goes_on_elsewhere(tmp_path):
    here = instruction_set()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert note_machine(tmp_path) == here
        assert note_machine(tmp_path) == here
    (tmp_path / MACHINE).write_text(json.dumps({"instructions": "AVX2 (Other), pinned"}))
    with pytest.warns(UserWarning, match=re.escape(f"begun with AVX2 (Other), pinned, goes on with {here}")):
        assert note_machine(tmp_path) == "AVX2 (Other), pinned"
