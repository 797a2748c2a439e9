"""What was done about an uncertain answer, kept with it: a sentence for each action, shown by command and report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from semuq.samples.sample_set import SampleSet

__all__ = ["actions_of", "noted"]

FIELD = "actions"
"""Of the metadata."""


def noted(samples: SampleSet, sentence: str) -> SampleSet:
    """The same answers, with one more thing that was done for them.

    >>> samples = noted(SampleSet(prompt="Q", texts=("a",)), "Asked a second time.")
    >>> actions_of(samples.metadata)
    ('Asked a second time.',)
    """
    return replace(samples, metadata={**samples.metadata, FIELD: [*actions_of(samples.metadata), sentence]})


def actions_of(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The sentences in some metadata; none where the field holds something else."""
    found = metadata.get(FIELD)
    return tuple(own for own in found if isinstance(own, str)) if isinstance(found, list | tuple) else ()
