"""Estimators as text: what is read, what is refused, and that nothing is evaluated."""

import subprocess
import sys

import pytest

from semuq import (
    ESTIMATORS,
    GRADERS,
    METRICS,
    RELATIONS,
    SAMPLERS,
    ExactMatch,
    Heat,
    InvalidParameter,
    KernelLanguageEntropy,
    Matern,
    SemanticEntropy,
    from_name,
)

# What was fitted is no text: its repr holds a digest, and it is saved and loaded instead.
READABLE = [item for cls in ESTIMATORS for item in cls.examples() if "survives_copying" not in item.law_exceptions]


def test_names_and_keyword_arguments():
    text = "SemanticEntropy, KernelLanguageEntropy(kernel=Heat(t=0.5), worth=(1.0, 0.5, 0.0)),"
    assert ESTIMATORS.read_all(text) == (SemanticEntropy(), KernelLanguageEntropy(kernel=Heat(t=0.5)))
    assert ESTIMATORS.read_all("KernelLanguageEntropy(kernel=Matern(kappa=2, nu=1))") == (
        KernelLanguageEntropy(kernel=Matern(kappa=2, nu=1)),
    )


@pytest.mark.parametrize("estimator", READABLE, ids=repr)
def test_every_repr_reads_back_as_the_estimator(estimator):
    assert ESTIMATORS.read_all(repr(estimator)) == (estimator,)
    assert ESTIMATORS.behind(repr(estimator)) is type(estimator)
    short = ESTIMATORS.short(repr(estimator))
    assert ESTIMATORS.read_all(short) == (estimator,)
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
        ("SemanticEntropy(", "expected names such as"),
        ("Semantic\x00Entropy", "expected names such as"),
        ("(" * 500, "expected names such as"),
        ("", "expected at least one name"),
        ("3", "expected one of"),
    ],
)
def test_what_is_not_a_list_of_estimators_is_refused_with_the_next_step(text, message):
    with pytest.raises(InvalidParameter, match=message):
        ESTIMATORS.read_all(text)


def test_names_of_other_packages_stay_as_they_are():
    assert [ESTIMATORS.short(name) for name in ("Theirs(x=1)", "not ) a name")] == ["Theirs(x=1)", "not ) a name"]
    assert ESTIMATORS.behind("Theirs(x=1)") is None


def made(registry, name):
    """The member with what it must be given, as text."""
    given = {
        "JudgeEquivalence": "(sampler=OpenAISampler(model='judge', base_url='http://127.0.0.1:1', "
        "decoding=Decoding(temperature=0, max_new_tokens=4)))",
        "JudgeGrader": "(sampler=OpenAISampler(model='judge', base_url='http://127.0.0.1:1'))",
        "CodeEquivalence": "(trust_code=True)",
        "FunctionalCorrectness": "(trust_code=True)",
        "Cascade": "(small=Entailment(), large=Entailment(context='question'))",
        "HuggingFaceSampler": "('gpt2')",
        "EntailmentGrader": "(relation=Entailment())",
        "VLLMSampler": "('gpt2')",
        "GGUFSampler": "('model.gguf')",
        "OpenAISampler": "(model='gpt', base_url='http://127.0.0.1:1')",
    }
    if "Callable" in registry[name].__name__:  # a function is no text
        return registry[name](print, "a function")
    return registry.read(name + given.get(registry[name].__name__, ""))


@pytest.mark.parametrize(
    ("registry", "name"),
    [(registry, name) for registry in (RELATIONS, SAMPLERS, GRADERS, METRICS) for name in registry.names],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_every_member_is_made_by_its_name(registry, name):
    member = made(registry, name)
    if registry is METRICS:
        assert isinstance(member([0.9, 0.1], [False, True]), float)
    else:
        assert type(member) is registry[name] is registry[registry[name].__name__]


def test_one_name_means_one_thing_everywhere():
    assert from_name("exact") == RELATIONS.read("ExactMatch") == ExactMatch()
    assert from_name("KernelLanguageEntropy(kernel=Heat(t=0.3))") == KernelLanguageEntropy(kernel=Heat(t=0.3))
    assert from_name("KernelLanguageEntropy(kernel=Heat)") == KernelLanguageEntropy(kernel=Heat())
    assert from_name("EntailmentGrader(relation=exact)").relation == from_name("exact")
    assert from_name("ece(bins=10)")([0.9, 0.1], [False, True]) == pytest.approx(0.1)
    with pytest.raises(InvalidParameter, match=r"got 'exakt'; did you mean exact\?"):
        from_name("exakt")


def test_what_is_missing_is_named():
    with pytest.raises(InvalidParameter, match="JudgeEquivalence: expected a value for sampler, got none"):
        RELATIONS.read("judge")
    with pytest.raises(InvalidParameter, match="relation: expected one name, got 2"):
        RELATIONS.read("exact, maths")


def test_names_are_listed_without_importing_the_members():
    code = "import sys; from semuq import RELATIONS, SAMPLERS; print(RELATIONS.names, 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.endswith(
        "False\n"
    )


def test_members_are_in_their_registry_as_their_names_are():
    assert all(kind in ESTIMATORS and kind.__name__ in ESTIMATORS for kind in ESTIMATORS)
    assert "LearnedEnsembles" not in ESTIMATORS
    assert int not in ESTIMATORS
