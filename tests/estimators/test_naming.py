"""What columns are called: short where one name tells, with what differs where two would clash, all on request."""

import itertools

import pytest

from semuq import ESTIMATORS, DiscreteSemanticEntropy, Heat, InvalidParameter, KernelLanguageEntropy, Matern
from semuq.estimators.naming import column_names, short_names

EXAMPLES = [example for kind in ESTIMATORS for example in kind.examples()]


def test_one_of_a_class_is_called_by_its_class():
    assert column_names([DiscreteSemanticEntropy(clustering="components"), KernelLanguageEntropy()]) == (
        "DiscreteSemanticEntropy",
        "KernelLanguageEntropy",
    )


def test_two_of_a_class_are_told_apart_by_what_differs_and_nothing_else():
    kernels = [
        KernelLanguageEntropy(kernel=Heat(t=0.3)),
        KernelLanguageEntropy(kernel=Heat(t=0.5)),
        KernelLanguageEntropy(kernel=Matern(kappa=1.0, nu=1.0), edges="soft"),
    ]
    assert column_names([*kernels[:2], DiscreteSemanticEntropy()]) == (
        "KernelLanguageEntropy(kernel=Heat(t=0.3))",
        "KernelLanguageEntropy(kernel=Heat(t=0.5))",
        "DiscreteSemanticEntropy",
    )
    assert column_names(kernels)[2] == "KernelLanguageEntropy(kernel=Matern(kappa=1.0, nu=1.0), edges='soft')"
    assert len(set(column_names(kernels))) == 3


def test_no_two_examples_of_all_estimators_share_a_name_and_each_begins_with_its_class():
    distinct = list(dict.fromkeys(map(repr, EXAMPLES)))
    called = short_names(distinct)
    assert len(set(called)) == len(distinct)
    for full, short in zip(distinct, called, strict=True):
        assert short.partition("(")[0] == full.partition("(")[0]
        assert len(short) <= len(full)


def test_names_of_any_pair_are_read_back_to_the_same_class():
    for one, other in itertools.pairwise(EXAMPLES):
        if repr(one) != repr(other):
            first, second = column_names([one, other])
            assert first != second
            assert ESTIMATORS.behind(first) is type(one)


@pytest.mark.parametrize(
    "names", [("Theirs<1>", "Theirs<2>"), ("f(1)", "f(2)"), ("A", "A(b=1)"), ("A(", "A)"), ("", "x")]
)
def test_names_that_are_no_calls_stay_as_they_are(names):
    assert short_names(names) == names


def test_full_names_are_reprs_and_another_kind_is_refused():
    assert column_names(EXAMPLES[:3], "full") == tuple(map(repr, EXAMPLES[:3]))
    with pytest.raises(InvalidParameter, match=r"names: expected one of \('short', 'full'\), got 'long'"):
        column_names([], "long")
