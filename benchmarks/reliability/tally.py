"""Counting what failed: how many were tried, how many failed, and how high the failure rate can still be."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from semuq.binomial import clopper_pearson_upper
from semuq.errors import SemuqError

__all__ = ["Tally", "foreseen"]

SHOWN = 5


@dataclass
class Tally:
    """Trials of one kind.

    Args:
        what: what counts as a failure, in words.
        tried, failed: how many.
        examples: of the failures, the first few.
        figures: what else was measured, by name: whole numbers are counts, other numbers the largest that was seen,
            and texts the same for all trials.
    """

    what: str = ""
    tried: int = 0
    failed: int = 0
    examples: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def note(self, failure: str | None, trials: int = 1) -> None:
        """So many more trials, and why one of them failed, None if none did."""
        self.tried += trials
        if failure is None:
            return
        self.failed += 1
        if len(self.examples) < SHOWN:
            self.examples.append(failure[:300])
            print(f"  failed: {failure[:1000]}", file=sys.stderr, flush=True)

    def add(self, other: Tally) -> None:
        """The trials of another tally of the same kind."""
        self.what = other.what or self.what
        self.tried, self.failed = self.tried + other.tried, self.failed + other.failed
        self.examples = [*self.examples, *other.examples][:SHOWN]
        self.figures = _together(self.figures, other.figures)

    def as_dict(self) -> dict[str, Any]:
        """With the exact one-sided 95% upper bound of the failure rate."""
        bound = clopper_pearson_upper(self.failed, self.tried, 0.05) if self.tried else 1.0
        return {
            "what_fails": self.what,
            "tried": self.tried,
            "failed": self.failed,
            "rate_at_most": float(f"{bound:.3g}"),
            **({"examples": self.examples} if self.examples else {}),
            **({"figures": self.figures} if self.figures else {}),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Tally:
        """The inverse of `as_dict`."""
        return cls(
            what=record["what_fails"],
            tried=record["tried"],
            failed=record["failed"],
            examples=list(record.get("examples", [])),
            figures=dict(record.get("figures", {})),
        )


def foreseen(act: Callable[[], Any], *also: type[BaseException]) -> tuple[Any, str | None]:
    """What an act gives, or None and what is wrong: anything but a result or a SemuqError of one line is."""
    try:
        return act(), None
    except also:
        return None, None
    except SemuqError as error:
        lines = str(error).splitlines()
        return None, None if len(lines) == 1 else f"{len(lines)} lines: {error!r}"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return None, f"{type(error).__name__} at {where.filename.rpartition('/')[2]}:{where.lineno}: {error}"


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    for name in one.keys() & other.keys():
        if isinstance(other[name], Mapping):
            both[name] = _together(one[name], other[name])
        elif isinstance(other[name], int):
            both[name] = one[name] + other[name]
        elif isinstance(other[name], float):
            both[name] = max(one[name], other[name])
    return both
