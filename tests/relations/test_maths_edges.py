"""Whole kinds of answers that graders confuse: none of the unequal pairs may be called equal."""

import pytest

from semuq import SampleSet
from semuq.relations.maths import MathEquivalence, decide_pairs, extract_answer

UNEQUAL = [
    *(("5 km/s", "5 km/h"), ("3 eV", "3 keV"), ("5 GB", "5 MB"), ("3 pints", "3 cups"), ("12 dB", "12 Hz")),
    *(("5 million", "5 billion"), ("3 dozen", "3"), ("4 thirds", "4"), ("3 squared", "3"), ("12 March", "12 April")),
    *(("5 more", "5 fewer"), ("17 is prime", "17 is not prime"), ("Team 5", "Meat 5"), ("cat", "act")),
    *(("from A to B in 3 hours", "from B to A in 3 hours"), ("20% increase", "20% decrease")),
    *(("x=1, y=2", "(2,1)"), ("a=3, b=5", "5, 3"), ("(A) or (B)", "(A)"), ("52_8", "52"), ("1, 1, 2", "1, 2")),
    *((r"\frac{1}{2004!}", r"\frac{1}{2006!}"), ("2^{1000}", "2^{1000}+1"), ("|x|", "x"), (r"\sqrt{x^2}", "x")),
    *((r"x \equiv 2 \pmod 5", r"x \equiv 2 \pmod 7"), ("(1,2)", "[1,2]"), ("[1,2,3]", "[3,2,1]"), ("2,3", "2.30001")),
    *(("2020-01-02", "2020-02-01"), ("5th", "5"), ("1990s", "1990"), ("1 2 3", "1 3 2"), ("12:30", "1:30")),
    *(("There are 5 boys.", "There are 5 girls."), ("Tom is 5 years old.", "Tom is 5 months old."), ("-3,0", "-3")),
]
EQUAL = [
    *(("3 km/s", "3000 m/s"), ("2.4 GHz", "2400 MHz"), ("1 g/cm^3", "1000 kg/m^3"), ("5 feet 6 inches", "66 inches")),
    *((r"3\,M_\odot", "3 solar masses"), ("500 cents", "$5"), ("5 nickels", "25 cents"), ("half a million", "500000")),
    *(
        ("two thirds", r"\frac{2}{3}"),
        ("四十二", "42"),
        ("٣٫٥", "3.5"),
        ("1,00,000", "100000"),
        ("1.000.000", "1000000"),
    ),
    *((r"0.\overline{3}", "1/3"), ("101_2", "5"), ("3,14", "3.14"), ("root 2", r"\sqrt{2}"), ("7 choose 3", "35")),
    *(("sin(30°)", "0.5"), (r"\langle 2,5\rangle", "(2,5)"), ("x=1, y=2", "y=2, x=1"), ("A and C", "C and A")),
    *(("There are 42 apples.", "42"), ("42<|im_end|>", "42"), ("5\ufe0f\u20e3", "5"), ("\x1b[1m42\x1b[0m", "42")),
    *(("x<2 or x>3", r"(-\infty,2)\cup(3,\infty)"), (r"x \equiv 2 \pmod 5", r"x \equiv 7 \pmod 5"), ("≈ 3.14", "3.14")),
]


def related(pairs):
    scores = MathEquivalence(time_limit=30).compare([SampleSet(prompt="?", texts=pair) for pair in pairs])
    return [bool(own.equivalence()[0, 1]) for own in scores]


def test_no_unequal_pair_is_called_equal():
    assert [pair for pair, same in zip(UNEQUAL, related(UNEQUAL), strict=True) if same] == []


def test_equal_pairs_are_called_equal():
    assert [pair for pair, same in zip(EQUAL, related(EQUAL), strict=True) if not same] == []


def test_a_bare_number_takes_the_one_unit_that_the_others_state():
    one, two = ("25 cm^2", "25", "25 cm²"), ("25 cm^2", "25", "25 m^2")
    relation = MathEquivalence()
    assert relation.compare(SampleSet(prompt="?", texts=one))[0].equivalence().all()
    assert relation.compare(SampleSet(prompt="?", texts=two))[0].equivalence().sum() == 3
    apart = MathEquivalence(shared_unit=False)
    assert not apart.compare(SampleSet(prompt="?", texts=one))[0].equivalence()[0, 1]
    assert apart.identity != relation.identity
    rules = ("never", "second", "either")
    assert decide_pairs([("5 km", "5")] * 3, missing_units=rules) == [False, True, True]
    assert decide_pairs([("5", "5 km")] * 3, missing_units=rules) == [False, False, True]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>5? no</think>The answer is 7.", "7"),
        ("<think>Perhaps 4", ""),
        ("#### 18\n\nQuestion: Next?\n#### 7", "18"),
        (r"\boxed{2} and \boxed{3}", "2, 3"),
        (r"\boxed{42}\boxed{}", "42"),
        ("The answer is 42. The answer is 42. The answer is 4", "42"),
        ("The answer is not 5, it is 6.", "6"),
        ("Die Antwort ist 42.", "42"),
        ("答えは9です。", "9"),
        ("The answer is 42!", "42"),
        ("The total is 72 clips, altogether.", "72"),
        ("There are 42 apples.", "42"),
        ('{"answer": 9}', "9"),
    ],
)
def test_the_answer_is_found_whatever_stands_around_it(text, answer):
    assert extract_answer(text) == answer
