r"""Where in a text the final answer stands: in \boxed{}, behind "####" or "the answer is", in a sentence, or the last
number.

What surrounds an answer goes first (`semuq.markup.bare`: thoughts, tags, fences, marks of templates), then what a
model made up behind its answer: a next question and all that follows.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from semuq.errors import InvalidParameter
from semuq.markup import bare, before_next_question
from semuq.relations.maths.statements import stated_value
from semuq.relations.values.amounts import read_amount

__all__ = ["Extract", "extract_answer", "located"]

Extract = Literal["auto", "boxed", "answer", "last-number"]

SHORT = 12
"""A text of one line and at most this many words is taken for an answer as it stands, unless it states one."""

LONGEST = 200_000
"""Characters; of a longer text, without its thought, the end is read."""

_SPACES = re.compile(r"[ \t]{9,}")
"""Long runs of spaces cost a pattern their square."""
_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=\{)|\\boxed\s*(?=[^\s{A-Za-z])")
_HASHES = re.compile(r"####[ \t]*(\S[^\n]*)")
_SAID = (
    r"(?:final\s+)?answers?|ans\.?|(?:final\s+)?(?:result|value|solution)s?|solutions?"
    r"|(?:correct|right|best)\s+(?:option|choice)|(?:option|choice)(?=\s+(?:is|:))"
    r"|r[ée]ponse(?:\s+(?:finale|correcte))?|respuesta(?:\s+(?:final|correcta))?|resposta(?:\s+(?:final|correta))?"
    r"|(?:risposta|soluzione)(?:\s+(?:finale|corretta))?|(?:richtige\s+)?antwort|lösung|ergebnis|resultado|r[ée]sultat|risultato"
    r"|(?:правильный\s+|окончательный\s+)?ответ|jawaban(?:nya)?|cevap|odpowiedź|đáp\s+(?:án|số)|svar|antwoord|vastaus|απάντηση"
)
_IS = (
    r"(?:(?:is|are|was|were|(?:would|will|must|should|has\s+to)\s+be|seems?\s+to\s+be|equals|est|es|é|ist|lautet|lauten|wäre|è|são|son|sont|sería|seria|será|serait"
    r"|равен|равно|это|adalah|to|bằng)\b|[-=]+>|[=:：→⇒➔]|[-–—](?=\s))"
)
_CORRECTED = (
    r"\b(?:(?:wait|actually|oops|correction|scratch that|i mean|my mistake|sorry|hold on|no)\b[\s,:.!—–-]*)+"
    r"(?:(?:it|that|this|the\s+(?:answer|result|total))\s*)?(?:should\s+(?:actually\s+)?be|should\s+have\s+been|must\s+be"
    r"|would\s+be|is\s+actually|is|'s)\s+(?:actually\s+)?(?=[-−$€£\\]*\d)"
)
_PHRASE = re.compile(
    rf"(?<![\w-])(?:{_SAID})\**\s*(?:(?:to\s[^.\n:]{{0,80}}?\s)?{_IS}\**\s*[:：]?)+\s*"
    r"|(?:最终|最后|正确)?(?:答案|答え|答|結果|结果)(?:应该)?(?:是|为|為|：|:|は)\s*|(?:정답|답)(?:은|:|：)\s*|(?:الجواب|الإجابة|النتيجة|پاسخ|جواب)(?:\s+(?:النهائي|النهائية|الصحيح|الصحيحة))?(?:\s+هو|\s+هي|\s*:)\s*|(?:תשובה|คำตอบ)(?:\s*(?:היא|הוא|คือ))?\s*:?\s*|(?:उत्तर|উত্তর|பதில்)\s*(?:है|:)?\s*"
    rf"|{_CORRECTED}"
    r"|(?:^|\n)[ \t]*ans(?:wer)?\.[ \t]+(?=\S)"
    r"|(?:^|\n)[ \t]*(?:\**(?:(?:final|total)\**\s*[:=]|(?-i:A)\**\s*:))\s*",
    re.IGNORECASE,
)
_MATHS = re.compile(
    r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|(?<![\\\d])\$(?!\d+(?:\.\d+)?(?:\s|$))(.+?)(?<!\\)\$|\\\((.+?)\\\)", re.DOTALL
)
_NUMBER = re.compile(
    r"(?<![\w.])[-−+]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?(?:\s*\\?%)?"
)
_END = re.compile(
    r"(?<=[^\s.])\.(?=[*_`\"')\]]*(?:\s|$))(?<!\b[ap]\.m\.)|(?<=[^\s!])[!?](?=\s+[A-Z])|[。\n]"
    r"|\s(?:because|since|so|which|where|I hope|though|although"
    r"|but)\b|,\s*(?:but|because|since|so|which|as|in total|altogether)\b"
)
_INSTEAD = re.compile(
    r"(?:\bnot|n't)\s+[^.;\n]*?(?:[,;]|\bbut)\s*(?:rather\s+)?(?:the\s+answer\s+is\s+|it\s+is\s+|it's\s+|is\s+)?(?=\S)",
    re.IGNORECASE,
)
_NOT_THIS = re.compile(r",?\s+(?:and\s+)?(?:not|rather than|instead of)\s.*$", re.DOTALL)
_HEDGE = re.compile(
    r"^(?:(?:approximately|about|roughly|around|simply|just|likely|probably|definitely|clearly|equal to"
    r"|given by|:)\s+)+",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?:the\s+)?(?:option|choice|letter)\s+(\(?[A-J]\)?(?![\w']).*)", re.IGNORECASE | re.DOTALL)
_FINAL = re.compile(
    r"\W{0,5}(?:(?:thus|hence|so|therefore)\b,?\s*)?(.{1,60}?)\s*[-—–,:;]*\s*(?:(?:that|this|it)(?:'s|’s|\s+is)|is)\s+(?:my|the|our)\s+(?:final\s+|correct\s+|right\s+)*answer\b.*",
    re.IGNORECASE,
)
"""42 is my final answer"""
_EXPLAINED = re.compile(
    r"\A([^\n]{1,60})\n\s*(?:\**(?:Explanation|Reason(?:ing)?|Because|Justification|Here|Since|Note)\b|This is)"
)
_NOUN_BEHIND = re.compile(r"([-−+]?[$€£¥₹]?\s?[\d][\d.,/]*)\s+(?:[^\W\d_]+-?\s*){1,3}\s*")
_LABELLED = re.compile(r"^\\text\s*\{\s*(?:the\s+)?(?:final\s+)?answer\s*(?:is|:|=)?\s*:?\s*\}", re.IGNORECASE)
_ARROW = re.compile(r"^(?:[∴⇒→➔]|=+>|\\(?:Rightarrow|implies|therefore)(?![A-Za-z]))\s*")
_ASIDE = re.compile(
    r"\s+\((?!\s*(?:mod|base)\b)[^()]*\)$|\s+(?:or|i\.e\.,?|that is,?)\s+(?:about|approximately|roughly|≈)\s.*$"
)
"""8 (eight), 8/9 or about 0.89: the same once more."""
_LETTER = re.compile(r"[^\W\d_]")
_OPERATORS = re.compile(r"\\(?:times|cdot|div|frac|binom|sqrt|left|right)(?![A-Za-z])|(?<=\d)\s*x\s*(?=[\d$])|\bof\b")
_BESIDE = re.compile(r"[\s$]*(?:and|or|[,;])[\s$]*(?:and|or)?[\s$]*")
"""What may stand between two boxes of one answer."""
_BETWEEN_FORMULAS = re.compile(r"\s*(?:,\s*)?(?:and|or)\s+(?=[$\\])|,\s*(?=[$\\])")
_STEPS = re.compile(r"\**(?:1[.)]\s|step\b|first\b)", re.IGNORECASE)
_DESU = re.compile(r"(?:です|である|だ|입니다|है|है।)\s*$")


def extract_answer(text: str, how: Extract = "auto") -> str:
    r"""The part of a text that is its final answer.

    Args:
        text: what the model said.
        how: "boxed" takes the last \boxed{...}, or the last few that stand side by side, as a list; "answer" what
            follows the first "####" or, failing that, the last complete "answer is" or "answer:" (in a dozen
            languages),
            up to the end of the sentence; "last-number" the last number with its sign, fraction and percent sign.
            "auto" takes
            the first of these that applies: boxed; "####"; "answer is"; the value that the last sentence states ("so
            there
            are 42 apples"); the whole text, if it is one line of at most 12 words; the last formula between
            $ signs; the last number. What is found inside a found answer is taken again: "the answer is $\boxed{4}$"
            is 4 by
            each of the first two.

    Returns: the answer, stripped; the whole text, stripped, where nothing that was asked for is found. A counted
        thing in
        a sentence is left out (42 of "42 apples"), a unit of measure is not.

    Raises:
        InvalidParameter: `how` is unknown.

    Degenerate cases. Of more than 200,000 characters the last are read. "" stays "", and so does an unclosed thought. A
        \boxed{ that never closes is taken to the end.

    Example:
        >>> extract_answer(r"So $x = \frac{1}{2}$, that is \boxed{\frac{1}{2}}.")
        '\\frac{1}{2}'
        >>> extract_answer("2 + 2 makes 4, so\n#### 4"), extract_answer("Thus the answer is 42, since 6 * 7 = 42.")
        ('4', '42')
        >>> extract_answer("There are 42 apples."), extract_answer("The answer is not 5, it is 6.")
        ('42', '6')
    """
    answer, in_sentence = located(text, how)
    found = _NOUN_BEHIND.fullmatch(answer) if in_sentence else None
    if found:
        amount = read_amount(answer)
        if amount is not None and amount.noun:
            return found[1].strip()
    return answer


def located(text: str, how: Extract = "auto") -> tuple[str, bool]:
    """The final answer with the counted thing behind it ("42 apples"), and whether a sentence states it.

    >>> located("There are 42 apples."), located("42 apples")
    (('42 apples', True), ('42 apples', False))
    """
    if how not in get_args(Extract):
        raise InvalidParameter(f"extract: expected one of {get_args(Extract)}, got {how!r}")
    text = _SPACES.sub(" ", before_next_question(bare(text))[-LONGEST:])
    if how == "last-number":
        return _last_number(text) or text, False
    boxed = _boxed(text)
    if how == "boxed":
        return text if boxed is None else boxed, False
    if boxed is not None and how == "auto":
        return boxed, False
    answer, in_sentence = _outside_boxes(text, how)
    return _result(answer), in_sentence


def _outside_boxes(text: str, how: Extract) -> tuple[str, bool]:
    stated = _stated(text)
    if how == "answer":
        return text if stated is None else stated, stated is not None
    if stated is not None:
        return stated, True
    if (explained := _EXPLAINED.match(text)) and (
        read_amount(explained[1].strip(" .*")) or len(explained[1].split()) == 1
    ):
        return explained[1].strip(" .*"), False
    if len(text) < 500 and (final := _FINAL.fullmatch(text)) and read_amount(final[1].strip(" .*$")):
        return final[1].strip(" .*"), True
    value = stated_value(text)
    if value is not None:
        return value, True
    if "\n" not in text and len(text.split()) <= SHORT:
        return _ARROW.sub("", text), False
    return _last_formula(text) or _last_number(text) or text, False


def _result(answer: str) -> str:
    """What a calculation comes to: 12 of "3 + 4 + 5 = 12"; a value with a name, or anything else, as it is."""
    *before, last = answer.split("=")
    if (
        not before
        or not read_amount(last.strip(" $*."))
        or any(_LETTER.search(_OPERATORS.sub(" ", own)) for own in before)
    ):
        return answer
    return last.strip(" *") if re.search(r"\d", before[-1]) else answer


def _boxed(text: str) -> str | None:
    """The last box that is not empty, with those right before it that only a comma or "and" parts from it."""
    starts = list(_BOXED.finditer(text))
    closing = _closing_braces(text) if starts else {}
    inside: list[str] = []
    border = 0
    for start in reversed(starts):
        place = start.end()
        if text[place : place + 1] == "{":  # one that never closes ends with the text
            end = closing.get(place, len(text))
            content = text[place + 1 : end].strip()
        else:
            found = re.match(r"[^\s$]+", text[place : place + 100])
            end = place + (found.end() if found else 0)
            content = found[0].rstrip(".,") if found else ""
        if inside and (end + 1 > border or not _BESIDE.fullmatch(text[end:border].removeprefix("}"))):
            break
        if content:
            inside.insert(0, _unwrapped(content))
            border = start.start()
    return ", ".join(inside) if inside else ("" if starts else None)


def _closing_braces(text: str) -> dict[int, int]:
    """Where each brace that opens is closed."""
    closing, open_ones = {}, []
    for brace in re.finditer(r"(?<!\\)[{}]", text):
        if brace[0] == "{":
            open_ones.append(brace.start())
        elif open_ones:
            closing[open_ones.pop()] = brace.start()
    return closing


def _unwrapped(answer: str) -> str:
    r"""\text{9} is 9, and so is \text{Answer: } 9."""
    answer = _LABELLED.sub("", answer).strip()
    found = re.fullmatch(r"\\(?:text|textbf|mathrm|mathbf|boxed)\s*\{([^{}]*)\}", answer)
    return found[1].strip() if found else answer


def _stated(text: str) -> str | None:
    hashes = _HASHES.findall(text)
    if hashes:
        return re.sub(r"(?<=\d)[.!]+$", "", str(hashes[0]).strip())
    found = [(rest, complete) for rest, complete in _statements(text) if rest]
    if not found:
        return None
    answer, complete = found[-1]
    if not complete and len(found) > 1 and found[-2][0].startswith(answer):  # cut off in the middle of a repetition
        return found[-2][0]
    return answer


def _statements(text: str) -> list[tuple[str, bool]]:
    """What follows each "answer is", and whether its sentence ends."""
    found = []
    phrases = list(_PHRASE.finditer(text))
    for place, phrase in enumerate(phrases):
        stop = phrases[place + 1].start() if place + 1 < len(phrases) else len(text)
        rest = text[phrase.end() : stop].strip()
        if not rest or _STEPS.match(rest):
            continue
        found.append(_statement(rest))
    return found


def _statement(rest: str) -> tuple[str, bool]:
    inside = _boxed(rest)
    if inside:
        return inside, True
    if instead := _INSTEAD.match(rest):
        rest = rest[instead.end() :]
    if rest[:1] == "$" or rest[:2] in ("\\(", "\\["):
        formula = _MATHS.match(rest)
        if formula:
            return _with_those_beside(formula, rest), True
    end = _END.search(rest.lstrip("\n* "))
    rest = rest.lstrip("\n* ")
    answer = rest[: end.start()] if end else rest
    answer = _NOT_THIS.sub("", answer)
    answer = _HEDGE.sub("", answer.strip(" *,"))
    if option := _OPTION.fullmatch(answer):
        answer = option[1]
    if (aside := _ASIDE.search(answer)) and read_amount(answer[: aside.start()].strip()):
        answer = answer[: aside.start()]
    if re.match(r"[-−$€£\d]", answer):
        answer = re.split(r",\s+(?!and\b|or\b)(?=[a-z]{2,})", answer, maxsplit=1)[0]
        answer = re.sub(r"(?<=\d)!+$", "", answer)
        answer = re.sub(r"\s+(?:in total|altogether|in all|overall)$", "", answer)
    answer = _DESU.sub("", answer)
    return answer.strip(" *,;`"), end is not None


def _with_those_beside(formula: re.Match[str], rest: str) -> str:
    """A formula and those that only "and", "or" or a comma parts from it: $x=1$ or $x=6$."""
    found, place = _content(formula), formula.end()
    while (between := _BETWEEN_FORMULAS.match(rest, place)) and (more := _MATHS.match(rest, between.end())):
        found, place = f"{found}{between[0].rstrip()} {_content(more)}", more.end()
    return found


def _last_formula(text: str) -> str | None:
    formulas = list(_MATHS.finditer(text))
    return _content(formulas[-1]) if formulas else None


def _content(formula: re.Match[str]) -> str:
    return next(group for group in formula.groups() if group is not None).strip()


def _last_number(text: str) -> str | None:
    numbers = [match[0].strip() for match in _NUMBER.finditer(text) if any(map(str.isdigit, match[0]))]
    return numbers[-1] if numbers else None
