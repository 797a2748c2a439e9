"""Forty replies that servers have been seen to give, or could: a body each, and what must become of it.

`REPLIES` is a fixture in the plain sense: data. Each is asked for n = 3 answers with top_logprobs = 2; what is
expected is the texts, or the words of the error, and which likelihoods survive.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Literal

HALF, QUARTER = math.log(0.5), math.log(0.25)
TOP = [{"token": "a", "logprob": HALF}, {"token": "b", "logprob": QUARTER}]


Which = Literal["all", "others", "none"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A reply and what becomes of it.

    Args:
        body: the reply: JSON, or bytes as they are.
        texts: of the three answers; empty where an error is expected.
        error: words of the error.
        logprobs, entropies: which of the three answers have them: "all", all but the middle one ("others"), or "none".
        spoiled: whether the middle answer's log-probs came and could not be used.
        chat: which endpoint is asked.
        noted: what the metadata must say.
    """

    body: Any
    texts: tuple[str, ...] = ("A", "A", "A")
    error: str = ""
    logprobs: Which = "all"
    entropies: Which = "all"
    spoiled: bool = False
    chat: bool = True
    noted: tuple[str, Any] | None = None


def token(text: str = "A", logprob: Any = HALF, top: Any = TOP) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "top_logprobs": top}


def choice(content: Any = "A", tokens: Any = None, reason: str = "stop", **message: Any) -> dict[str, Any]:
    tokens = [token()] if tokens is None else tokens
    return {
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": reason,
        "logprobs": {"content": tokens},
    }


def reply(*choices: Any) -> dict[str, Any]:
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny", "choices": list(choices)}


def one_of_three(tokens: Any) -> dict[str, Any]:
    return reply(choice(), choice(tokens=tokens), choice())


def legacy(text: str = "A", values: Any = (HALF,), tops: Any = ({"a": HALF, "b": QUARTER},)) -> dict[str, Any]:
    told = {"tokens": ["A"] * len(values), "token_logprobs": list(values), "top_logprobs": tops and list(tops)}
    return {"text": text, "finish_reason": "stop", "logprobs": told}


THOUGHT = [token("hm"), token(" so"), token("</think>"), token("A")]
REPLIES: dict[str, Case] = {
    # What an answer's text looks like.
    "plain": Case(body=reply(*[choice()] * 3)),
    "content as parts": Case(body=reply(*[choice([{"type": "text", "text": "A"}])] * 3)),
    "content in two parts": Case(
        body=reply(*[choice([{"type": "text", "text": "A"}, {"type": "text", "text": "B"}])] * 3), texts=("AB",) * 3
    ),
    "parts of reasoning": Case(
        body=reply(*[choice([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "A"}])] * 3),
        noted=("reasoning", ["hm"] * 3),
    ),
    "null content": Case(
        body=reply(choice(), choice(None, []), choice()), texts=("A", "", "A"), noted=("finish_reasons", ["stop"] * 3)
    ),
    "null message": Case(
        body=reply(choice(), {"message": None, "finish_reason": "content_filter"}, choice()),
        texts=("A", "", "A"),
        logprobs="others",
        entropies="others",
        noted=("finish_reasons", ["stop", "content_filter", "stop"]),
    ),
    "no message at all": Case(
        body=reply(*[{"finish_reason": "stop"}] * 3), error="no readable reply .*neither a message nor a text"
    ),
    "null choice": Case(body=reply(None, choice(), None, choice(), choice())),
    "content a number": Case(body=reply(*[choice(4, [])] * 3), error="no readable reply .*neither text nor parts: 4"),
    "a piece of a stream": Case(body=reply(*[{"delta": {"content": "A"}}] * 3), error="no readable reply .*a stream"),
    "one content a number": Case(body=reply(choice(), choice(4, []), choice(), choice())),
    "half a surrogate pair": Case(body=reply(*[choice("A\ud800")] * 3), texts=("A\ufffd",) * 3),
    "a marked refusal": Case(
        body=reply(*[choice(None, refusal="I cannot help with that.")] * 3),
        texts=("I cannot help with that.",) * 3,
        noted=("finish_reasons", ["refusal"] * 3),
    ),
    # Bodies that are none.
    "not JSON": Case(body=b"<html>upstream</html>", error="no readable reply"),
    "empty body": Case(body=b"", error="no readable reply"),
    "JSON cut off": Case(body=json.dumps(reply(choice())).encode()[:-20], error="no readable reply"),
    "a bare list": Case(body=b"[]", error="no readable reply"),
    "nested without end": Case(body=b"[" * 200_000, error="no readable reply"),
    "choices a text": Case(body={"choices": "A"}, error="no readable reply"),
    "no choices": Case(body=reply(), error="expected 3 answers to .*, got none"),
    "error in a 200, refused": Case(
        body={"error": {"message": "not that", "code": 400}}, error=r"request: refused by .*\(not that\)"
    ),
    "error in a 200, busy": Case(body={"error": {"message": "no room", "code": 503}}, error=r"no readable .*no room"),
    "error a text": Case(body={"error": "not that"}, error=r"request: refused by .*\(not that\)"),
    "error in each choice": Case(
        body=reply(*[{"error": {"message": "not that"}, "message": None}] * 3), error=r"refused by .*\(not that\)"
    ),
    # Top tokens.
    "top empty": Case(body=one_of_three([token(top=[])]), entropies="others"),
    "top null": Case(body=one_of_three([token(top=None)]), entropies="others"),
    "top cut to one": Case(body=one_of_three([token(top=TOP[:1])]), entropies="others"),
    "top with a null": Case(body=one_of_three([token(top=[TOP[0], {"token": "b"}])]), entropies="others"),
    "top of one sure token": Case(body=one_of_three([token(logprob=0.0, top=[{"token": "A", "logprob": 0.0}])])),
    # Log-probs.
    "a positive log-prob": Case(
        body=one_of_three([token(logprob=0.7)]), logprobs="others", entropies="others", spoiled=True
    ),
    "probabilities": Case(body=reply(*[choice(tokens=[token(logprob=0.5)])] * 3), logprobs="none", entropies="none"),
    "a null log-prob": Case(
        body=one_of_three([token(logprob=None)]), logprobs="others", entropies="others", spoiled=True
    ),
    "NaN": Case(body=one_of_three([token(logprob=math.nan)]), logprobs="others", entropies="others", spoiled=True),
    "minus infinity": Case(
        body=one_of_three([token(logprob=-math.inf)]), logprobs="others", entropies="others", spoiled=True
    ),
    "a text for a log-prob": Case(body=one_of_three([token(logprob="-1")] * 1), texts=("A",) * 3),
    "a huge whole number": Case(
        body=one_of_three([token(logprob=-(10**400))]), logprobs="others", entropies="others", spoiled=True
    ),
    "null tokens": Case(body=one_of_three([None]), logprobs="others", entropies="others", spoiled=True),
    "empty list of tokens": Case(body=reply(*[choice(tokens=[])] * 3), logprobs="none", entropies="none"),
    "legacy form at the chat endpoint": Case(body=reply(*[{**choice(), "logprobs": legacy()["logprobs"]}] * 3)),
    "chat form at the legacy endpoint": Case(body=reply(*[{"text": "A", **choice()}] * 3), chat=False),
    "legacy, null in the first place": Case(
        body=reply(legacy(), legacy(values=(None,), tops=(None,)), legacy()),
        chat=False,
        logprobs="others",
        entropies="others",
        spoiled=True,
    ),
    "reasoning among the tokens": Case(
        body=reply(*[choice("<think>hm so</think>A", THOUGHT)] * 3), noted=("reasoning", ["hm so"] * 3)
    ),
}
