"""Decoding's limits, and what a sampler accepts as prompts."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

import semuq.sampling
from semuq.errors import InvalidParameter
from semuq.sampling.asking import as_prompts
from semuq.sampling.base import Decoding, Sampler, check_count


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("temperature", "1"),
        ("temperature", True),
        ("top_p", 0.0),
        ("top_p", 1.01),
        ("top_p", None),
        ("top_k", -1),
        ("top_k", 2.5),
        ("top_k", None),
        ("max_new_tokens", 0),
        ("max_new_tokens", 8.0),
        ("seed", -1),
        ("seed", "a"),
    ],
)
def test_a_value_outside_its_limits_is_refused_by_name(name, value):
    with pytest.raises(InvalidParameter, match=rf"^Decoding\.{name}: expected .*got {value!r}$"):
        Decoding(**{name: value})


def test_limits_themselves_are_legal():
    assert Decoding(temperature=0, top_p=1, top_k=0, max_new_tokens=1, seed=0).greedy
    assert not Decoding(temperature=1e-6).greedy


def test_one_prompt_or_several():
    assert as_prompts("a") == ("a",)
    assert as_prompts(["a", ""]) == ("a", "")


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ([], "at least one prompt, got an empty list"),
        (None, "expected a str or a list of str, got NoneType"),
        (b"a", "got bytes"),
        ({"a": 1}, "got dict"),
        (["a", 3], r"prompts\[1\]: expected str, got int"),
        ([None], r"prompts\[0\]: expected str, got NoneType"),
    ],
)
def test_prompts_that_are_none(prompts, words):
    with pytest.raises(InvalidParameter, match=words):
        as_prompts(prompts)


@pytest.mark.parametrize("n", [0, -1, 2.0, True, None, "3"])
def test_a_number_of_answers_that_is_none(n):
    with pytest.raises(InvalidParameter, match=f"n: expected a whole number >= 1, got {n!r}"):
        check_count(n, Decoding())


def test_greedy_has_one_answer():
    check_count(1, Decoding(temperature=0))
    with pytest.raises(InvalidParameter, match=r"n: expected 1 with temperature=0.* got 2; pass n=1, or temperature"):
        check_count(2, Decoding(temperature=0))


def test_importing_the_package_loads_no_torch():
    code = (
        "import sys, semuq.sampling as s; s.Sampler, s.Decoding; "
        "print('torch' in sys.modules, 'transformers' in sys.modules, sorted(dir(s)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == f"False False {sorted(semuq.sampling.__all__)}"


def test_unknown_name():
    with pytest.raises(AttributeError, match=r"No semuq\.sampling attribute Nothing"):
        semuq.sampling.Nothing  # noqa: B018


def test_the_protocol_is_checkable():
    class Fixed:
        identity = "fixed"

        def sample(self, prompts, *, n=10):
            raise NotImplementedError

    assert isinstance(Fixed(), Sampler)
    assert not isinstance(object(), Sampler)
