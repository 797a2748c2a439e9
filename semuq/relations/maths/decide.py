"""Which pairs of final answers are equal: by rule here, what needs algebra by the workers.

Every pair is decided on its own evidence, so a verdict depends on no other pair.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from semuq.errors import InvalidParameter, MissingExtra
from semuq.relations.maths.compare import equal
from semuq.relations.maths.pool import Request, run_requests
from semuq.relations.maths.structure import read_node
from semuq.relations.values.amounts import Missing

__all__ = ["decide_pairs", "require_math_verify"]


def decide_pairs(
    pairs: Sequence[tuple[str, str]],
    *,
    missing_units: Missing | Sequence[Missing] = "never",
    time_limit: float = 5.0,
    workers: int | None = None,
) -> list[bool | None]:
    r"""For each pair of final answers True (equal), False, or None (could not be decided).

    Both are taken apart (`structure`) and compared part by part (`compare`): choices by their letters, amounts in exact
    arithmetic with their units, lists in any order and tuples in theirs, named values by name, regions by their bounds,
    words by their normal form. Expressions are compared by the workers, as functions. A form that cannot be
    read, or takes longer than `time_limit` to read or to compare, leaves its pairs None.

    Args:
        pairs: extracted answers, see `extract_answer`.
        missing_units: whether an answer without a unit may leave out the other's: "never"; "second", in the second
            of a pair (a reference); "either". One for all pairs, or one for each.
        time_limit: wall-clock seconds for reading one answer and for comparing one pair.
        workers: processes at most; None is one per core, at most 4.

    Raises:
        MissingExtra: math-verify is not installed.
        InvalidParameter: not as many `missing_units` as pairs.

    Example:
        >>> decide_pairs([("1/2", "0.5"), ("(B)", "B."), ("5 km", "5000 m"), ("5 km", "5"), ("7", "8")])
        [True, True, True, False, False]
    """
    require_math_verify()
    rules: list[Missing] = [missing_units] * len(pairs) if isinstance(missing_units, str) else list(missing_units)
    if len(rules) != len(pairs):
        raise InvalidParameter(f"missing_units: expected one for each of {len(pairs)} pairs, got {len(rules)}")
    nodes = [(read_node(first), read_node(second)) for first, second in pairs]
    questions = _Questions()
    verdicts = [equal(a, b, questions.note, missing=rule) for (a, b), rule in zip(nodes, rules, strict=True)]
    if not questions.wanted:
        return verdicts
    questions.answer(time_limit, workers)
    return [
        verdict if verdict is not None else equal(a, b, questions.tell, missing=rule)
        for verdict, (a, b), rule in zip(verdicts, nodes, rules, strict=True)
    ]


class _Questions:
    """What must be asked of algebra, noted on a first pass over the pairs and told on a second."""

    def __init__(self) -> None:
        self.wanted: dict[Request, None] = {}
        self.replies: dict[Request, bool | None] = {}

    def note(self, kind: str, *latex: str) -> bool | None:
        """Nothing yet; equal forms are the same only if they can be read, which is asked too."""
        self.wanted[(kind, *latex)] = None
        return None

    def tell(self, kind: str, *latex: str) -> bool | None:
        """The reply."""
        return self.replies.get((kind, *latex))

    def answer(self, time_limit: float, workers: int | None) -> None:
        """Ask: first whether each form can be read, then what is wanted of those that can."""
        forms = list(dict.fromkeys(form for kind, *latex in self.wanted for form in latex if kind == "same"))
        probes: list[Request] = [("probe", form) for form in forms]
        readable = dict(zip(forms, run_requests(probes, limit=time_limit, workers=workers), strict=True))
        asked = [own for own in self.wanted if own[0] != "same" or all(readable[form] for form in own[1:])]
        self.replies = dict(zip(asked, run_requests(asked, limit=time_limit, workers=workers), strict=True))


def require_math_verify() -> None:
    """Refuse to go on without the package, whatever the answers are."""
    if importlib.util.find_spec("math_verify") is None:
        raise MissingExtra("MathEquivalence needs the package math-verify; pip install 'semuq[maths]'")
