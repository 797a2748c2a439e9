"""A run knows which instructions computed it, and an experiment can pin them."""

import subprocess
import sys

import pytest

from semuq.errors import InvalidParameter
from semuq_rl.runs.machine import instruction_set, pin_instructions

SCRIPT = """
from semuq_rl.runs.machine import instruction_set, pin_instructions
pin_instructions()
import torch
print(instruction_set(), torch.get_num_threads())
"""


@pytest.mark.slow
def test_pinning_takes_effect_in_a_fresh_process():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "AVX2, pinned 1"


def test_pinning_after_torch_is_refused():
    import torch

    assert instruction_set().startswith(torch.backends.cpu.get_cpu_capability())
    with pytest.raises(InvalidParameter, match="expected to come before torch is imported"):
        pin_instructions()
