"""What a server's reply says: texts, log-probs and why an answer ended, from the many forms in which servers say it.

Read by `SampleSet.from_openai`, by `OpenAISampler`, which sends the requests, and by readers of logs. A reply is read
by its shape, not by the endpoint that gave it; what is malformed costs an answer its likelihoods, never its neighbours
theirs, and nothing is repaired by guessing: a log-prob above 0 is refused, not clipped to certainty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter, InvalidSamples
from semuq.numerics import FloatArray
from semuq.samples.fields import logprobs
from semuq.samples.messages import text_of
from semuq.samples.stops import cut, cut_pieces, ended
from semuq.samples.thoughts import split_thought

__all__ = [
    "Answer",
    "Refused",
    "Rest",
    "Unreadable",
    "answer_fields",
    "entropies_from_top",
    "read_choices",
    "read_reply",
    "record_of",
]


_HALF = re.compile("[\ud800-\udfff]")
_BUSY = re.compile(r"rate.?limit|overload|server.?error|timeout|unavailable|internal|busy", re.IGNORECASE)
_THOUGHTS = frozenset({"reasoning", "thinking", "reasoning_content"})


class Unreadable(Exception):
    """What came is no reply, or says that the server is in trouble: worth asking again."""


class Refused(Exception):
    """The server says no, in a reply with status 200."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a reply.

    Args:
        text: without the white space around it, and without reasoning.
        reason: why it ended, in the server's word; "refusal" where the server marks one.
        logprobs: (T,) of the answer's own tokens; None if the server gave none or gave unusable ones.
        entropies: (T,) from the top tokens; None if any place lacks one of those that were asked for.
        reasoning: what the model thought before it answered, if the server tells.
        spoiled: why log-probs that came are not used; "" if they are, or none came.
    """

    text: str
    reason: str
    logprobs: FloatArray | None
    entropies: FloatArray | None
    reasoning: str
    spoiled: str


@dataclass(frozen=True)
class _Token:
    text: str
    logprob: Any
    top: list[Any] | None


def read_reply(body: str, top: int, stop: Sequence[str] = ()) -> list[Answer]:
    """The answers in the body of a reply, chat or legacy.

    Args:
        body: as it came.
        top: how many of the most probable tokens were asked for at each place.
        stop: texts that were to end an answer; one that goes on behind them is cut there.

    Raises:
        Unreadable: the body is not JSON, not a reply, or says that the server is in trouble.
        Refused: the body is an error that asking again would not change.
    """
    try:
        record = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"a body that is not JSON: {body!r:.60}") from error
    if not isinstance(record, dict):
        raise Unreadable(f"a body that is no reply: {body!r:.60}")
    return read_choices(record, top, stop)


def read_choices(record: Mapping[str, Any], top: int | None = None, stop: Sequence[str] = ()) -> list[Answer]:
    """The answers in a reply that is an object already; `top` None takes the fewest listed at any token.

    Raises:
        Unreadable: it is no reply, or says that the server is in trouble.
        Refused: it is an error that asking again would not change.
    """
    choices = record.get("choices")
    if record.get("error") and not choices:
        _complain(record["error"])
    if choices is not None and not isinstance(choices, list):
        raise Unreadable(f"choices that are no list: {choices!r:.60}")
    listed = [choice for choice in choices or [] if isinstance(choice, dict)]
    sound = [choice for choice in listed if not choice.get("error")]
    if listed and not sound:
        _complain(listed[0]["error"])
    return [_answer(choice, top, stop) for choice in sound]


def record_of(response: Any) -> Mapping[str, Any] | None:
    """A response or message as a mapping, be it plain or an object of a client (pydantic); None if it is neither."""
    if hasattr(response, "model_dump"):
        # A client holds what a server sent, also where its own types say otherwise.
        response = response.model_dump(warnings=False)
    return response if isinstance(response, Mapping) else None


def answer_fields(answers: Sequence[Answer]) -> dict[str, Any]:
    """What a SampleSet holds of the answers of a reply, all but the prompt.

    Log-probs of all of them or of none: an estimator needs all. Where some are unusable, the metadata say why
    (`unusable_logprobs`) and hold those of the others.
    """
    logprobs = [answer.logprobs for answer in answers]
    entropies = [answer.entropies for answer in answers]
    metadata: dict[str, Any] = {
        "truncated": [answer.reason == "length" for answer in answers],
        "finish_reasons": [answer.reason for answer in answers],
    }
    if any(answer.reasoning for answer in answers):
        metadata["reasoning"] = [answer.reasoning for answer in answers]
    if any(answer.spoiled for answer in answers):
        metadata["unusable_logprobs"] = [answer.spoiled or None for answer in answers]
        metadata["token_logprobs"] = [None if own is None else own.tolist() for own in logprobs]
    return {
        "texts": tuple(answer.text for answer in answers),
        "token_logprobs": None if any(own is None for own in logprobs) else logprobs,
        "token_entropies": None if any(own is None for own in entropies) else entropies,
        "metadata": metadata,
    }


def _complain(error: Any) -> NoReturn:
    said = error if isinstance(error, dict) else {"message": error}
    message = " ".join(str(said.get("message") or error).split())[:200]
    kinds = " ".join(str(said.get(name, "")) for name in ("code", "type", "status"))
    busy = re.search(r"\b(?:408|429|5\d\d)\b", kinds) or _BUSY.search(kinds)
    raise (Unreadable if busy else Refused)(message)


def _answer(choice: dict[str, Any], top: int | None, stop: Sequence[str]) -> Answer:
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    raw, reasoning = _texts(message.get("content") if "content" in message else choice.get("text"))
    told = next((message[name] for name in ("reasoning_content", "reasoning") if message.get(name)), "")
    reasoning += text_of(told)
    split = split_thought(raw)
    if split.thought is not None:
        reasoning, raw = reasoning + split.thought, split.answer
    reason = str(choice.get("finish_reason"))
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal and not raw.strip():
        raw, reason = refusal, "refusal"
    elif ended(raw, stop):
        reason = "stop"
    text = _HALF.sub("\ufffd", cut(raw, stop)).strip()
    values, tops, spoiled = _likelihoods(_tokens(choice.get("logprobs")), raw.strip(), bool(reasoning.strip()), stop)
    return Answer(
        text=text,
        reason=reason,
        logprobs=values,
        entropies=_entropies(tops, top) if values is not None else None,
        reasoning=_HALF.sub("\ufffd", reasoning).strip(),
        spoiled=spoiled,
    )


def _texts(content: Any) -> tuple[str, str]:
    """The answer and the reasoning in a content: text, parts, or nothing."""
    if not isinstance(content, list):
        return text_of(content), ""
    thoughts = [part for part in content if isinstance(part, dict) and part.get("type") in _THOUGHTS]
    thought = "".join(text_of(part.get("thinking") or part.get("reasoning") or part.get("text")) for part in thoughts)
    return text_of([part for part in content if part not in thoughts]), thought


def _tokens(found: Any) -> list[_Token] | None:
    """The tokens with their log-probs, from the chat form, the legacy form or a bare list; None if there are none."""
    if isinstance(found, dict) and isinstance(found.get("token_logprobs"), list):
        values = found["token_logprobs"]
        texts, tops = _as_long(found.get("tokens"), values), _as_long(found.get("top_logprobs"), values)
        return [
            _Token(str(text or ""), value, list(top.values()) if isinstance(top, dict) else None)
            for text, value, top in zip(texts, values, tops, strict=True)
        ]
    content = found if isinstance(found, list) else None
    if isinstance(found, dict):
        content = next((own for own in (found.get("content"), found.get("refusal")) if isinstance(own, list)), None)
    if content is None:
        return None
    return [
        _Token(str(own.get("token") or ""), own.get("logprob"), _top(own.get("top_logprobs")))
        if isinstance(own, dict)
        else _Token("", None, None)
        for own in content
    ]


def _top(found: Any) -> list[Any] | None:
    if isinstance(found, dict):
        return list(found.values())
    if not isinstance(found, list):
        return None
    return [own.get("logprob") if isinstance(own, dict) else own for own in found]


def _as_long(found: Any, values: list[Any]) -> list[Any]:
    """The list, if it has an entry for each value; one that is cut belongs to no token."""
    return found if isinstance(found, list) and len(found) == len(values) else [None] * len(values)


def _likelihoods(
    tokens: list[_Token] | None, text: str, apart: bool, stop: Sequence[str]
) -> tuple[FloatArray | None, list[list[Any] | None], str]:
    """Log-probs and top log-probs of the answer's own tokens, or why they are not used."""
    if tokens is None:
        return None, [], ""
    if apart:
        # The reasoning's tokens stand in front: the answer's are those that reach behind its beginning.
        joined = "".join(token.text for token in tokens)
        begin = joined.rfind(text) if text else len(joined)
        if begin < 0:
            return None, [], "the reasoning's tokens cannot be told from the answer's"
        ends = np.cumsum([len(token.text) for token in tokens])
        tokens = [token for token, end in zip(tokens, ends, strict=True) if end > begin]
    tokens = tokens[: len(cut_pieces([token.text for token in tokens], stop))]
    if not tokens and text:
        return None, [], ""  # servers without log-probs may send an empty list of them
    if any(isinstance(token.logprob, bool) for token in tokens):
        return None, [], "expected numbers, got true or false"
    try:
        values = logprobs("logprobs", [token.logprob for token in tokens])
    except InvalidSamples as error:
        return None, [], str(error).removeprefix("logprobs: ")
    return values, [token.top for token in tokens], ""


def _entropies(tops: Sequence[list[Any] | None], top: int | None) -> FloatArray | None:
    """(T,) entropies, if at every place all that was asked for is there: with fewer they would come out too small."""
    if top is None:
        top = min((len(own or ()) for own in tops), default=0)
    if not top:
        return None
    rows = []
    for own in tops:
        values = [value for value in own or [] if isinstance(value, int | float) and not isinstance(value, bool)]
        row = np.array(values, dtype=np.float64)
        whole = own is not None and len(values) == len(own) and not np.isnan(row).any() and (row <= 1e-3).all()
        if not whole or not row.size or (len(row) < top and np.exp(row).sum() < 1 - 1e-3):
            return None
        rows.append(row)
    if any(np.exp(row).sum() > 1 + 1e-2 for row in rows):
        return None
    return entropies_from_top(rows)


Rest = Literal["one token", "left out", "renormalised"]


def entropies_from_top(top_logprobs: Sequence[ArrayLike], rest: Rest = "one token") -> FloatArray:
    """(T,) an entropy in nats for each token from the log-probs of its k most probable alternatives.

    Args:
        top_logprobs: for each of T tokens the natural log-probs of its most probable alternatives; k may differ.
        rest: what becomes of the mass that is not listed. "one token" counts it as one more token, a lower bound
            of the true entropy; "left out" sums over the listed ones as they are (so ERGO does), a lower bound too;
            "renormalised" divides by their sum.

    Raises:
        InvalidParameter: a log-prob is above 0 or NaN, the masses of a token exceed 1, or none is listed.

    Degenerate cases. k = 1: the binary entropy of the token, -p log p, or 0. Scores are comparable only where k and
    `rest` are the same.

    Example:
        >>> entropies_from_top([np.log([0.5, 0.25]), np.log([1.0])]).round(4)
        array([1.0397, 0.    ])
    """
    if rest not in get_args(Rest):
        raise InvalidParameter(f"rest: expected one of {get_args(Rest)}, got {rest!r}")
    return np.array([_entropy(index, own, rest) for index, own in enumerate(top_logprobs)], dtype=np.float64)


def _entropy(index: int, logprobs: ArrayLike, rest: Rest) -> float:
    p = np.exp(np.asarray(logprobs, dtype=np.float64))
    # `not <=` rather than `>`: NaN must fail too. Servers round: a sum may exceed 1 a little.
    if p.ndim != 1 or not p.size or not (p <= 1 + 1e-3).all() or not p.sum() <= 1 + 1e-2:
        raise InvalidParameter(
            f"top_logprobs[{index}]: expected log-probs <= 0 of one token's alternatives, got {logprobs!r:.60}"
        )
    if rest == "renormalised":
        p = p / p.sum()
    elif rest == "one token":
        p = np.append(p, max(0.0, 1 - p.sum()))
    p = p[p > 0]
    return max(0.0, float(-(p * np.log(p)).sum()))
