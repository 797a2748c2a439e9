"""Evaluation on mathematical benchmarks: generate, grade, count, with what is uncertain about the counts.

`generation` draws rollouts (transformers, or `vllm`), `runner` plans, resumes and grades, `results` counts;
`python -m semuq_rl.evaluate` is the command over them.
"""

from __future__ import annotations

from semuq.binomial import wilson
from semuq_rl.evaluation.generation import Completion, Generator, TransformersGenerator
from semuq_rl.evaluation.results import pass_at_k, summarise
from semuq_rl.evaluation.runner import Settings, evaluate, plan

__all__ = [
    "Completion",
    "Generator",
    "Settings",
    "TransformersGenerator",
    "evaluate",
    "pass_at_k",
    "plan",
    "summarise",
    "wilson",
]
