"""The errors semuq raises on purpose.

    SemuqError
    ├── InvalidParameter   a setting is outside its limits          (also a ValueError)
    ├── InvalidSamples     answers or their log-probs are malformed (also a ValueError)
    ├── MissingEvidence    an estimator needs what was not given    (also a ValueError)
    ├── InvalidModel       a model cannot be used for this purpose  (also a ValueError)
    └── MissingExtra       an optional package is not installed     (also an ImportError)

Every message reads `argument: expected X, got Y; do Z`.
"""

from __future__ import annotations

__all__ = [
    "InvalidModel",
    "InvalidParameter",
    "InvalidSamples",
    "MissingEvidence",
    "MissingExtra",
    "SemuqError",
]


class SemuqError(Exception):
    """Base of everything semuq raises on purpose."""


class InvalidParameter(SemuqError, ValueError):
    """A parameter is outside its limits."""


class InvalidSamples(SemuqError, ValueError):
    """Answers, their log-probs or a file of them are malformed."""


class MissingEvidence(SemuqError, ValueError):
    """An estimator needs evidence that the batch does not have and nobody supplied."""


class InvalidModel(SemuqError, ValueError):
    """A model lacks what its role needs: a head, known labels, readable weights."""


class MissingExtra(SemuqError, ImportError):
    """An optional package is missing; the message holds the `pip install` line."""
