"""The contract checks catch estimators that are broken on purpose, each by the law it breaks."""

from __future__ import annotations

import ast
import inspect
import math
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from semuq import DiscreteSemanticEntropy, SemanticEntropy
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import AnswerEstimator, PerQuestionEstimator
from semuq.evidence import Need
from semuq.numerics import entropy
from semuq.testing import LAWS, Law, check_estimator, laws_for


@dataclass(frozen=True, kw_only=True)
class Honest(PerQuestionEstimator):
    """Counts meanings as it should.

    What it says. High: many meanings.
    Low: one meaning.
    A base for the broken ones below.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[str] = "nats"
    papers: ClassVar[tuple[str, ...]] = ("none",)

    def bounds(self, n):
        return (0.0, math.log(n))

    def _score_one(self, view):
        return entropy(np.bincount(view.clusters()))


def variant(name, **members):
    """A subclass of Honest that does one thing wrong."""
    kind = type(name, (Honest,), {"__doc__": Honest.__doc__, "__module__": __name__, **members})
    kind = dataclass(frozen=True, kw_only=True, repr=False)(kind)
    globals()[name] = kind
    return kind()


def score(function):
    return {"_score_one": lambda self, view: function(view), "bounds": lambda self, n: (-100.0, 100.0)}


_CALLS = iter(range(10**9))

BROKEN = {
    "first_answer_counts_double": (
        score(lambda view: entropy(np.bincount(view.clusters())[::-1] * [2, *[1] * view.clusters().max()])),
        "order|identical|distinct|merge",
    ),
    "depends_on_length_of_the_first": (
        score(lambda view: float(len(view.samples.texts[0]) + int(view.samples.texts[0][-1]))),
        "order",
    ),
    "never_the_same_twice": (
        score(lambda view: float(next(_CALLS))),
        "order of the answers matters|bounds|outside|then|batch",
    ),
    "inverted": (score(lambda view: -entropy(np.bincount(view.clusters()))), "identical|distinct|merging"),
    "constant_nan": (score(lambda view: float("nan")), "a bug in the estimator"),
    "outside_its_bounds": ({"bounds": lambda self, n: (0.0, 0.1)}, "outside"),
    "peeks_at_likelihoods": (score(lambda view: float(view.samples.token_logprobs is not None)), "does not declare"),
    "sum_instead_of_mean": (score(lambda view: float(view.n * entropy(np.bincount(view.clusters())))), "seen twice"),
    "no_paper": ({"papers": ()}, "names no paper"),
    "no_docstring": ({"__doc__": "Short."}, "no docstring"),
    "unknown_units": ({"units": "bits"}, "units 'bits'"),
    "needs_as_list": ({"needs": [Need.RELATION]}, "not a frozenset"),
    "claims_what_it_does_not_need": (
        {
            "needs": frozenset({Need.RELATION, Need.EMBEDDINGS}),
            **score(lambda view: 0.0),
            "score_evidence": lambda self, evidence: np.zeros(len(evidence)),
        },
        "scores without",
    ),
    "unneeded_exception": ({"law_exceptions": property(lambda self: {"order": "because"})}, "remove the exception"),
    "exception_without_reason": ({"law_exceptions": property(lambda self: {"doubling": " "})}, "has no reason"),
    "exception_from_no_law": (
        {"law_exceptions": property(lambda self: {"gravity": "light"})},
        "laws that do not apply",
    ),
    "disordered_bounds": ({"bounds": lambda self, n: (math.log(n) + 1, 0.0)}, "not ordered"),
    "own_batch_matters": (
        {
            "bounds": lambda self, n: (0.0, 100.0),
            "score_evidence": lambda self, evidence: np.full(len(evidence), float(len(evidence))),
        },
        "batch mates matter",
    ),
}


@dataclass(frozen=True, kw_only=True)
class HonestOfAnswers(Honest, AnswerEstimator):
    """Counts meanings, and scores answers by the share of others that differ.

    What it says. High: alone.
    Low: in company.
    A base for the broken ones below.
    """

    def _stack_answers(self, stack):
        clusters = stack.clusters()
        return (clusters[:, :, None] != clusters[:, None, :]).mean(axis=2)


@dataclass(frozen=True, kw_only=True)
class InOrderOfAppearance(HonestOfAnswers):
    """Scores answers by their place.

    It is broken:
    their order
    matters.
    """

    def _stack_answers(self, stack):
        return np.sort(super()._stack_answers(stack), axis=1)


@dataclass(frozen=True, kw_only=True)
class FirstOfEach(HonestOfAnswers):
    """Scores an answer that was said before as certain.

    It is broken:
    copies of an answer
    differ.
    """

    def _stack_answers(self, stack):
        return stack.texts == np.arange(stack.n)


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (InOrderOfAppearance(), "the scores of answers do not follow their answers"),
        (FirstOfEach(), "copies of an answer score differently"),
    ],
)
def test_broken_scores_of_answers_are_caught(broken, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check_estimator(broken)


@dataclass(frozen=True, kw_only=True)
class Unshifted(SemanticEntropy):
    """Adds the likelihood itself to the score.

    It is broken:
    a constant added to all
    log-probs matters.
    """

    def bounds(self, n):
        return (-np.inf, np.inf)

    def _score_stack(self, stack):
        return super()._score_stack(stack) - stack.loglik(length_normalised=True).max(axis=1)


@dataclass(kw_only=True, eq=True)
class Changing:
    """Mutable."""


BREAKS = {
    "facts": variant("NoUnits", units="bits"),
    "survives_copying": variant("Elsewhere", __repr__=lambda self: "Elsewhere(nowhere=1)"),
    "finite": variant("Beyond", bounds=lambda self, n: (0.0, 0.1)),
    "order": variant("FirstAnswer", **score(lambda view: float(view.samples.texts[0][-1] in "02468"))),
    "ties": variant(
        "Unrounded",
        needs=frozenset({Need.LIKELIHOODS}),
        _checked=lambda self, stack: stack.loglik(length_normalised=False).sum(axis=1),
    ),
    "batch_singles": variant(
        "Batchwise",
        bounds=lambda self, n: (0.0, 100.0),
        score_evidence=lambda self, evidence: np.full(len(evidence), float(len(evidence))),
    ),
    "repeatable": variant("Restless", **score(lambda view: float(next(_CALLS)))),
    "declared_needs": variant("Peeping", **score(lambda view: float(view.samples.p_true is not None))),
    "identical_minimum": variant("UpsideDown", **score(lambda view: -entropy(np.bincount(view.clusters())))),
    "distinct_maximum": variant("Doublets", **score(lambda view: -abs(float(view.clusters().max()) - 1.0))),
    "cluster_merge": variant("Gap", **score(lambda view: -float(len(set(view.clusters().tolist()))))),
    "logprob_shift": variant(
        "Likely",
        needs=frozenset({Need.LIKELIHOODS}),
        **score(lambda view: float(view.loglik(length_normalised=True).max())),
    ),
    "doubling": variant("Counting", **score(lambda view: float(view.n))),
}
"""Law -> an estimator that breaks it."""


def repeatedly(law, estimator):
    for seed in range(3):
        law(estimator, np.random.default_rng(seed))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_every_law_catches_an_estimator_that_breaks_it_and_lets_an_honest_one_pass(law):
    if law.name.startswith("answer_"):
        broken = {"answer_order": InOrderOfAppearance(), "answer_copies": FirstOfEach()}[law.name]
    else:
        broken = BREAKS[law.name]
    with pytest.raises((AssertionError, ArithmeticError)):
        repeatedly(law, broken)
    repeatedly(law, HonestOfAnswers())


def test_a_tie_is_more_than_a_small_difference():
    unrounded = BREAKS["ties"]
    (order,) = [law for law in LAWS if law.name == "order"]
    repeatedly(order, unrounded)  # equal up to rounding, which is all that this law asks


class Counting(ast.NodeTransformer):
    """Puts a line before each assert statement that counts it."""

    def visit_Assert(self, node):
        return [ast.parse("ASSERTED.append(1)").body[0], node]


def counted(source):
    """What a module's text defines, and the list that grows by one for each assert statement come by."""
    module = types.ModuleType("counted_laws")
    module.ASSERTED = []
    sys.modules[module.__name__] = module  # dataclasses look it up
    exec(compile(ast.fix_missing_locations(Counting().visit(ast.parse(source))), "<counted>", "exec"), vars(module))
    return module


@pytest.fixture(scope="module")
def counted_laws():
    laws = counted(Path(inspect.getfile(Law)).read_text())
    laws.CASES = 1
    yield laws
    del sys.modules["counted_laws"]


@pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_no_check_passes_empty(kind, counted_laws):
    run, empty = set(), []
    for estimator in kind.examples():
        for law in counted_laws.laws_for(estimator):
            if law.name in estimator.law_exceptions or law.name in run:
                continue
            run.add(law.name)
            counted_laws.ASSERTED.clear()
            law(estimator, np.random.default_rng(0))
            empty += [] if counted_laws.ASSERTED else [law.name]
    assert empty == []
    assert len(run) >= 8


def test_a_check_that_asserts_nothing_is_counted_as_empty():
    made = counted("def silent():\n    if False:\n        assert True\n\ndef loud():\n    assert True\n")
    made.silent()
    assert made.ASSERTED == []
    made.loud()
    assert made.ASSERTED == [1]


def test_laws_that_say_nothing_of_an_estimator_are_left_out():
    assert {law.name for law in LAWS} - {law.name for law in laws_for(Honest())} == {
        "logprob_shift",
        "answer_order",
        "answer_copies",
    }
    assert len(laws_for(HonestOfAnswers())) == len(LAWS) - 1


def test_the_honest_ones_pass():
    check_estimator(Honest())
    check_estimator(HonestOfAnswers(), rounds=1)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_estimators_are_caught(name):
    members, complaint = BROKEN[name]
    with pytest.raises((AssertionError, ArithmeticError), match=complaint):
        check_estimator(variant(name, **members))


def test_a_score_that_moves_with_the_likelihoods_is_caught():
    with pytest.raises(AssertionError, match="a constant added to all log-probs matters"):
        check_estimator(Unshifted())


def test_an_estimator_that_cannot_be_rebuilt_from_its_repr_is_caught():
    class Secretive(DiscreteSemanticEntropy):
        __doc__ = DiscreteSemanticEntropy.__doc__

        def __repr__(self):
            return "DiscreteSemanticEntropy(clustering='components')"

    with pytest.raises((AssertionError, AttributeError)):
        check_estimator(Secretive())
