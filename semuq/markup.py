r"""What surrounds an answer and is no part of it: marks of chat templates, thoughts, tags, fences, invisible signs.

Before anything that reads an answer: relations, graders and rewards all take `bare(text)`, so that what counts as
wrapping is settled here, once.
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata

__all__ = ["bare", "before_next_question", "visible"]

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# Bidirectional marks, zero-width signs, soft hyphens; the joiners of Persian and Indic scripts stay between letters.
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe0e\ufe0f\u20e3]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\w)[\u200c\u200d]|[\u200c\u200d](?!\w)"
)
_END = re.compile(
    r"<\|(?:im_end|eot_id|end_of_text|endoftext|eom_id|end|endofprompt|end_of_turn|im_start|start_header_id)\|>"
    r"|<\|(?:return|call)\|>|</s>|<eos>|<end_of_turn>|<｜end▁of▁sentence｜>|\[/INST\]|<\|(?:user|assistant|system|endofmessage)\|>"
)
_START = re.compile(r"^\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\|im_start\|>assistant\s|<\|assistant\|>)\s*")
_CHANNEL = re.compile(r"<\|channel\|>\s*final\s*<\|message\|>", re.IGNORECASE)
"""Where a model that writes in channels begins to answer."""
_NEXT_QUESTION = re.compile(
    r"\n[ \t]*(?:#+[ \t]*)?(?:\**(?:(?:Next\s+)?Question|Q|Problem|User|Human|Input|Instruction|Exercise"
    r"|Example)\**\s*\d*\s*[:.]|<\|im_start\|>|\[INST\])"
)
_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning|scratchpad)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_OPENED_BEFORE = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<(answer|final_answer|final|choice|solution|result)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_EMPHASIS = re.compile(r"<(b|i|em|strong|u)>([^<>\n]+)</\1>", re.IGNORECASE)
_MENDED = re.compile(r"\b(?:correct(?:ed|ion)|revised|mistake|wait|actually|instead|missed)\b", re.IGNORECASE)
"""What says between two answers that the first is withdrawn."""
_LANGUAGE = re.compile(r"[\w+-]*[ \t]*\n")
_KEYS = ("answer", "answers", "final_answer", "final", "result", "solution", "choice", "choices", "output")
_AT_THE_END = re.compile(r"(\{[^{}]{1,2000}\})\s*`{0,3}\s*\Z")
_QUOTES = {'"': '"', "“": "”", "«": "»", "「": "」", "『": "』", "‘": "’"}


def visible(text: str) -> str:
    r"""The text without what cannot be seen: control signs, colours of a terminal, zero-width and direction marks.

    Example:
        >>> visible("\ufeff42\u200b\x1b[0m"), visible("5\ufe0f\u20e3")
        ('42', '5')
    """
    return _INVISIBLE.sub("", _ANSI.sub("", text))


def bare(text: str) -> str:
    r"""An answer without its wrapping.

    Dropped: what cannot be seen (`visible`); everything behind a mark that ends a turn; thoughts in `<think>` and
    its like, unclosed too; what is outside of `<answer>` tags; a fence, emphasis or quotation marks around the
    whole; an object in JSON around its "answer", or behind an explanation; other channels than the final one; emoji
    at either end.

    Returns: the rest, stripped; "" if there was nothing but wrapping (an unclosed thought).

    Example:
        >>> bare("<think>5? no</think>\n**7**<|im_end|>"), bare('{"reasoning": "3 + 4", "answer": 7}'), bare("✅ 42")
        ('7', '7', '42')
        >>> bare("42 🎉!")
        '42'
        >>> bare("<think>Let me see"), bare("<answer> Paris </answer>."), bare("```\nParis\n```")
        ('', 'Paris', 'Paris')
    """
    text = visible(text)
    if channels := list(_CHANNEL.finditer(text)):
        text = text[channels[-1].end() :]
    text = _START.sub("", text)
    if (end := _END.search(text)) and text[: end.start()].strip():
        text = text[: end.start()]
    text = _END.sub(" ", text)
    text = _THOUGHT.sub(" ", text)
    text = _THOUGHT_OPENED_BEFORE.sub("", text)
    text = _EMPHASIS.sub(r"\2", text)
    tagged = [found for found in _TAGS.finditer(text) if found[2].strip()]
    if tagged:
        mended = _MENDED.search(text, tagged[0].end(), tagged[-1].start()) if len(tagged) > 1 else None
        text = tagged[-1 if mended else 0][2]
    text = text.strip()
    previous = None
    while text != previous:
        previous = text
        text = _around(_from_json(_unfenced(text))).strip()
    return text


def before_next_question(text: str) -> str:
    r"""An answer without a next question that the model made up, and all that follows it.

    >>> before_next_question("18" + chr(10) + chr(10) + "Question: And 2 + 2?" + chr(10) + "Answer: 4")
    '18'
    """
    cut = _NEXT_QUESTION.search(text)
    return text[: cut.start()].strip() or text if cut else text


def _unfenced(text: str) -> str:
    """What stands in a fence of three backticks or more, without its language; a text without one as it is."""
    ticks = min(len(text) - len(text.lstrip("`")), len(text) - len(text.rstrip("`")), len(text) // 2)
    if ticks < 3:
        return text
    inner = text[ticks:-ticks]
    language = _LANGUAGE.match(inner)
    return inner[language.end() if language else 0 :].strip()


def _from_json(text: str) -> str:
    """The answer of an object that is the whole text or ends it; anything else as it is."""
    if not text.endswith(("}", "}\n```", "}```")):
        return text
    whole = text if text.startswith("{") else ""
    end = _AT_THE_END.search(text)
    for written in (whole, end[1] if end else ""):
        said = _object(written) if written else None
        if isinstance(said, dict):
            lower = {str(key).casefold().replace(" ", "_"): value for key, value in said.items()}
            found = next((lower[key] for key in _KEYS if key in lower), None)
            several = found if isinstance(found, list) else [found]
            if several and all(isinstance(own, str | int | float) and not isinstance(own, bool) for own in several):
                return ", ".join(map(str, several))
    return text


def _object(written: str) -> object:
    """What an object in JSON, or one as Python prints it, says; None if it is neither."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        pass
    if len(written) > 10_000 or "'" not in written:
        return None
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _around(text: str) -> str:
    """Without emoji at the ends, and without emphasis or quotation marks around the whole."""
    start, stop = 0, len(text)
    while start < stop and (text[start].isspace() or _emoji(text[start])):
        start += 1
    while (last := _last_sign(text, start, stop)) > start and _emoji(text[last - 1]):
        stop = last - 1
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    text = text[start:stop] or text
    for mark in ("***", "**", "__", "`", "*"):
        inner = text[len(mark) : -len(mark)]
        if text.startswith(mark) and text.endswith(mark) and inner and mark[0] not in inner:
            return inner
    inner = text[1:-1]
    closing = _QUOTES.get(text[:1])
    if closing and text.endswith(closing) and inner and text[0] not in inner and closing not in inner:
        return inner
    return text


def _last_sign(text: str, start: int, stop: int) -> int:
    """Where what stands before the closing marks ends."""
    while stop > start and (text[stop - 1].isspace() or text[stop - 1] in ".!?"):
        stop -= 1
    return stop


def _emoji(sign: str) -> bool:
    """A pictograph; mathematical symbols, arrows, the sun and sexes, pieces of chess, suits and notes are none."""
    meant = sign in "\u2609\u2640\u2642" or "\u2654" <= sign <= "\u266f"
    return sign > "\u2600" and unicodedata.category(sign) in ("So", "Sk") and not meant
