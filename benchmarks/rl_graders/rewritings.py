r"""Other ways of writing an answer, and answers that are wrong, made from a reference by rule.

Each rule is a function: a reference -> texts, perhaps none. The rules know nothing of the grader: they
rewrite strings, and numbers by exact fractions. A right form means the same to a reader of the problem; a wrong
form does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

__all__ = ["RIGHT", "WRONG", "right_forms", "wrong_forms"]

_WHOLE = re.compile(r"-?\d+")
_FRACTION = re.compile(r"(-?)\\frac\{(\d+)\}\{(\d+)\}")
_FLAT = re.compile(r"(-?)(\d+)/(\d+)")
_DECIMAL = re.compile(r"-?\d*\.\d+")
_SCIENTIFIC = re.compile(r"(-?[\d.]+) ?\\times ?10\^\{?(-?\d+)\}?")
_E_NOTATION = re.compile(r"(-?[\d.]+)[eE](-?\d+)")
_LETTER = re.compile(r"([A-Za-z](?:\([a-z]\))?) ?= ?(.+)")


def bare(answer: str) -> str:
    """The answer without $ signs around it."""
    inner = answer.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == "$" and "$" not in inner[1:-1]:
        inner = inner[1:-1].strip()
    return inner


def value(answer: str) -> Fraction | None:
    """The exact value of a plain number, None for anything else."""
    text = bare(answer)
    if text.endswith(" + 1"):
        one_less = value(text.removesuffix(" + 1"))
        return None if one_less is None else one_less + 1
    if found := _FRACTION.fullmatch(text) or _FLAT.fullmatch(text):
        return Fraction(int(found[1] + found[2]), int(found[3])) if int(found[3]) else None
    if _WHOLE.fullmatch(text) or _DECIMAL.fullmatch(text):
        return Fraction(text)
    if found := _SCIENTIFIC.fullmatch(text) or _E_NOTATION.fullmatch(text):
        return Fraction(found[1]) * Fraction(10) ** int(found[2])
    return None


def parts(text: str, separator: str = ",") -> list[str]:
    """A list cut at its own commas, not at those inside brackets."""
    found, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character == separator and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def _listed(answer: str) -> list[str] | None:
    """The members of an answer that is an unordered list."""
    text = bare(re.sub(r"\$\s*,\s*\$", ",", answer))
    braces = re.fullmatch(r"\\\{(.+)\\\}", text)
    members = parts(braces[1] if braces else text)
    plain = all(member and "=" not in member and "\\text" not in member for member in members)
    # "10,080" is one number.
    number = re.fullmatch(r"(?:\\\$)?\d{1,3}(?:,(?:\\!)?\s*\d{3})+", text) or text.replace(r"\$", "").count("$") % 2
    return members if plain and len(members) > 1 and not number and not re.search(r"[A-Za-z]{3,} ", text) else None


# --- the same answer -------------------------------------------------------------------------------------------


def _dollars(answer: str) -> Iterator[str]:
    yield f"${bare(answer)}$"


def _display(answer: str) -> Iterator[str]:
    yield rf"\[{bare(answer)}\]"


def _full_stop(answer: str) -> Iterator[str]:
    yield answer + "."


def _spaces(answer: str) -> Iterator[str]:
    if re.search(r"[,+=]", answer):
        yield re.sub(r"\s*([,+=])\s*", r" \1 ", answer)
        if "\\ " not in answer and not re.search(r"\d,\d{3}(?!\d)", answer):
            yield re.sub(r"\s*([,+=])\s*", r"\1", answer)


def _thin_spaces(answer: str) -> Iterator[str]:
    if "," in answer and not re.fullmatch(r"\$?\d{1,3}(?:,\d{3})+\$?", answer):
        yield re.sub(r",\s*", r",\\, ", answer)


def _dfrac(answer: str) -> Iterator[str]:
    if r"\frac" in answer:
        yield answer.replace(r"\frac", r"\dfrac")
        yield answer.replace(r"\frac", r"\tfrac")


def _slash(answer: str) -> Iterator[str]:
    text = bare(answer)
    if found := _FRACTION.fullmatch(text):
        yield f"{found[1]}{found[2]}/{found[3]}"
    elif re.search(r"\\frac\{[^{}]+\}\{[^{}]+\}", text) and "{pmatrix}" not in text:
        yield re.sub(r"\\frac\{([^{}]+)\}\{([^{}]+)\}", r"((\1)/(\2))", text)


def _latex_fraction(answer: str) -> Iterator[str]:
    if found := _FLAT.fullmatch(bare(answer)):
        yield rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"


def _short_fraction(answer: str) -> Iterator[str]:
    if re.search(r"\\frac\{\d\}\{\d\}", answer):
        yield re.sub(r"\\frac\{(\d)\}\{(\d)\}", r"\\frac\1\2", answer)


def _left_right(answer: str) -> Iterator[str]:
    if r"\left" in answer:
        yield answer.replace(r"\left", "").replace(r"\right", "")
    elif "(" in answer and "\\" not in answer.replace(r"\frac", "").replace(r"\sqrt", ""):
        yield re.sub(r"\)", r"\\right)", re.sub(r"\(", r"\\left(", answer))


def _decimal(answer: str) -> Iterator[str]:
    text, number = bare(answer), value(answer)
    if number is not None and ("frac" in text or "/" in text):
        bottom = number.denominator
        while bottom % 2 == 0:
            bottom //= 2
        while bottom % 5 == 0:
            bottom //= 5
        if bottom == 1:
            digits = f"{float(number):.12f}".rstrip("0")
            if Fraction(digits) == number:
                yield digits + ("0" if digits.endswith(".") else "")


def _fraction_of_decimal(answer: str) -> Iterator[str]:
    number = value(answer) if _DECIMAL.fullmatch(bare(answer)) else None
    if number is not None and number.denominator > 1:
        sign = "-" if number < 0 else ""
        yield rf"{sign}\frac{{{abs(number.numerator)}}}{{{number.denominator}}}"


def _unreduced(answer: str) -> Iterator[str]:
    number = value(answer)
    if number is not None and abs(number) < 10**6 and number.denominator < 10**6:
        sign = "-" if number < 0 else ""
        yield rf"{sign}\frac{{{3 * abs(number.numerator)}}}{{{3 * number.denominator}}}"


def _mixed(answer: str) -> Iterator[str]:
    number = value(answer)
    if number is not None and "frac" in answer and abs(number) > 1 and number.denominator > 1:
        whole, rest = divmod(abs(number.numerator), number.denominator)
        yield rf"{'-' if number < 0 else ''}{whole}\frac{{{rest}}}{{{number.denominator}}}"


def _zeros(answer: str) -> Iterator[str]:
    text = bare(answer)
    if _WHOLE.fullmatch(text):
        yield text + ".0"
        yield ("-0" if text.startswith("-") else "0") + text.lstrip("-")
    elif _DECIMAL.fullmatch(text):
        yield text + "0"


def _thousands(answer: str) -> Iterator[str]:
    text = bare(answer)
    if re.fullmatch(r"-?[1-9]\d{3,}", text):
        yield f"{int(text):,}"
        yield f"{int(text):,}".replace(",", "{,}")
        yield f"{int(text):,}".replace(",", r"\,")
    elif re.fullmatch(r"\d{1,3}(?:\\!?,\s?\\!?\d{3}|,\\!\d{3}|,\d{3})+", text):
        yield re.sub(r"\D", "", text)


def _scientific(answer: str) -> Iterator[str]:
    text = bare(answer)
    if found := _SCIENTIFIC.fullmatch(text):
        yield f"{found[1]}e{found[2]}"
        yield rf"{found[1]} \cdot 10^{{{found[2]}}}"
    elif found := _E_NOTATION.fullmatch(text):
        yield rf"{found[1]} \times 10^{{{found[2]}}}"


def _percent(answer: str) -> Iterator[str]:
    if found := re.fullmatch(r"([\d.]+) ?\\?%", bare(answer)):
        yield found[1] + "%"
        yield found[1] + r"\%"
        yield found[1] + " percent"
        yield str(Decimal(found[1]) / 100)


def _units(answer: str) -> Iterator[str]:
    text = bare(answer)
    if re.search(r"\\text|\\mathrm", answer):  # it has a unit
        return
    if _WHOLE.fullmatch(text) or _FRACTION.fullmatch(text) or _DECIMAL.fullmatch(text):
        yield text + r"\text{ cm}"
        yield text + r" \mathrm{~cm}"
        yield text + " students"
        if "frac" not in text:
            yield rf"\${text}"


def _degrees(answer: str) -> Iterator[str]:
    if found := re.fullmatch(r"(-?[\d.]+) ?\^\{?\\circ\}?", bare(answer)):
        yield found[1] + r"^{\circ}"
        yield found[1] + "°"
        yield found[1] + " degrees"
        yield found[1]


def _order(answer: str) -> Iterator[str]:
    members = _listed(answer)
    if members is not None:
        yield ", ".join(reversed(members))
        yield r"\{" + ", ".join(reversed(members)) + r"\}"
        yield ", ".join(members[:-1]) + (" and " if len(members) == 2 else ", and ") + members[-1]


def _union(answer: str) -> Iterator[str]:
    pieces = re.split(r"\s*\\cup\s*", bare(answer.rstrip(".")))
    if len(pieces) > 1:
        yield r" \cup ".join(reversed(pieces))


def _commuted(answer: str) -> Iterator[str]:
    """p - q as -q + p, for sums whose terms are plain."""
    text = bare(answer)
    if found := re.fullmatch(r"([A-Za-z0-9^\\ ]+?) ?([+-]) ?([A-Za-z0-9^\\ ]+)", text):
        first, sign, second = found[1].strip(), found[2], found[3].strip()
        if first and not re.search(r"text|cup|\d[eE]$|\\\\", found[1]):
            yield f"{second} + {first}" if sign == "+" else f"-{second} + {first}"


def _times(answer: str) -> Iterator[str]:
    text = bare(answer)
    if found := re.fullmatch(r"(-?\d+) ?\\sqrt\{(\d+)\}", text):
        yield rf"{found[1]} \cdot \sqrt{{{found[2]}}}"
        yield f"{found[1]}*sqrt({found[2]})"
        yield f"{found[1]}√{found[2]}"
        yield rf"\sqrt{{{int(found[1]) ** 2 * int(found[2])}}}" if int(found[1]) > 0 else text
    elif found := re.fullmatch(r"(-?\d+) ?\\pi", text):
        yield rf"{found[1]} \cdot \pi"
        yield f"{found[1]}*pi"
        yield f"{found[1]}π"


def _assignment(answer: str) -> Iterator[str]:
    text = bare(answer)
    if (found := _LETTER.fullmatch(text)) and "," not in text and "=" not in found[2] and "\\cos" not in text:
        yield found[2]
    elif value(answer) is not None:
        yield f"x = {text}"


def _wrapped_words(answer: str) -> Iterator[str]:
    if found := re.fullmatch(r"\\text\{([^{}]+)\}", bare(answer)):
        yield found[1]
        yield rf"\textbf{{{found[1]}}}"
        yield rf"\mathrm{{{found[1]}}}"


def _matrix(answer: str) -> Iterator[str]:
    if "{pmatrix}" in answer:
        yield re.sub(r"\s*(&|\\\\)\s*", r"\1", answer)
        yield answer.replace("{pmatrix}", "{bmatrix}")


def _minus(answer: str) -> Iterator[str]:
    text = bare(answer)
    if text.startswith("-"):
        yield "−" + text[1:]


RIGHT: dict[str, Callable[[str], Iterator[str]]] = {
    "dollar signs": _dollars,
    "display formula": _display,
    "full stop": _full_stop,
    "spaces": _spaces,
    "thin spaces": _thin_spaces,
    "dfrac, tfrac": _dfrac,
    "slash": _slash,
    "LaTeX fraction": _latex_fraction,
    "fraction without braces": _short_fraction,
    "left, right": _left_right,
    "exact decimal": _decimal,
    "fraction of a decimal": _fraction_of_decimal,
    "fraction not reduced": _unreduced,
    "mixed number": _mixed,
    "zeros": _zeros,
    "thousands": _thousands,
    "scientific": _scientific,
    "percent": _percent,
    "units": _units,
    "degrees": _degrees,
    "order of a set": _order,
    "order of a union": _union,
    "order of terms": _commuted,
    "product signs": _times,
    "name of the unknown": _assignment,
    "words in \\text": _wrapped_words,
    "matrix": _matrix,
    "Unicode minus": _minus,
}
"""Rules for right forms, by name."""


# --- another answer --------------------------------------------------------------------------------------------


def _next_number(answer: str) -> Iterator[str]:
    """One of its numbers one higher: the first, and the last."""
    found = list(re.finditer(r"(?<![\d.])\d+(?![\d.])", answer))
    for match in dict.fromkeys([*found[:1], *found[-1:]]):
        yield answer[: match.start()] + str(int(match[0]) + 1) + answer[match.end() :]


def _next_digit(answer: str) -> Iterator[str]:
    text = bare(answer)
    if _DECIMAL.fullmatch(text):
        yield text[:-1] + str((int(text[-1]) + 1) % 10)


def _place(answer: str) -> Iterator[str]:
    number = value(answer)
    if number and _WHOLE.fullmatch(bare(answer)):
        yield str(number * 10)


def _sign(answer: str) -> Iterator[str]:
    text, number = bare(answer), value(answer)
    if number:
        yield text[1:] if text.startswith("-") else "-" + text


def _upside_down(answer: str) -> Iterator[str]:
    number = value(answer)
    if number and "frac" in answer and abs(number) != 1:
        turned = 1 / number
        yield rf"{'-' if turned < 0 else ''}\frac{{{abs(turned.numerator)}}}{{{turned.denominator}}}"


def _swapped(answer: str) -> Iterator[str]:
    """An ordered pair the other way round."""
    text = bare(answer).replace(r"\left", "").replace(r"\right", "")
    found = re.fullmatch(r"\(([^()]+)\)", text)
    members = parts(found[1]) if found else []
    if len(members) == 2 and members[0] != members[1] and "infty" not in text:
        yield f"({members[1]}, {members[0]})"


def _one_less(answer: str) -> Iterator[str]:
    members = _listed(answer)
    if members is not None and len(set(members)) > 1:
        kept = [member for member in members if member != members[-1]]
        yield ", ".join(kept)


def _one_more(answer: str) -> Iterator[str]:
    members = _listed(answer)
    if members is not None and "977" not in members:
        yield ", ".join([*members, "977"])


def _plus_one(answer: str) -> Iterator[str]:
    text = bare(answer)
    if re.search(r"[A-Za-z\\]", text) and not re.search(r"[=,<>]|text|cup|matrix|infty|circ|%|in\b", text):
        yield text + " + 1"


def _doubled(answer: str) -> Iterator[str]:
    text = bare(answer)
    if re.search(r"[A-Za-z\\]", text) and not re.search(r"[=,<>]|text|cup|matrix|infty|circ|%|in\b", text):
        yield f"2({text})"


def _words(answer: str) -> Iterator[str]:
    if re.fullmatch(r"\\text\{[^{}()]{2,}\}", bare(answer)):
        yield r"\text{Somebody else}"


def _nothing(answer: str) -> Iterator[str]:
    yield "unknown"
    yield ""


WRONG: dict[str, Callable[[str], Iterator[str]]] = {
    "a number one higher": _next_number,
    "the last digit": _next_digit,
    "ten times": _place,
    "the sign": _sign,
    "upside down": _upside_down,
    "a pair swapped": _swapped,
    "a member less": _one_less,
    "a member more": _one_more,
    "plus one": _plus_one,
    "doubled": _doubled,
    "other words": _words,
    "no answer": _nothing,
}
"""Rules for wrong forms, by name."""


def right_forms(answer: str) -> list[tuple[str, str]]:
    """(rule, text) for every other way of writing it, each text once."""
    return _forms(answer, RIGHT)


def wrong_forms(answer: str) -> list[tuple[str, str]]:
    """(rule, text) for every wrong answer made of it, each text once."""
    return _forms(answer, WRONG)


def _forms(answer: str, rules: dict[str, Callable[[str], Iterator[str]]]) -> list[tuple[str, str]]:
    seen = {answer: ""}
    for name, rule in rules.items():
        for text in rule(answer):
            seen.setdefault(text, name)
    return [(name, text) for text, name in seen.items() if name]
