"""Estimators as text: what is read, what is refused, and that nothing is evaluated."""

import pytest

from semuq import ESTIMATORS, Heat, InvalidParameter, KernelLanguageEntropy, Matern, SemanticEntropy
from semuq.estimators.naming import family, parse_estimators, short_names

# What was fitted is no text: its repr holds a digest, and it is saved and loaded instead.
READABLE = [item for cls in ESTIMATORS for item in cls.examples() if "survives_copying" not in item.law_exceptions]


def test_names_and_keyword_arguments():
    text = "SemanticEntropy, KernelLanguageEntropy(kernel=Heat(t=0.5), worth=(1.0, 0.5, 0.0)),"
    assert parse_estimators(text) == (SemanticEntropy(), KernelLanguageEntropy(kernel=Heat(t=0.5)))
    assert parse_estimators("KernelLanguageEntropy(kernel=Matern(kappa=2, nu=1))") == (
        KernelLanguageEntropy(kernel=Matern(kappa=2, nu=1)),
    )


@pytest.mark.parametrize("estimator", READABLE, ids=repr)
def test_every_repr_reads_back_as_the_estimator(estimator):
    assert parse_estimators(repr(estimator)) == (estimator,)
    assert family(repr(estimator)) is type(estimator)
    short = short_names([repr(estimator)])[repr(estimator)]
    assert parse_estimators(short) == (estimator,)
    assert len(short) <= len(repr(estimator))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SemantcEntropy", "did you mean SemanticEntropy"),
        ("semanticentropy", "did you mean SemanticEntropy"),
        ("KernelLanguageEntropy(kernl=1)", "did you mean kernel"),
        ("KernelLanguageEntropy(kernel=Heet(t=1))", "did you mean Heat"),
        ("KernelLanguageEntropy(Heat(t=1))", "expected keyword arguments"),
        ("KernelLanguageEntropy(**{})", "expected one of its parameters"),
        ("KernelLanguageEntropy(kernel=Heat(t=-1))", "expected a finite number > 0"),
        ("SemanticEntropy(form='x')", "expected one of"),
        ("SemanticEntropy(form=open('/etc/passwd'))", "expected one of"),
        ("SemanticEntropy(form=[].append)", "expected a plain value"),
        ("__import__('os').system('true')", "expected one of"),
        ("SemanticEntropy], [SemanticEntropy", "expected at least one name"),
        ("SemanticEntropy(", "expected a list such as"),
        ("Semantic\x00Entropy", "expected a list such as"),
        ("(" * 500, "expected a list such as"),
        ("", "expected at least one name"),
        ("3", "expected one of"),
    ],
)
def test_what_is_not_a_list_of_estimators_is_refused_with_the_next_step(text, message):
    with pytest.raises(InvalidParameter, match=message):
        parse_estimators(text)


def test_names_of_other_packages_stay_as_they_are():
    assert short_names(["Theirs(x=1)", "not ) a name"]) == {
        "Theirs(x=1)": "Theirs(x=1)",
        "not ) a name": "not ) a name",
    }
    assert family("Theirs(x=1)") is None
