"""What the optional fields of a SampleSet must look like: one reader per shape, with errors that name the field.

A reader takes whatever a user or a JSON file holds and returns read-only float64 arrays, or raises
`InvalidSamples`. `SampleSet` decides which reader a field goes through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any

import numpy as np

from semuq.errors import InvalidSamples
from semuq.numerics import FloatArray

__all__ = [
    "LOGPROB_TOLERANCE",
    "attentions",
    "check_one_per_answer",
    "check_text",
    "logprobs",
    "per_answer",
    "per_token",
    "per_token_or_none",
    "share",
    "shares",
    "shares_of",
    "string_lists",
    "strings",
    "text",
    "token_logprobs",
    "token_logs",
    "token_numbers",
    "token_strings",
    "token_vectors",
    "usable_logprobs",
    "vectors",
]


LOGPROB_TOLERANCE = 1e-3
"""Log-probs up to this much above 0 are rounding of low-precision logits and become 0."""

Aligned = Sequence[FloatArray | None] | None
"""For each answer what another field holds per token, None where it holds nothing; None if there is no such field."""

ROUNDING = 1e-6
"""A token quantity this little below 0 is rounding and becomes 0."""


def strings(name: str, values: Any) -> tuple[str, ...]:
    """A tuple of str."""
    if isinstance(values, str | bytes) or not isinstance(values, Sequence | np.ndarray):
        raise InvalidSamples(f"{name}: expected a list of str, got {type(values).__name__}; wrap it in a list")
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise InvalidSamples(
                f"{name}[{index}]: expected str, got {type(value).__name__}; an answer without text is ''"
            )
        check_text(f"{name}[{index}]", value)
    return tuple(str(value) for value in values)


def text(name: str, value: Any) -> str:
    """A str."""
    if not isinstance(value, str):
        raise InvalidSamples(f"{name}: expected str or None, got {type(value).__name__}")
    check_text(name, value)
    return value


def share(name: str, value: Any) -> float:
    """A number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not 0 <= value <= 1:
        raise InvalidSamples(f"{name}: expected a probability in [0, 1], got {value!r:.60}")
    return float(value)


def check_text(name: str, value: str) -> None:
    """Refuse half a surrogate pair, which is no character: no tokenizer takes it and no file in UTF-8 holds it."""
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidSamples(
            f"{name}: expected text, got half a surrogate pair at character {error.start}; "
            "decode the answer again, or replace it"
        ) from error


def string_lists(name: str, values: Any, n: int, aligned: Aligned = None) -> tuple[tuple[str, ...], ...]:
    """One tuple of str per answer; `aligned` fixes the lengths."""
    if isinstance(values, str | bytes) or not isinstance(values, Sequence) or len(values) != n:
        got = len(values) if isinstance(values, Sequence) and not isinstance(values, str) else type(values).__name__
        raise InvalidSamples(f"{name}: expected {n} lists of str (one per answer), got {got}; an empty list is legal")
    lists = tuple(strings(f"{name}[{index}]", value) for index, value in enumerate(values))
    others: Sequence[Sized | None] = lists if aligned is None else aligned
    for index, (own, other) in enumerate(zip(lists, others, strict=True)):
        if other is not None and len(own) != len(other):
            raise InvalidSamples(f"{name}[{index}]: expected {len(other)} texts (one per token), got {len(own)}")
    return lists


def token_strings(name: str, values: Any, texts: Sequence[str], aligned: Aligned = None) -> tuple[tuple[str, ...], ...]:
    """For each answer the texts of its tokens; `aligned` fixes the lengths."""
    return string_lists(name, values, len(texts), aligned)


def logprobs(name: str, value: Any) -> FloatArray:
    """(tokens,) finite natural log-probs <= 0."""
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidSamples(f"{name}: expected a flat list of numbers, got {value!r:.60}") from error
    if array.ndim != 1:
        raise InvalidSamples(f"{name}: expected one log-prob per token (1-D), got shape {array.shape}")
    if (bad := ~np.isfinite(array)).any():
        raise InvalidSamples(
            f"{name}: expected finite log-probs, got {array[bad][0]} at token {bad.argmax()}; "
            "compute them again, or pass None for this answer"
        )
    if (bad := array > LOGPROB_TOLERANCE).any():
        raise InvalidSamples(
            f"{name}: expected natural log-probs <= 0, got {array[bad][0]:g} at token {bad.argmax()}; "
            "probabilities need np.log, base-2 logs a factor of log(2)"
        )
    return _frozen(np.minimum(array, 0.0))


def token_logprobs(name: str, values: Any, texts: Sequence[str]) -> tuple[FloatArray | None, ...] | None:
    """n ragged arrays of natural log-probs <= 0, one per token; None for an answer whose are not known."""
    check_one_per_answer(name, values, len(texts))
    read = tuple(
        None if value is None else _answers_logprobs(f"{name}[{index}]", value, texts[index])
        for index, value in enumerate(values)
    )
    return None if all(own is None for own in read) else read


def usable_logprobs(name: str, values: Any, texts: Sequence[str]) -> tuple[list[Any], list[str | None]]:
    """The log-probs of each answer, None where those given cannot be used, and why.

    Raises:
        InvalidSamples: those of no answer can be used, which is no accident of one.
    """
    check_one_per_answer(name, values, len(texts))
    usable: list[Any] = []
    reasons: list[str | None] = []
    failure = None
    for index, value in enumerate(values):
        try:
            usable.append(None if value is None else _answers_logprobs(f"{name}[{index}]", value, texts[index]))
            reasons.append(None)
        except InvalidSamples as error:
            failure = failure or error
            usable.append(None)
            reasons.append(str(error).partition(": ")[2].partition(";")[0])
    if failure is not None and all(own is None for own in usable):
        raise failure
    return usable, reasons


def _answers_logprobs(name: str, value: Any, text: str) -> FloatArray:
    array = logprobs(name, value)
    if array.size == 0 and text:
        raise InvalidSamples(f"{name}: expected a log-prob per token of {text!r:.40}, got none")
    return array


def per_token_or_none(
    name: str, values: Any, texts: Sequence[str], aligned: Aligned = None
) -> tuple[FloatArray | None, ...] | None:
    """As `per_token`, with None for an answer whose numbers are not known."""
    check_one_per_answer(name, values, len(texts))
    known = [index for index, value in enumerate(values) if value is not None]
    if len(known) == len(texts):
        return per_token(name, values, texts, aligned)
    read: list[FloatArray | None] = [None] * len(texts)
    for index in known:
        other = None if aligned is None else [aligned[index]]
        try:
            (read[index],) = per_token(name, [values[index]], [texts[index]], other)
        except InvalidSamples as error:
            raise InvalidSamples(str(error).replace(f"{name}[0]", f"{name}[{index}]", 1)) from error
    return tuple(read) if known else None


def per_token(name: str, values: Any, texts: Sequence[str], aligned: Aligned = None) -> tuple[FloatArray, ...]:
    """n ragged arrays of finite numbers >= 0, one number per token; `aligned` fixes the lengths."""
    arrays = token_numbers(name, values, texts, aligned)
    for index, array in enumerate(arrays):
        if (bad := array < -ROUNDING).any():
            raise InvalidSamples(
                f"{name}[{index}]: expected finite numbers >= 0, got {array[bad][0]:g} at token {bad.argmax()}"
            )
    return tuple(_frozen(np.maximum(array, 0.0)) for array in arrays)


def token_logs(name: str, values: Any, texts: Sequence[str], aligned: Aligned = None) -> tuple[FloatArray, ...]:
    """n ragged arrays of logs of shares, finite and <= 0, one per token; `aligned` fixes the lengths."""
    return tuple(
        logprobs(f"{name}[{index}]", array) for index, array in enumerate(token_numbers(name, values, texts, aligned))
    )


def token_numbers(name: str, values: Any, texts: Sequence[str], aligned: Aligned = None) -> tuple[FloatArray, ...]:
    """n ragged arrays of finite numbers, one number per token; `aligned` fixes the lengths."""
    check_one_per_answer(name, values, len(texts))
    arrays = tuple(_tokens(f"{name}[{index}]", value, texts[index]) for index, value in enumerate(values))
    for index, (array, other) in enumerate(zip(arrays, aligned or arrays, strict=True)):
        if other is not None and len(array) != len(other):
            raise InvalidSamples(
                f"{name}[{index}]: expected {len(other)} numbers (one per token, as in token_logprobs), "
                f"got {len(array)}; log both from one tokenisation"
            )
    return arrays


def attentions(name: str, values: Any, texts: Sequence[str], aligned: Aligned = None) -> tuple[FloatArray, ...]:
    """n ragged arrays (tokens, layers, heads) of numbers in [0, 1]; `aligned` fixes the lengths."""
    check_one_per_answer(name, values, len(texts))
    arrays = []
    for index, value in enumerate(values):
        array = _numbers(f"{name}[{index}]", value)
        other = aligned[index] if aligned else None
        wanted = "tokens" if other is None else len(other)
        if array.size == 0:
            array = array.reshape(0, 0, 0)
        if array.ndim != 3 or (other is not None and len(array) != wanted):
            raise InvalidSamples(f"{name}[{index}]: expected shape ({wanted}, layers, heads), got {array.shape}")
        if not ((array >= 0) & (array <= 1 + ROUNDING)).all():
            raise InvalidSamples(f"{name}[{index}]: expected shares of attention in [0, 1], got others")
        arrays.append(_frozen(np.minimum(array, 1.0)))
    return tuple(arrays)


def shares_of(name: str, values: Any, owners: Sequence[str] | None) -> FloatArray:
    """Finite numbers in [0, 1], one for each owner, if those are known."""
    return per_answer(name, values, np.size(_numbers(name, values)) if owners is None else len(owners))


def per_answer(name: str, values: Any, n: int) -> FloatArray:
    """(n,) finite numbers in [0, 1], one per answer."""
    array = _numbers(name, values)
    if array.shape != (n,):
        raise InvalidSamples(f"{name}: expected shape ({n},), one number per answer, got {array.shape}")
    if not ((array >= 0) & (array <= 1)).all():
        raise InvalidSamples(
            f"{name}: expected probabilities in [0, 1], got {array[~((array >= 0) & (array <= 1))][0]}"
        )
    return _frozen(array)


def shares(name: str, values: Any, n: int) -> FloatArray:
    """(n, options) numbers >= 0: each row an answer's distribution over options, summing to 1."""
    array = _numbers(name, values)
    if array.ndim != 2 or array.shape[0] != n or array.shape[1] < 1:
        raise InvalidSamples(f"{name}: expected shape ({n}, options), one row per answer, got {array.shape}")
    if not (array >= 0).all() or not (np.abs(array.sum(axis=1) - 1) <= 1e-3).all():
        raise InvalidSamples(f"{name}: expected rows of probabilities that sum to 1, got {array.sum(axis=1)!s:.60}")
    return _frozen(array / array.sum(axis=1, keepdims=True))


def vectors(name: str, values: Any, n: int) -> FloatArray:
    """(n, d) finite numbers, one row per answer."""
    array = _numbers(name, values)
    if array.ndim != 2 or array.shape[0] != n:
        raise InvalidSamples(f"{name}: expected shape ({n}, d), one row per answer, got {array.shape}")
    if not np.isfinite(array).all():
        raise InvalidSamples(f"{name}: expected finite numbers, got NaN or infinity; embed these answers again")
    return _frozen(array)


def layers(name: str, values: Any, n: int) -> FloatArray:
    """(n, L, d) finite numbers, a row per layer of each answer."""
    array = _numbers(name, values)
    if array.ndim != 3 or array.shape[0] != n or 0 in array.shape:
        raise InvalidSamples(f"{name}: expected shape ({n}, layers, d), a row per layer per answer, got {array.shape}")
    if not np.isfinite(array).all():
        raise InvalidSamples(f"{name}: expected finite numbers, got NaN or infinity; read these answers again")
    return _frozen(array)


def token_vectors(name: str, values: Any, texts: Sequence[str], aligned: Aligned = None) -> tuple[FloatArray, ...]:
    """n ragged arrays (tokens, d) of finite numbers, one row per token, one width; `aligned` fixes the lengths."""
    check_one_per_answer(name, values, len(texts))
    arrays = []
    for index, value in enumerate(values):
        array = _numbers(f"{name}[{index}]", value)
        other = aligned[index] if aligned else None
        wanted = None if other is None else len(other)
        if array.size == 0:
            array = array.reshape(0, array.shape[-1] if array.ndim == 2 else 0)
        if array.ndim != 2 or (wanted is not None and len(array) != wanted):
            tokens = "tokens" if wanted is None else wanted
            raise InvalidSamples(f"{name}[{index}]: expected shape ({tokens}, d), a row per token, got {array.shape}")
        if not np.isfinite(array).all():
            raise InvalidSamples(f"{name}[{index}]: expected finite numbers, got NaN or infinity")
        arrays.append(_frozen(array))
    widths = {array.shape[1] for array in arrays if len(array)}
    if len(widths) > 1:
        raise InvalidSamples(f"{name}: expected one width for all answers, got {sorted(widths)}")
    return tuple(arrays)


def _tokens(name: str, value: Any, text: str) -> FloatArray:
    array = _numbers(name, value)
    if array.ndim != 1:
        raise InvalidSamples(f"{name}: expected one number per token (1-D), got shape {array.shape}")
    if array.size == 0 and text:
        raise InvalidSamples(f"{name}: expected a number per token of {text!r:.40}, got none")
    if (bad := ~np.isfinite(array)).any():
        raise InvalidSamples(f"{name}: expected finite numbers, got {array[bad][0]:g} at token {bad.argmax()}")
    return _frozen(array)


def check_one_per_answer(name: str, values: Any, n: int) -> None:
    """Refuse what is no sequence of n entries."""
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__") or len(values) != n:
        got = len(values) if hasattr(values, "__len__") and not isinstance(values, str) else type(values).__name__
        raise InvalidSamples(
            f"{name}: expected {n} arrays (one per answer), got {got}; pass None if the model gave none"
        )


def _numbers(name: str, value: Any) -> FloatArray:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidSamples(f"{name}: expected numbers, got {value!r:.60}") from error
    return array


def _frozen(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array
