"""Architectures computed without padding, with a choice of how matrices are multiplied."""

from __future__ import annotations
