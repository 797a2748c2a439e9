"""Code equivalence: laws of behaviour, planted pairs, and programs that nobody should run without limits."""

import ast
import os
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import InvalidParameter, InvalidSamples, SampleSet
from semuq.grading import FunctionalCorrectness
from semuq.relations.code import (
    Behaviour,
    CodeEquivalence,
    ProcessRunner,
    entry_point_of,
    program_of,
    run_program,
    shutdown_workers,
    typed_inputs,
)
from semuq.relations.code.canonical import canonical
from semuq.relations.code.runner import POOL, TIMEOUT
from semuq.relations.code.symbolic import distinguishing_inputs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are run in forks")

STUB = 'def f(n: int) -> int:\n    """A number from a number."""\n'


def relation(inputs, **options):
    return CodeEquivalence(entry_point="f", inputs=[(own,) for own in inputs], trust_code=True, **options)


def same(programs, inputs, **options):
    scores = relation(inputs, **options).compare(SampleSet(prompt="", texts=programs))[0]
    return scores.equivalence().astype(int).tolist()


def outcomes(source, *inputs, **options):
    return run_program(source, "f", [(own,) for own in inputs], trust_code=True, **options)


class Renamed(ast.NodeTransformer):
    """The oracle of a rewriting that changes nothing: local names, and a docstring."""

    def visit_Name(self, node):
        return ast.Name(f"{node.id}_" if node.id in ("n", "total", "i") else node.id, node.ctx)

    def visit_arg(self, node):
        return ast.arg(f"{node.arg}_", node.annotation)

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Constant("What it does.")))
        return node


def rewritten(source):
    return ast.unparse(ast.fix_missing_locations(Renamed().visit(ast.parse(source)))) + "\n# a remark\n"


LOOP = "def f(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n"
CLOSED = "def f(n):\n    return n * (n - 1) // 2\n"
SQUARE, POWER, DOUBLE = (f"def f(x):\n    return {body}\n" for body in ("x * x", "x ** 2", "x + x"))


def test_names_remarks_and_docstrings_change_nothing():
    sources = (LOOP, CLOSED, "def f(n):\n    return 1 // n\n", "def f(n):\n    return [i for i in range(n)]\n")
    programs = [text for source in sources for text in (source, rewritten(source))]
    found = same(programs, [0, 1, 5])
    pairs = np.arange(len(programs)) // 2
    assert np.array(found)[pairs[:, None] == pairs[None, :]].all()
    assert found[0][2] == 1  # the sum in a loop and in closed form
    assert found[0][4] == found[0][6] == 0


def test_planted_pairs_are_told_apart_by_the_inputs_that_do():
    assert same([SQUARE, POWER, DOUBLE], [0, 1, 2, 3]) == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert same([SQUARE, POWER, DOUBLE], [0, 2]) == [[1, 1, 1]] * 3


def test_more_inputs_only_split_and_equivalence_is_transitive():
    bodies = ("n % 2", "n % 3", "n & 1", "n % 6 % 2", "0 if n < 3 else 1", "1 // n", "n // n - 1", "abs(n) % 2")
    programs = [f"def f(n):\n    return {body}\n" for body in bodies]
    before = np.ones((len(programs), len(programs)), dtype=int)
    for count in (1, 3, 7):
        found = np.array(same(programs, [0, 2, 4, 1, 3, -1, 9][:count]))
        assert (found <= before).all()
        assert ((found @ found > 0) == found).all()
        before = found
    assert before[0, 2] == 1
    assert before[0, 1] == 0


HOSTILE = {
    "loop": ("def f(n):\n    while True: pass\n", TIMEOUT),
    "loop that swallows": (
        "def f(n):\n    while True:\n        try: n += 1\n        except BaseException: pass\n",
        TIMEOUT,
    ),
    "one long product": ("def f(n):\n    return len(str(9 ** 9 ** 8))\n", TIMEOUT),
    "recursion": ("def f(n):\n    return f(n + 1)\n", "raises RecursionError"),
    "memory": ("def f(n):\n    return [0] * 10**10\n", "raises MemoryError"),
    "exit": ("def f(n):\n    import sys\n    sys.exit(0)\n", "raises SystemExit"),
    "fork": ("def f(n):\n    import os\n    return os.fork()\n", "raises PermissionError"),
    "command": ("def f(n):\n    import os\n    return os.system('true')\n", "raises PermissionError"),
    "process": ("def f(n):\n    import subprocess\n    return subprocess.run(['true'])\n", "raises PermissionError"),
    "reads a file": ("def f(n):\n    return open('/etc/hostname').read()\n", "raises PermissionError"),
    "socket": (
        "def f(n):\n    import socket\n    return socket.create_connection(('::1', 9))\n",
        "raises PermissionError",
    ),
    "kills": ("def f(n):\n    import os\n    os.kill(os.getppid(), 9)\n", "raises PermissionError"),
    "prints": ("def f(n):\n    print('x' * 10**6)\n    return n\n", "1"),
    "asks": ("def f(n):\n    return input()\n", "raises EOFError"),
    "imports": ("import math, re, collections, numpy\ndef f(n):\n    return numpy.int64(math.factorial(3))\n", "6"),
}
INVALID = {
    "no Python": "def f(n:\n",
    "other name": "def g(n):\n    return n\n",
    "raises": "import nothing_of_that_name\ndef f(n):\n    return n\n",
    "ends the process": "def f(n):\n    import os\n    os._exit(0)\n",
    "crashes": "import os\ndef f(n):\n    os.abort()\n",
    "never twice the same": "import os\ndef f(n):\n    return os.urandom(8)\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_call_has_a_defined_outcome(name):
    source, outcome = HOSTILE[name]
    found = outcomes(source, 1, runner=ProcessRunner(call_seconds=0.3))
    assert found == Behaviour(outcomes=(outcome,))


@pytest.mark.parametrize("name", INVALID)
def test_what_cannot_be_called_is_invalid(name):
    found = outcomes(INVALID[name], 1, 2)
    assert found.invalid
    assert found.outcomes == ()


def test_a_definition_without_end_is_invalid():
    found = outcomes("while True: pass\ndef f(n): return n\n", 1, runner=ProcessRunner(call_seconds=0.05))
    assert found.invalid == "is not executed in time"


def test_no_file_is_written_and_no_process_left(tmp_path):
    target = tmp_path / "written"
    writes = f"def f(n):\n    open({str(target)!r}, 'w').write('x')\n"
    opens = f"import os\ndef f(n):\n    os.write(os.open({str(target)!r}, os.O_CREAT | os.O_WRONLY), b'x')\n"
    for source in (writes, opens):
        assert outcomes(source, 1).outcomes == ("raises PermissionError",)
    assert not target.exists()
    worker = POOL.idle[0].process.pid
    children = Path(f"/proc/{worker}/task/{worker}/children")
    if children.exists():
        assert children.read_text() == ""
    assert outcomes(SQUARE, 3).outcomes == ("9",)  # and the worker serves on
    shutdown_workers()
    assert not POOL.idle
    with pytest.raises(ChildProcessError):
        os.waitpid(worker, os.WNOHANG)


def test_a_call_sees_nothing_of_another():
    source = "seen = []\ndef f(n, more=[]):\n    seen.append(n)\n    more.append(n)\n    return len(seen) + len(more)\n"
    assert outcomes(source, 1, 2, 3).outcomes == ("2", "2", "2")
    drawn = outcomes("import random\ndef f(n):\n    return random.random()\n", 1, 2).outcomes
    assert drawn[0] == drawn[1] != ""


def test_a_call_that_gives_nothing_is_what_it_made_of_its_arguments():
    assert same(
        ["def f(x):\n    x.sort()\n", "def f(x):\n    x[:] = sorted(x)\n", "def f(x):\n    x.reverse()\n"], [[2, 1, 3]]
    ) == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_behind_the_fifth_time_out_no_call_is_made():
    source = "def f(n):\n    while n < 9: pass\n    return n\n"
    found = outcomes(source, *range(20), runner=ProcessRunner(call_seconds=0.02))
    assert found.outcomes == (TIMEOUT,) * 20


def test_a_time_out_splits_or_merges_and_is_counted():
    programs = [
        "def f(n):\n    return n\n",
        "def f(n):\n    while n > 1: pass\n    return n\n",
        "def f(n):\n    return 1\n",
    ]
    quick = ProcessRunner(call_seconds=0.1)
    sets = SampleSet(prompt="", texts=programs)
    split = relation([1, 2], runner=quick).compare(sets)[0]
    merged = relation([1, 2], runner=quick, on_unknown="merge").compare(sets)[0]
    assert split.entailment.tolist() == np.eye(3).tolist()
    assert merged.entailment.tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    assert split.undecided == merged.undecided == 2


def test_invalid_programs_equal_their_own_text_and_are_counted():
    texts = (SQUARE, "no code at all", "no code at all", "def f(:")
    scores = relation([2, 3]).compare(SampleSet(prompt="", texts=texts))[0]
    assert scores.entailment.sum() == len(texts) + 2
    assert scores.unreadable == 3
    assert scores.unanswered == 0


def test_answers_that_give_no_program_are_one_class_and_counted():
    announced = (
        "def f(n):\n    pass",
        "def f(n):\n    'Squares.'\n    ...",
        "def f(n): raise NotImplementedError('f')",
    )
    texts = (SQUARE, *announced, "I don't know.", "", "def f(n):\n    return None")
    scores = relation([2, 3]).compare(SampleSet(prompt="", texts=texts))[0]
    none = [0, 1, 1, 1, 1, 1, 0]
    assert scores.unanswered == 5
    assert scores.entailment.astype(int).tolist() == [
        [int(i == j or bool(one and two)) for j, two in enumerate(none)] for i, one in enumerate(none)
    ]


def test_nothing_runs_unless_it_is_trusted():
    for make in (
        CodeEquivalence,
        FunctionalCorrectness,
        lambda: CodeEquivalence(trust_code=1),
        lambda: run_program(SQUARE, "f", [(1,)]),
    ):
        with pytest.raises(InvalidParameter, match="no security boundary: pass trust_code=True"):
            make()


class Pretends:
    """A runner that looks at the programs and runs none."""

    identity = "pretends"

    def run(self, programs):
        return [Behaviour(outcomes=(program.source,) * len(program.inputs)) for program in programs]


def test_a_runner_of_ones_own_takes_the_place_of_the_processes():
    own = CodeEquivalence(runner=Pretends())
    found = own.behaviours(SampleSet(prompt=STUB, texts=("return n", "return 2")))[0]
    assert found[0].outcomes[0].endswith("return n\n")
    assert len(found[0].outcomes) == 40
    assert "pretends" in own.identity
    assert FunctionalCorrectness(runner=Pretends()).grade(STUB, "return 1", ["assert False"]) == 1.0
    with pytest.raises(InvalidParameter, match=r"CodeEquivalence.runner: expected an object with .identity"):
        CodeEquivalence(runner="docker")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entry_point": "not a name"}, "entry_point: expected None or the name of a function"),
        ({"inputs": []}, "inputs: expected tuples of arguments"),
        ({"inputs": [1, 2]}, r"inputs\[0\]: expected a tuple of arguments, got 1; one argument is \(x,\)"),
        ({"count": 0}, "count: expected a whole number >= 1"),
        ({"on_unknown": "guess"}, "on_unknown: expected one of"),
        ({"crosshair_seconds": -1.0}, "crosshair_seconds: expected a number in"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(InvalidParameter, match=message):
        CodeEquivalence(trust_code=True, **options)


def test_a_prompt_without_a_stub_or_types_is_refused_by_its_place():
    good = SampleSet(prompt=STUB, texts=("return n", "return n + 1"))
    with pytest.raises(InvalidSamples, match=r"samples\[1\].prompt: expected a stub that defines a function"):
        CodeEquivalence(trust_code=True).compare([good, SampleSet(prompt="Double a number.", texts=("a", "b"))])
    untyped = SampleSet(prompt="def f(n):\n    '''Twice.'''\n", texts=("return n", "return 2 * n"))
    with pytest.raises(InvalidSamples, match=r"samples\[0\].f.n: expected a type that arguments can be drawn from"):
        CodeEquivalence(trust_code=True).compare(untyped)


FENCE = "Sure!\n```python\ndef f(n: int) -> int:\n    return n\n```\nIt returns n."
TWO = "```python\ndef helper(n):\n    return n\n```\nthen\n```python\ndef f(n):\n    return helper(n)\n```"


@pytest.mark.parametrize(
    "text",
    [
        "def f(n):\n    return n",
        FENCE,
        FENCE.replace("```", "~~~"),
        FENCE.partition("\nIt returns")[0].removesuffix("```"),
        f"<think>Maybe\n```python\ndef f(n):\n    return 2\n```\n</think>\n{FENCE}",
        TWO,
        "return n",
        "    return n",
        "x = n\n    return x",
        "    x = n\n    return x",
        "x = n\nreturn x",
        "  return n",
        "Here is the code:\ndef f(n):\n    return n\nThis function returns its argument.",
        "```\nreturn n\n```",
        "class f:\n    def __new__(cls, n):\n        return n",
        "f = lambda n: n",
        "while True:\n        return n",
    ],
)
def test_the_program_is_found_in_every_form(text):
    source = program_of(text, "f", STUB)
    assert source is not None
    assert outcomes(source, 7).outcomes == ("7",)


def test_what_the_stub_imports_and_defines_is_there():
    stub = "from typing import List\n\ndef one() -> int:\n    return 1\n\ndef f(n: List[int]) -> int:\n    '''n'''\n"
    assert entry_point_of(stub) == "f"
    for text in ("return len(n) + one()", "def f(n: List[int]) -> int:\n    return len(n) + one()"):
        assert outcomes(program_of(text, "f", stub), [5, 6]).outcomes == ("3",)
    assert entry_point_of(f"Write it:\n```python\n{stub}```\n") == "f"
    assert entry_point_of("def f(n: int) -> int:") == "f"


@pytest.mark.parametrize("text", ["", "I do not know.", "def g(n): return n", "return (", "```python\n```"])
def test_where_there_is_no_program_none_is_found(text):
    assert program_of(text, "f", STUB) is None


@given(st.text(max_size=80))
def test_any_text_can_be_looked_at(text):
    program_of(text, "f", STUB)


DIFFERENT = (
    *(0, 1, 1.0, True, "1", b"1", None, 1j, [1], (1,), {1}, {1: 1}, [], (), set(), {}, "", [[1]], [1, 1], range(1)),
    *(float("nan"), float("inf"), -1, 10**400, iter([1]), len),
)


def test_forms_differ_where_values_or_types_do():
    forms = [canonical(value) for value in DIFFERENT]
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1 + 0.2, 0.3),
        (-0.0, 0.0),
        ({"b", "a", "c"}, {"c", "b", "a"}),
        ({1: 2, 3: 4}, {3: 4, 1: 2}),
        (map(str, [1]), iter(["1"])),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (len, print),
    ],
)
def test_forms_are_equal_where_it_does_not_matter(one, other):
    assert canonical(one) == canonical(other)


def test_the_form_of_a_long_value_tells_it_from_others():
    long = list(range(10_000))
    assert len(canonical(long)) < 300
    assert canonical(long) == canonical(list(range(10_000))) != canonical([*long[:-1], 0])
    endless = iter(int, 1)
    assert canonical(endless)
    cyclic = []
    cyclic.append(cyclic)
    assert canonical(cyclic)


ANNOTATIONS = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "List[int]": list,
    "list[str]": list,
    "Tuple[int, str]": tuple,
    "Tuple[int, ...]": tuple,
    "Dict[str, List[int]]": dict,
    "Set[int]": set,
    "Optional[int]": (int, type(None)),
    "int | str": (int, str),
    "Union[str, List[str]]": (str, list),
    "Any": object,
    "list": list,
    "List[List[float]]": list,
    "Literal['a', 'b']": str,
    "'int'": int,
    "typing.List[typing.Tuple[str, int]]": list,
}


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_inputs_are_of_the_annotated_type(annotation):
    found = typed_inputs(f"def f(x: {annotation}) -> int:\n    '''x'''\n")
    assert all(isinstance(own, ANNOTATIONS[annotation]) for (own,) in found)
    assert len(found) >= (2 if annotation in ("bool", "Literal['a', 'b']") else 20)
    assert len({repr(own) for own in found}) == len(found)


@given(seed=st.integers(0, 50), k=st.integers(1, 39))
def test_the_first_of_many_inputs_are_those_of_fewer(seed, k):
    stub = "def f(x: List[int], y: str) -> int:\n    '''>>> f([4, 5], 'no')'''\n"
    assert repr(typed_inputs(stub, n=40, seed=seed)[:k]) == repr(typed_inputs(stub, n=k, seed=seed))
    assert typed_inputs(stub, seed=seed)[0] == ([4, 5], "no")


def test_types_are_read_off_the_examples_where_none_is_stated():
    stub = "def f(x, y=1):\n    '''\n    >>> f({'a': 1}, [1.5, 2.5])\n    0\n    >>> f(open('no literal'))\n    '''\n"
    found = typed_inputs(stub)
    assert all(isinstance(x, dict) and isinstance(y, list) for x, y in found)
    assert typing.cast("dict", found[0][0]) == {"a": 1}
    with pytest.raises(InvalidSamples, match="Callable"):
        typed_inputs("def f(g: Callable[[int], int]) -> int:\n    '''g'''\n")
    assert typed_inputs("def f() -> int:\n    '''One.'''\n") == [()]


def test_programs_pass_their_tests_or_do_not():
    grader = FunctionalCorrectness(trust_code=True)
    answers = (
        "return n * n",
        "return n + n",
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "",
        "while True: pass",
    )
    script = "def check(f):\n    assert f(3) == 9\n\ncheck(f)\n"
    quick = FunctionalCorrectness(trust_code=True, seconds=0.4)
    found = [*grader.grade_batch([STUB] * 5, answers[:5], [[script]] * 5), quick.grade(STUB, answers[5], [script])]
    assert found == [1, 0, 0, 0, 0, 0]
    assert grader.grade(STUB, "return n + n", [script, "assert f(2) == 4"]) == 1.0
    with pytest.raises(InvalidSamples, match=r"prompts\[0\]: expected a stub that defines a function"):
        grader.grade("Square it.", "def f(n): return n", [script])


@pytest.mark.slow  # CrossHair starts a solver
def test_crosshair_finds_the_input_that_tells_two_programs_apart():
    pytest.importorskip("crosshair", reason="semuq[code] is not installed")
    one = "def f(x: int) -> int:\n    return x * x\n"
    other = "def f(x: int) -> int:\n    return x * x if x != 4321 else 0\n"
    assert (4321,) in distinguishing_inputs(one, other, "f", seconds=10)
    assert distinguishing_inputs(one, one.replace("x * x", "x ** 2"), "f", seconds=3) == []
    texts = SampleSet(prompt="", texts=(one, other, one.replace("x * x", "x ** 2")))
    assert relation([0, 1]).compare(texts)[0].entailment.all()
    told = relation([0, 1], crosshair_seconds=10.0).compare(texts)[0]
    assert told.entailment.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
