"""The grader of programs: do they pass the tests?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semuq.checks import positive
from semuq.errors import InvalidParameter, InvalidSamples
from semuq.grading.base import Grader
from semuq.numerics import FloatArray
from semuq.relations.code.extraction import entry_point_of, program_of
from semuq.relations.code.runner import ProcessRunner, Program, Runner, trusted

__all__ = ["FunctionalCorrectness"]


@dataclass(frozen=True, kw_only=True)
class FunctionalCorrectness(Grader):
    """1 if the program in the answer passes a test, 0 if it does not, or if there is none.

    **It runs what a model wrote**, as `CodeEquivalence` does and under the same limits, which are no security boundary.

    A gold answer is a script that is run behind the program: one that ends without an exception is passed. A process
    that exits in the middle, for whatever reason, has not passed. Of several scripts one is enough; what must hold
    together goes into one.

    Args:
        entry_point: the name of the function; None is the last one that the stub in the prompt defines.
        seconds: of processor time for program and script, > 0; four times as much by the clock on the wall.
        trust_code: must be True for programs to be run on this machine.
        runner: runs the programs instead, see `semuq.relations.code.Runner`; `seconds` are its own matter then.

    Raises:
        InvalidParameter: neither `trust_code=True` nor a runner; `seconds` is not > 0.
        InvalidSamples (on grading): no entry point was given, and a prompt has no stub.

    Example:
        >>> stub = "def double(n: int) -> int:" + chr(10) + "    'Twice the number.'" + chr(10)
        >>> grader = FunctionalCorrectness(trust_code=True)
        >>> grader.grade_batch([stub] * 2, ["return n + n", "return n * n"], [["assert double(3) == 6"]] * 2)
        array([1., 0.])
    """

    entry_point: str | None = None
    seconds: float = 5.0
    trust_code: bool = False
    runner: Runner | None = None

    def __post_init__(self) -> None:
        trusted(type(self).__name__, self.trust_code, self.runner)
        positive(self, seconds=self.seconds)
        if self.entry_point is not None and not str(self.entry_point).isidentifier():
            raise InvalidParameter(
                "FunctionalCorrectness.entry_point: expected None or the name of a function, "
                f"got {self.entry_point!r:.60}"
            )

    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> FloatArray:
        runs: dict[Program, None] = {}
        wanted = []
        for index, (prompt, answer, scripts) in enumerate(cases):
            name = self.entry_point or entry_point_of(prompt)
            if name is None:
                raise InvalidSamples(
                    f"prompts[{index}]: expected a stub that defines a function, got {prompt!r:.60}; pass entry_point="
                )
            source = program_of(answer, name, prompt)
            own = [] if source is None else [Program(source=f"{source}\n\n{script}\n") for script in scripts]
            wanted.append(own)
            runs |= dict.fromkeys(own)
        default = ProcessRunner(call_seconds=self.seconds / 4, total_seconds=4 * self.seconds)
        runner = default if self.runner is None else self.runner
        passed = {
            program: found.invalid is None
            for program, found in zip(runs, runner.run(list(runs)) if runs else [], strict=True)
        }
        return np.array([any(passed[program] for program in own) for own in wanted], dtype=np.float64)
