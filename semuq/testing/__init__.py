"""The contracts of estimators, relations and samplers, as checks that anyone can run on their own.

    from semuq.testing import check_estimator
    check_estimator(MyEstimator())

Laws are functions (estimator, rng) whose docstring is the law; they raise AssertionError with the
estimator's name. An estimator that honestly does not obey one says so in `law_exceptions`, with the
reason; an exception that is not needed fails too.
"""

from __future__ import annotations

from semuq.testing.cases import MeaningEmbedder, SameMeaning, make_samples
from semuq.testing.laws import LAWS, Law, check_estimator, laws_for
from semuq.testing.relations import RELATION_LAWS, check_relation
from semuq.testing.samplers import SAMPLER_LAWS, check_sampler

__all__ = [
    "LAWS",
    "RELATION_LAWS",
    "SAMPLER_LAWS",
    "Law",
    "MeaningEmbedder",
    "SameMeaning",
    "check_estimator",
    "check_relation",
    "check_sampler",
    "laws_for",
    "make_samples",
]
