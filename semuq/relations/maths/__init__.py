"""Equality of mathematical answers: what an answer's final result is, and whether two results are the same.

`extraction` finds the final answer in a text, in a sentence by `statements`; `notation` brings it to one way of
writing, `prose` tells words from mathematics, `structure` takes it apart, `compare` and `decide` say what is equal,
`worker` asks `algebra` about expressions in a process of its own, `pool` keeps those processes under a hard time limit,
`relation` is the public class over all of it. Numbers and units are read by `semuq.relations.values`.
"""

from __future__ import annotations

from semuq.relations.maths.decide import decide_pairs
from semuq.relations.maths.extraction import Extract, extract_answer
from semuq.relations.maths.pool import shutdown_workers
from semuq.relations.maths.relation import MathEquivalence

__all__ = ["Extract", "MathEquivalence", "decide_pairs", "extract_answer", "shutdown_workers"]
