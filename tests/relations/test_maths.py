"""`MathEquivalence`: the table of cases, extraction, plain values, and processes that overrun, die or are forked."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq import InvalidParameter, MissingExtra, SampleSet
from semuq.relations.maths import MathEquivalence, decide_pairs, extract_answer, pool, shutdown_workers
from semuq.relations.maths.notation import clean, to_latex
from semuq.relations.values.amounts import read_amount as read
from semuq.relations.values.amounts import same_amount as same
from tests.relations.maths_cases import CASES, KNOWN_FAILURES

HOSTILE = ("9^{9^{9^{9}}}", "999999999999!")


@pytest.fixture(scope="module")
def verdicts():
    """Both orders of every case, in one call."""
    pairs = [(a, b) for _, a, b, _, _ in CASES + KNOWN_FAILURES]
    found = decide_pairs(pairs + [(b, a) for a, b in pairs], missing_units="either", time_limit=30)
    return dict(zip(pairs + [(b, a) for a, b in pairs], found, strict=True))


@pytest.mark.parametrize(("kind", "a", "b", "equal", "why"), CASES, ids=lambda value: str(value)[:30])
def test_cases(verdicts, kind, a, b, equal, why):
    assert bool(verdicts[a, b]) == bool(verdicts[b, a]) == equal, f"{kind}: {why}"


@pytest.mark.parametrize(("kind", "a", "b", "equal", "why"), KNOWN_FAILURES, ids=lambda value: str(value)[:30])
def test_known_failures_still_fail_and_have_a_reason(verdicts, kind, a, b, equal, why):
    assert len(why) > 10
    assert bool(verdicts[a, b]) != equal, "it works now: move the row to CASES"


def test_the_table_is_large_and_two_sided():
    assert len(CASES) >= 150
    assert len({(a, b) for _, a, b, _, _ in CASES}) == len(CASES)
    assert min(Counter(equal for *_, equal, _ in CASES).values()) >= 60


@pytest.mark.parametrize(
    ("text", "how", "answer"),
    [
        (r"First \boxed{1}, finally \boxed{\frac{1}{2}}.", "auto", r"\frac{1}{2}"),
        (r"\boxed{\text{a } \{1\}}", "boxed", r"\text{a } \{1\}"),
        (r"\boxed 7$ it is", "boxed", "7"),
        (r"\boxed{3 + 4", "boxed", "3 + 4"),
        ("no box here", "boxed", "no box here"),
        ("work 3 * 4 = 12\n#### 12", "auto", "12"),
        ("The final answer is $\\frac{3}{4}$. I hope it is correct.", "auto", r"\frac{3}{4}"),
        ("**Answer:** 17", "auto", "17"),
        ("The answer to the question is: Paris.\nMore text", "answer", "Paris"),
        ("The answer is 3.14 because of pi.", "answer", "3.14"),
        ("The answer is 4. No wait, the answer is 5.", "answer", "5"),
        ("The answer is \\boxed{9}", "answer", "9"),
        ("x = 5", "auto", "x = 5"),
        ("We add three and four\nand multiply by 2 to get 14 apples", "auto", "14"),
        (
            "Long story, with a formula $x^2$ that comes first.\nThen we have $y = 2x$ as the wanted line",
            "auto",
            "y = 2x",
        ),
        ("between 3 and -4,500.5 it is", "last-number", "-4,500.5"),
        ("about 3/4 or 75%", "last-number", "75%"),
        ("none at all", "last-number", "none at all"),
        ("", "auto", ""),
        ("  42\n", "auto", "42"),
    ],
)
def test_extraction(text, how, answer):
    assert extract_answer(text, how) == answer


@pytest.mark.parametrize(
    "text",
    [
        *(
            part * 20_000
            for part in ("answer is ", r"\text{", "(", "$", ".", "1,", r"\boxed{", "sqrt(", "1 ", "answer to ")
        ),
        *("answer" + part * 50_000 + "2" for part in (":", " ", "\n", ": 1" + " " * 5)),
        r"\text{" * 3_000 + "x" + "}" * 3_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_long_hostile_texts_are_read_in_linear_time(text):
    start = time.perf_counter()
    for how in ("auto", "boxed", "answer", "last-number"):
        decide_pairs([(extract_answer(text, how), "Monday")])
    assert time.perf_counter() - start < 10  # well under 1 s on an idle machine, hours where a pattern backtracks


def test_unknown_options_are_refused():
    with pytest.raises(InvalidParameter, match=r"extract: expected one of .*boxed.* got .first."):
        extract_answer("1", "first")
    with pytest.raises(InvalidParameter, match=r"MathEquivalence\.extract: expected one of"):
        MathEquivalence(extract="first")
    for bad in (0, -1, float("inf"), float("nan"), True, "5"):
        with pytest.raises(InvalidParameter, match=r"MathEquivalence\.time_limit: expected a finite number > 0"):
            MathEquivalence(time_limit=bad)
    for bad in (0, 1.5, True):
        with pytest.raises(InvalidParameter, match=r"MathEquivalence\.workers: expected a whole number"):
            MathEquivalence(workers=bad)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "math_verify", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'semuq\[maths\]'"):
        MathEquivalence().compare(SampleSet(prompt="?", texts=("1", "1")))


@given(value=st.fractions(max_denominator=10**6).filter(lambda f: abs(f) < 10**9))
def test_fractions_are_read_exactly(value):
    sign = "-" if value < 0 else ""
    for text in (
        f"{value.numerator}/{value.denominator}",
        rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}",
        f"{sign}{abs(value) // 1} {abs(value) % 1 * value.denominator}/{value.denominator}",
    ):
        assert read(text).value == value


@given(whole=st.integers(-(10**12), 10**12), places=st.integers(0, 6))
def test_decimals_and_separators_are_read_exactly(whole, places):
    value = Fraction(whole, 10**places)
    sign, digits = "-" if whole < 0 else "", f"{abs(whole):0{places + 1}d}"
    head, tail = digits[: len(digits) - places], digits[len(digits) - places :]
    assert read(f"{sign}{int(head)}.{tail}").value == value
    assert read(f"{sign}{int(head):,}" + (f".{tail}" if tail else "")).value == value
    assert read(rf"{whole} \times 10^{{{-places}}}").value == value


@given(a=st.sampled_from(CASES), b=st.sampled_from(CASES))
def test_same_is_reflexive_and_symmetric(a, b):
    x, y = read(clean(a[1])), read(clean(b[2]))
    if x is not None:
        assert same(x, x)
        if y is not None:
            assert same(x, y) == same(y, x)


@settings(max_examples=200)
@given(text=st.text(max_size=40) | st.text(alphabet=r"12x+-*/^{}()[]\$,. %frac", max_size=40))
def test_reading_any_text_never_fails(text):
    for how in ("auto", "boxed", "answer", "last-number"):
        cleaned = clean(extract_answer(text, how))
        assert clean(cleaned) == cleaned
        to_latex(cleaned)
        read(cleaned)


def test_plain_values_start_no_process():
    shutdown_workers()
    texts = ("1/2", "0.5", r"\boxed{50\%}", "Monday", "(B)", "5 km", "")
    scores = MathEquivalence().compare(SampleSet(prompt="?", texts=texts))[0]
    assert scores.equivalence().sum() == len(texts) + 6
    assert scores.undecided == 0
    assert not pool.POOL.idle


def test_hostile_answers_end_in_time_count_as_different_and_are_reported():
    decide_pairs([("x+1", "1+x")])  # a worker is ready
    texts = (*HOSTILE, "2+x", "x+2", HOSTILE[0])
    start = time.monotonic()
    scores = MathEquivalence(time_limit=1.0).compare(SampleSet(prompt="?", texts=texts))[0]
    assert time.monotonic() - start < 20
    assert scores.equivalence().tolist() == [
        [True, False, False, False, True],
        [False, True, False, False, False],
        [False, False, True, True, False],
        [False, False, True, True, False],
        [True, False, False, False, True],
    ]
    assert scores.undecided == 3  # the tower with each of the others; a factorial has digits enough to compare
    assert decide_pairs([("x+1", "1+x")]) == [True]  # and the next comparison works


def test_what_cannot_be_read_equals_only_its_own_text():
    scores = MathEquivalence().compare(SampleSet(prompt="?", texts=("((x^", "((x^", "((x", "x")))[0]
    assert scores.equivalence().tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]
    assert scores.undecided == 3


def test_batch_is_singles_also_beside_a_hostile_question():
    batch = [
        SampleSet(prompt="a", texts=("x+1", "1+x", "x")),
        SampleSet(prompt="b", texts=(HOSTILE[0], "1+x", "y+x")),
        SampleSet(prompt="c", texts=("y+x", "x+y")),
    ]
    relation = MathEquivalence(time_limit=3.0)
    for together, samples in zip(relation.compare(batch), batch, strict=True):
        alone = relation.compare(samples)[0]
        assert together.entailment.tolist() == alone.entailment.tolist()
        assert together.undecided == alone.undecided


def test_workers_are_reused_and_shut_down_without_zombies():
    decide_pairs([("x+1", "1+x")])
    first = {worker.process.pid for worker in pool.POOL.idle}
    decide_pairs([("x+2", "2+x")])
    assert first & {worker.process.pid for worker in pool.POOL.idle}
    processes = [worker.process for worker in pool.POOL.idle]
    shutdown_workers()
    assert not pool.POOL.idle
    assert all(process.returncode is not None for process in processes)
    with pytest.raises(ChildProcessError):
        os.waitpid(processes[0].pid, os.WNOHANG)


def test_a_worker_killed_from_outside_is_replaced():
    decide_pairs([("x+1", "1+x")])
    for worker in list(pool.POOL.idle):
        worker.process.kill()
        worker.process.wait()
    assert decide_pairs([("x+2", "2+x")]) == [True]


def test_threads_share_the_workers():
    found = {}

    def ask(number):
        found[number] = decide_pairs([(f"x+{number}", f"{number}+x"), (f"x+{number}", f"x-{number}")])

    threads = [threading.Thread(target=ask, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {1: [True, False], 2: [True, False]}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_workers_die_with_their_parent():
    """Also one that is in the middle of a hopeless power when its parent is killed."""
    code = (
        "import threading, time\n"
        "from semuq.relations.maths import decide_pairs, pool\n"
        "decide_pairs([('x+1', '1+x')])\n"
        "print(pool.POOL.idle[0].process.pid, flush=True)\n"
        "decide_pairs([('9^{9^{9^{9}}}', 'x')], time_limit=3)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        time.sleep(0.5)
        family = [worker, *_children(worker)]
        parent.kill()
    assert len(family) == 2  # the one that imported SymPy, and its fork at work
    deadline = time.monotonic() + 15
    while any(map(_running, family)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_running, family))


def _children(parent):
    states = {int(path.name): _state(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
    return [process for process, state in states.items() if state and int(state[1]) == parent]


def _state(process):
    """[state, parent, ...] of a process; None if there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _running(process):
    """Whether a process is there and not merely waiting for init to collect it."""
    state = _state(process)
    return state is not None and state[0] != "Z"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_its_parents_workers_alone():
    code = (
        "import os\n"
        "from semuq.relations.maths import decide_pairs, pool\n"
        "decide_pairs([('x+1', '1+x')])\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    assert not pool.POOL.idle\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert pool.POOL.idle[0].alive and decide_pairs([('x+2', '2+x')]) == [True]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_example_of_the_documentation_is_what_comes_out():
    page = (Path(__file__).parents[2] / "docs" / "relations.md").read_text()
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    *statements, expression = [line for line in code.strip().splitlines() if not line.startswith("#")]
    names = {}
    exec("\n".join(statements), names)
    printed = "".join(line.removeprefix("#") for line in code.splitlines() if line.startswith("#"))
    assert eval(expression, names).tolist() == eval(printed)
