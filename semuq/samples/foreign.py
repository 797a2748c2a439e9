"""Records of other programs: what is not as the program writes it is refused by name, whatever it trips over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from semuq.errors import InvalidSamples
from semuq.samples.replies import Refused, Unreadable

__all__ = ["written_by"]


@contextmanager
def written_by(program: str, where: str = "") -> Iterator[None]:
    """Around code that takes a record apart as `program` writes it: a field of another kind is an error of the record.

    Args:
        program: what the record is said to be of.
        where: begins the message.

    >>> with written_by("Inspect"):
    ...     {"samples": None}["samples"][0]
    Traceback (most recent call last):
    semuq.errors.InvalidSamples: expected a record as Inspect writes it ('NoneType' object is not subscriptable)
    """
    try:
        yield
    except InvalidSamples:
        raise
    except (TypeError, AttributeError, LookupError, ValueError, Unreadable, Refused) as error:
        raise InvalidSamples(f"{where}expected a record as {program} writes it ({error})") from error
