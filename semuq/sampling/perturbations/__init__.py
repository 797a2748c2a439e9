"""Perturbations of a question: nine ways to put it otherwise, and the answers to each, for `SampleSet.perturbations`.

The nine are those of PertBench. Five are rules and need no model (`rules`); four are asked of a sampler (`asked`).
"""

from __future__ import annotations

from semuq.sampling.perturbations.asked import ASKED
from semuq.sampling.perturbations.collect import KINDS, Kind, Perturbation, perturb, with_perturbations
from semuq.sampling.perturbations.rules import RULES

__all__ = ["ASKED", "KINDS", "RULES", "Kind", "Perturbation", "perturb", "with_perturbations"]
