"""Samples: a prompt, the answers a model gave to it, and what else is known of them; files of such.

`sample_set` holds the one container, `fields` the checks of its optional fields, `jsonl` reads and writes it,
`replies` and `vllm` read what servers and engines answered, `separation` takes the thoughts of reasoning models off.
"""

from __future__ import annotations

from semuq.samples.fields import LOGPROB_TOLERANCE
from semuq.samples.inspect_logs import read_inspect
from semuq.samples.jsonl import read_samples, write_samples
from semuq.samples.logs import read_answers
from semuq.samples.records import from_records
from semuq.samples.sample_set import SampleSet, as_batch
from semuq.samples.separation import Thought, separate_thoughts
from semuq.samples.thoughts import split_thought

__all__ = [
    "LOGPROB_TOLERANCE",
    "SampleSet",
    "Thought",
    "as_batch",
    "from_records",
    "read_answers",
    "read_inspect",
    "read_samples",
    "separate_thoughts",
    "split_thought",
    "write_samples",
]
