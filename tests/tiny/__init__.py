"""Tiny models with random weights, made in memory: classifiers, a language model, a policy, an encoder."""

from tests.tiny.classifiers import FAMILIES, LABELS, tiny

__all__ = ["FAMILIES", "LABELS", "tiny"]
