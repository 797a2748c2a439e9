"""Counting what failed: how many were tried, how many failed, and how high the failure rate can still be."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
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
        figures: anything else that was measured.
    """

    what: str
    tried: int = 0
    failed: int = 0
    examples: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def note(self, failure: str | None) -> None:
        """One more trial, and why it failed, None if it did not."""
        self.tried += 1
        if failure is None:
            return
        self.failed += 1
        if len(self.examples) < SHOWN:
            self.examples.append(failure[:300])
            print(f"  failed: {failure[:300]}", file=sys.stderr, flush=True)

    def as_dict(self) -> dict[str, Any]:
        """With the exact one-sided 95% upper bound of the failure rate."""
        bound = clopper_pearson_upper(self.failed, self.tried, 0.05) if self.tried else 1.0
        return {
            "what_fails": self.what,
            "tried": self.tried,
            "failed": self.failed,
            "rate_at_most": float(f"{bound:.3g}"),
            **({"examples": self.examples} if self.examples else {}),
            **self.figures,
        }


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
