"""The entailment relation: a three-way cross-encoder over every pair of distinct answers.

plan (which pairs) -> pairs (token ids) -> batches (by token budget) -> scorer (forward passes),
put together by `Entailment` in `relation`. `Cascade` is made of two of them,
`SentenceEntailment` of one, for long answers.

The names are imported on first use (PEP 562): whoever reads the rules in `guard` loads no torch.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
