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
    *(("A$7", "US$7"), ("[2, 9]", r"\{2, 9\}"), ("f'(x) = 3x", "f(x) = 3x"), ("y' = 3x", "y = 3x"), ("0b11", "11")),
    *(("FF_{16}", "254"), ("1 in 3", "1 in 5"), ("10⁻²", "10²"), ("20° 30'", "20.3°"), ("4:15 PM", "4:15 AM")),
    *(("noon", "midnight"), ("half past four", "half past five"), ("2021-07-08", "2021-08-07"), ("5万", "5000")),
    *(("四分之三", "四分之一"), ("|x| < 2", "|x| > 2"), ("-3x < 9", "x < -3"), (r"x \in (1,2)", r"x \notin (1,2)")),
    *((r"3\mathbf{i}+4\mathbf{j}", r"4\mathbf{i}+3\mathbf{j}"), (r"2\begin{pmatrix}1&2\end{pmatrix}", "(1, 4)")),
    *((r"{}_6C_2", r"{}_6P_2"), ("the 3rd term", "the 4th term"), ("2 rad", "2°"), ("x^2 > 4", "x > 2")),
    *((r"\mathbb{R} \setminus \{1\}", r"\mathbb{R} \setminus \{2\}"), ("floor(2.7)", "3"), ("floor(-2.5)", "-2")),
    *(("There are 5 boys.", "There are 5 girls."), ("Tom is 5 years old.", "Tom is 5 months old."), ("-3,0", "-3")),
    *(("r", "R"), (r"\pi r^2", r"\pi R^2"), ("R - r", "0"), ("r = 2", "R = 2"), ("2^N", "2^n"), (r"f(x)", "f(X)")),
    *((r"\{\emptyset\}", r"\emptyset"), (r"\{\varnothing\}", r"\{\}")),
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
    *(("0b110", "6"), ("0o11", "9"), ("AB_{16}", "171"), ("110 (base 2)", "6"), (r"110_{\text{two}}", "6")),
    *(("1 in 8", "12.5%"), ("2_500_000", "2500000"), ("10⁻²", "0.01"), ("20° 30'", "20.5°"), ("4:15 PM", "16:15")),
    *(("4:15 p.m.", "4:15 PM"), ("noon", "12 PM"), ("half past four", "4:30"), ("2021-07-08", "July 8, 2021")),
    *(("5万", "50000"), ("四分之三", "0.75"), ("百分之五", "5%"), ("负七", "-7"), ("3万5千", "35000")),
    *(("|x| < 2", "-2 < x < 2"), ("-3x < 9", "x > -3"), ("x^2 > 4", "x < -2 or x > 2"), ("|x-2| >= 1", "x<=1 or x>=3")),
    *((r"3\mathbf{i}+4\mathbf{j}", "(3, 4)"), (r"\hat{i} - 2\hat{k}", r"\langle 1, 0, -2 \rangle")),
    *(
        (r"3\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}3\\6\end{pmatrix}"),
        (r"{}_6C_2", "15"),
        ("{}^5P_2", "20"),
    ),
    *((r"\frac{\pi}{4} rad", r"45^\circ"), ("π radians", "180 degrees"), (r"\frac{2+2i}{1-i}", "2i"), ("1/i", "-i")),
    *((r"3 \frac{\text{kg}}{\text{m}^3}", "3 kg/m^3"), (r"\{x \mid x > 1\}", r"(1, \infty)"), ("floor(2.7)", "2")),
    *((r"\mathbb{R} \setminus \{1, 3\}", r"(-\infty,1)\cup(1,3)\cup(3,\infty)"), ("the 3rd term", "the third term")),
    *((r"\log_e y", r"\ln y"), ("80 beats per minute", "80 bpm"), ("24 fl oz", "3 cups"), ("‑9", "-9")),
    *(("x<2 or x>3", r"(-\infty,2)\cup(3,\infty)"), (r"x \equiv 2 \pmod 5", r"x \equiv 7 \pmod 5"), ("≈ 3.14", "3.14")),
    *(
        (r"\frac{V}{R}", "V/R"),
        ("2 + 3I", "2 + 3i"),
        ("X > 3", r"(3, \infty)"),
        ("R + r", "r + R"),
        (r"\{\}", r"\varnothing"),
    ),
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
        ("{'answer': 9}", "9"),
        ('So it is:\n```json\n{"result": 9}\n```', "9"),
        ("<|channel|>analysis<|message|>8<|end|><|start|>assistant<|channel|>final<|message|>It is 9.<|return|>", "9"),
        ("The answer is 8. Wait, no, it should be 9.", "9"),
        ("**The answer is 9.** Ask me for 1 more.", "9"),
        ("It costs $3 x 3 = $9.", "$9"),
        ("Sum = 2 + 3 + 4 = 9.", "9"),
        (r"Hence there are $\binom{9}{1} = 9$ paths.", "9"),
        ("It lasts 2 hours and 5 minutes.", "2 hours and 5 minutes"),
        ("It's 9, not 6.", "9"),
        ("9, that's my final answer.", "9"),
        ("It began at 9:30 p.m.", "9:30 p.m."),
        ("∴ 9", "9"),
        ("Ans. 9", "9"),
        ("They are 1, 4 and 9.", "1, 4 and 9"),
        ("The ratio is 9:4.", "9:4"),
        (r"\boxed{\text{Answer: } 9}", "9"),
        ("The answer is 9 (nine).", "9"),
        ("Final answer - 9", "9"),
        ("She had 12, 3 broke, so 9 remain.", "9"),
        ("Đáp án: 9", "9"),
        ("La respuesta correcta es 9.", "9"),
    ],
)
def test_the_answer_is_found_whatever_stands_around_it(text, answer):
    assert extract_answer(text) == answer
