"""`CodeEquivalence`: two programs are the same if they do the same on the same inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of, whole, within
from semuq.errors import InvalidParameter, InvalidSamples
from semuq.numerics import IntArray
from semuq.relations.apart import compare_apart
from semuq.relations.base import Kind, RelationScores
from semuq.relations.code.extraction import does_nothing, entry_point_of, program_of
from semuq.relations.code.inputs import typed_inputs
from semuq.relations.code.runner import TIMEOUT, Behaviour, Program, Runner, trusted
from semuq.relations.code.symbolic import distinguishing_inputs, require_crosshair
from semuq.relations.unanswered import unanswered
from semuq.samples import SampleSet, as_batch

__all__ = ["CodeEquivalence"]

RULES = "2"
"""Part of the identity: raised whenever a rule for finding, running or comparing programs changes."""

OnUnknown = Literal["split", "merge"]
Inputs = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class CodeEquivalence:
    """Same behaviour on the same inputs, same meaning: sampled programs, run.

    **It runs what a model wrote.** Programs are run in child processes under limits of time, memory, files and
    processes, which stop accidents and are no security boundary (see `ProcessRunner`). Nothing runs unless
    `trust_code=True` says so, or a `runner` of your own does it elsewhere.

    The function is found in each answer (`program_of`) and called on every input, twice. Its signature is what came of
    the calls: values with their types (floats to nine digits, sets and keys in order), classes of exceptions, or
    timed out. Two programs are equivalent if all outcomes agree. One that cannot be called (no Python, raises when it
    is defined, crashes, does not do the same twice) is invalid: it equals its own text only, and `unreadable` counts
    it. Answers that give no program (empty, refusing, or a function that is only announced: `pass`, `...`, `raise
    NotImplementedError`) are one class, which `unanswered` counts: agreeing on nothing is no certainty.

    Args:
        entry_point: the name of the function; None is the last one that the stub in the prompt defines.
        inputs: tuples of arguments, at least one; None draws them from the annotations and examples of the stub in each
            prompt (`typed_inputs`). Never give it a benchmark's tests if those decide what is right.
        count: inputs that are drawn, >= 1.
        seed: of the draws.
        on_unknown: a call that timed out against anything: "split" takes it for an outcome like any other, "merge" for
            one that agrees with all (then the relation is not transitive). `undecided` counts the pairs of distinct
            answers that agree but for such calls.
        crosshair_seconds: > 0 searches so long for an input that tells two programs apart, for each pair of neighbours
            in a cluster; what it finds is an input for all. Needs `semuq[code]`.
        trust_code: must be True for programs to be run on this machine.
        runner: runs the programs instead, see `Runner`; None is `ProcessRunner()`.

    Raises:
        InvalidParameter: neither `trust_code=True` nor a runner; or a parameter is outside its limits.
        InvalidSamples (on comparing): a prompt has no stub, or no type or example to draw inputs from.
        MissingExtra: CrossHair is wanted and not installed.

    Degenerate cases. One answer, or n identical ones: nothing is run. All invalid: as many clusters as distinct texts.
    More inputs only split clusters. Inputs that break what a function takes for granted (a negative length) split
    programs that differ there alone.

    Cost. No forward pass. 2 x inputs calls for each distinct program, each in a process of its own, about 1 ms each
    beside what they compute.

    Example:
        >>> stub = "def square(n: int) -> int:" + chr(10) + "    'The square of n.'" + chr(10)
        >>> batch = [SampleSet(prompt=stub, texts=("return n * n", "return n ** 2", "return n + n"))]
        >>> CodeEquivalence(trust_code=True).compare(batch)[0].entailment.astype(int).tolist()
        [[1, 1, 0], [1, 1, 0], [0, 0, 1]]

    References: Sharma, David, Assessing Correctness in LLM-Based Code Generation via Uncertainty Estimation,
        arXiv:2502.11620, who cluster by symbolic execution; by inputs is ours, and so are the outcomes.
    """

    entry_point: str | None = None
    inputs: Sequence[tuple[Any, ...]] | None = field(default=None, hash=False)
    count: int = 40
    seed: int = 0
    on_unknown: OnUnknown = "split"
    crosshair_seconds: float = 0.0
    trust_code: bool = False
    runner: Runner | None = None

    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        trusted(type(self).__name__, self.trust_code, self.runner)
        one_of(self, get_args(OnUnknown), on_unknown=self.on_unknown)
        whole(self, 1, count=self.count)
        whole(self, 0, seed=self.seed)
        within(self, 0.0, crosshair_seconds=self.crosshair_seconds)
        if self.entry_point is not None and not (isinstance(self.entry_point, str) and self.entry_point.isidentifier()):
            raise InvalidParameter(
                f"CodeEquivalence.entry_point: expected None or the name of a function, got {self.entry_point!r:.60}"
            )
        if self.inputs is not None:
            object.__setattr__(self, "inputs", _checked(self.inputs))
        if self.crosshair_seconds:
            require_crosshair()

    @property
    def identity(self) -> str:
        """What can change a score: rules, function, inputs, limits and the version of Python."""
        given = "typed" if self.inputs is None else hashlib.sha256(repr(self.inputs).encode()).hexdigest()[:12]
        drawn = f"/count={self.count}/seed={self.seed}" if self.inputs is None else ""
        symbolic = f"/crosshair={self.crosshair_seconds:g}" if self.crosshair_seconds else ""
        runner = trusted(type(self).__name__, self.trust_code, self.runner).identity
        return (
            f"code/rules={RULES}/entry={self.entry_point or 'prompt'}/inputs={given}{drawn}"
            f"/unknown={self.on_unknown}{symbolic}/{runner}"
        )

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question; `undecided` counts pairs on which a time-out decided, `unreadable` the
        answers that are invalid."""
        questions = as_batch(batch)
        classes = [self._classes(own) for own in questions]
        return [
            replace(scores, unanswered=int((own == 0).sum()))
            for scores, own in zip(compare_apart(self._compare, questions, classes, self.kind), classes, strict=True)
        ]

    def _classes(self, samples: SampleSet) -> IntArray:
        """(n,) 0 for the answers that give no program, -1 for those that are run."""
        name = self.entry_point or entry_point_of(samples.prompt)
        programs = [program_of(text, name, samples.prompt) if name else None for text in samples.texts]
        none = [
            bool(unanswered(text)) if program is None else does_nothing(program, str(name))
            for text, program in zip(samples.texts, programs, strict=True)
        ]
        return np.array(none, dtype=np.int64) - 1

    def _compare(self, questions: Sequence[SampleSet]) -> list[RelationScores]:
        several = [own for own in questions if len(set(own.texts)) > 1]  # one text equals itself, whatever it does
        found = dict(zip(map(id, several), self.behaviours(several), strict=True))
        nothing = [Behaviour()]
        return [self._scores(own, found.get(id(own), nothing * len(own))) for own in questions]

    def behaviours(self, batch: SampleSet | Sequence[SampleSet]) -> list[list[Behaviour]]:
        """For each question what each of its answers does: the signatures that are compared."""
        questions = as_batch(batch)
        asked = [self._programs(place, samples) for place, samples in enumerate(questions)]
        found = self._run([program for own in asked for program in own.values() if program is not None])
        if self.crosshair_seconds:
            asked = [self._with_symbolic(own, found) for own in asked]
            found |= self._run([program for own in asked for program in own.values() if program is not None])
        nothing = Behaviour(invalid="defines no such function")
        return [
            [nothing if own[text] is None else found[_key(own[text])] for text in samples.texts]
            for samples, own in zip(questions, asked, strict=True)
        ]

    def _programs(self, place: int, samples: SampleSet) -> dict[str, Program | None]:
        """The distinct answers to a question with their programs."""
        name = self.entry_point or entry_point_of(samples.prompt)
        if name is None:
            raise InvalidSamples(
                f"samples[{place}].prompt: expected a stub that defines a function, got {samples.prompt!r:.60}; pass "
                "entry_point= and inputs="
            )
        try:
            inputs = self.inputs or typed_inputs(samples.prompt, self.count, self.seed, entry_point=name)
        except InvalidSamples as error:
            raise InvalidSamples(f"samples[{place}].{error}") from error
        sources = {text: program_of(text, name, samples.prompt) for text in samples.texts}
        return {
            text: None if source is None else Program(source=source, entry_point=name, inputs=tuple(inputs))
            for text, source in sources.items()
        }

    def _run(self, programs: Sequence[Program]) -> dict[tuple[str, str], Behaviour]:
        """What each distinct program does."""
        distinct = {_key(program): program for program in programs}
        runner = trusted(type(self).__name__, self.trust_code, self.runner)
        return dict(zip(distinct, runner.run(list(distinct.values())), strict=True)) if distinct else {}

    def _with_symbolic(
        self, own: dict[str, Program | None], found: dict[tuple[str, str], Behaviour]
    ) -> dict[str, Program | None]:
        """The programs of a question with the inputs that tell apart neighbours that agreed so far."""
        groups: dict[tuple[str, ...], list[Program]] = {}
        for program in {_key(own): own for own in own.values() if own is not None}.values():
            behaviour = found[_key(program)]
            if behaviour.invalid is None:
                groups.setdefault(behaviour.outcomes, []).append(program)
        more = [
            inputs
            for group in groups.values()
            for one, other in pairwise(group)
            for inputs in distinguishing_inputs(
                one.source, other.source, str(one.entry_point), seconds=self.crosshair_seconds
            )
        ]
        if not more:
            return own
        return {
            text: None if program is None else replace(program, inputs=(*program.inputs, *more))
            for text, program in own.items()
        }

    def _scores(self, samples: SampleSet, behaviours: Sequence[Behaviour]) -> RelationScores:
        distinct = dict(zip(samples.texts, behaviours, strict=True))
        rows = {text: row for row, text in enumerate(distinct)}
        same = np.eye(len(distinct), dtype=bool)
        undecided = 0
        for (first, one), (second, other) in combinations(distinct.items(), 2):
            verdict, unknown = _agree(one, other, self.on_unknown)
            undecided += unknown
            same[rows[first], rows[second]] = same[rows[second], rows[first]] = verdict
        index = [rows[text] for text in samples.texts]
        scores = RelationScores.from_equivalence(same[np.ix_(index, index)], undecided=undecided)
        return replace(scores, unreadable=sum(own.invalid is not None for own in behaviours))


def _agree(one: Behaviour, other: Behaviour, on_unknown: OnUnknown) -> tuple[bool, bool]:
    """Whether two programs are the same, and whether time-outs decided that."""
    if one.invalid is not None or other.invalid is not None:
        return False, False
    pairs = list(zip(one.outcomes, other.outcomes, strict=True))
    known = all(a == b for a, b in pairs if TIMEOUT not in (a, b))
    unknown = known and any(TIMEOUT in pair for pair in pairs)
    return (known if on_unknown == "merge" else one.outcomes == other.outcomes), unknown


def _key(program: Program | None) -> tuple[str, str]:
    """What a program is run once for."""
    assert program is not None
    return program.source, repr((program.entry_point, program.inputs))


def _checked(inputs: Any) -> Inputs:
    if isinstance(inputs, str | bytes) or not isinstance(inputs, Sequence) or not inputs:
        raise InvalidParameter(f"CodeEquivalence.inputs: expected tuples of arguments, got {inputs!r:.60}")
    for place, own in enumerate(inputs):
        if not isinstance(own, tuple | list):
            raise InvalidParameter(
                f"CodeEquivalence.inputs[{place}]: expected a tuple of arguments, got {own!r:.60}; one argument is (x,)"
            )
    return tuple(tuple(own) for own in inputs)
