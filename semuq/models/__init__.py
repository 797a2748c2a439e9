"""The entailment model that comes with semuq: a 22-million-parameter cross-encoder, ready without a download.

`EMBEDDED` is the folder with its files, `load_embedded()` the model and tokenizer, `weights_hash()` what names
it in a cache. What it was trained on, what it reaches and where it fails is in the card, `EMBEDDED / "README.md"`.
"""

from __future__ import annotations

from semuq.models.bundled import EMBEDDED, load_embedded, weights_hash

__all__ = ["EMBEDDED", "load_embedded", "weights_hash"]
