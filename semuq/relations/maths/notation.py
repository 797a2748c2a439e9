r"""One way of writing: plain-text and Unicode mathematics as the LaTeX that math-verify reads.

`clean` drops what carries no meaning ($ signs, \left, \text, spacing, a final full stop); `to_latex` turns
what is left ("x**2", "sqrt(8)", "√8", "[[1,2],[3,4]]", "1 1/2", "pi/2") into LaTeX. Neither evaluates anything.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clean", "is_text", "to_latex"]

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SYMBOLS = {
    "−": "-", "–": "-", "—": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "÷": "/", "π": r"\pi ",
    "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ", "∩": r"\cap ", "∅": r"\emptyset ",
    "±": r"\pm ", "∈": r"\in ", "°": r"^\circ ", "º": r"^\circ ", "ℝ": r"\mathbb{R}", "θ": r"\theta ", "α": r"\alpha ",
    "β": r"\beta ", "⁄": "/", "′": "'",
}  # fmt: skip
_FRACTIONS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅛": (1, 8)}
_SPACING = re.compile(
    r"\\(?:left|right|displaystyle|textstyle|limits|quad|qquad|[Bb]igg?[lr]?)(?![A-Za-z])"
    r"|(?:\{,\}|,\\!)(?=\d{3})|(?<!\\)\\[!,;:> ]|~"  # two backslashes end a row of a matrix
)
_WRAPPER = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|hbox|operatorname)\s*\{([^{}]*)\}")
_EDGE = re.compile(r"^(?:\$+|\\[(\[])\s*|\s*(?:\$+|\\[)\]])$")
_ALIASES = {
    "no solution": r"\emptyset",
    "no solutions": r"\emptyset",
    "no real solution": r"\emptyset",
    "no real solutions": r"\emptyset",
    "empty set": r"\emptyset",
    "the empty set": r"\emptyset",
    "all real numbers": r"\mathbb{R}",
    "all reals": r"\mathbb{R}",
    "infinity": r"\infty",
    "dne": "does not exist",
}
_FUNCTIONS = "arcsin|arccos|arctan|sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|log|ln|exp|min|max|gcd"
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NOT_WORDS = re.compile(rf"(?:pi|sqrt|oo|inf|infty|{_FUNCTIONS})")


def clean(answer: str) -> str:
    r"""An answer without what carries no meaning; idempotent.

    Example:
        >>> clean(r"$\left(1,\ 2\right)$."), clean(r"\text{Monday}"), clean(r"1{,}000\,\text{cm}")
        ('(1, 2)', 'Monday', '1,000 cm')
    """
    previous = None
    text = unicodedata.normalize("NFC", answer)
    while text != previous:
        previous = text
        text = _WRAPPER.sub(r" \1 ", text)
        text = _SPACING.sub(lambda match: "," if match[0] in ("{,}", r",\!") else " ", text)
        text = text.replace(r"\dfrac", r"\frac").replace(r"\tfrac", r"\frac").replace(r"\cfrac", r"\frac")
        text = text.replace(r"\%", "%").replace(r"\$", "$").replace("^{\\circ}", "^\\circ")
        text = " ".join(text.split()).strip("*` ")
        text = re.sub(r"(?<=[^.\s])\s*[.,;:。．，]$", "", text)
        if text.count("$") != 1 or text.startswith(("\\(", "\\[")):  # a lone one is a currency
            text = _EDGE.sub("", text)
        text = re.sub(r"([(\[{]) | (?=[)\]}])", r"\1", text)
    return _ALIASES.get(text.casefold(), text)


def is_text(answer: str) -> bool:
    """Whether a cleaned answer is words rather than mathematics.

    >>> is_text("Monday"), is_text("blue and red"), is_text("x + 1"), is_text("5 cm"), is_text("xy")
    (True, True, False, False, False)
    """
    if re.search(r"[\d\\^=<>+*/{}\[\]|√]", answer):
        return False
    words = [word for word in _WORDS.findall(answer) if not _NOT_WORDS.fullmatch(word)]
    return any(len(word) > 2 or not word.isascii() for word in words) or answer.casefold() in ("no", "up")


def to_latex(answer: str) -> str:
    r"""A cleaned answer as LaTeX.

    Example:
        >>> to_latex("2*sqrt(3) + x**2"), to_latex("1 1/2"), to_latex("[[1,2],[3,4]]")
        ('2\\cdot \\sqrt{3} + x^2', '1\\frac{1}{2}', '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}')
    """
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda m: "^{" + m[0].translate(_SUPERSCRIPTS) + "}", answer)
    for sign, (top, bottom) in _FRACTIONS.items():
        text = text.replace(sign, rf"\frac{{{top}}}{{{bottom}}}")
    for sign, latex in _SYMBOLS.items():
        text = text.replace(sign, latex)
    text = _matrix(text)
    text = re.sub(r"√\s*(\d+(?:\.\d+)?|[A-Za-z])", r"\\sqrt{\1}", text).replace("√", r"\sqrt")
    text = re.sub(r"(?<![\\A-Za-z])sqrt\b", r"\\sqrt", text)
    text = _parenthesised(text, r"\sqrt", r"\sqrt{", "}")
    text = re.sub(r"(\d+)\s+(\d+)\s*/\s*(\d+)", r"\1\\frac{\2}{\3}", text)
    text = re.sub(r"(?<![\\A-Za-z])pi(?![A-Za-z])", r"\\pi ", text)
    text = re.sub(r"(?<![\\A-Za-z])(?:oo|infinity|inf|infty)(?![A-Za-z])", r"\\infty ", text)
    text = re.sub(rf"(?<![\\A-Za-z])({_FUNCTIONS})(?![A-Za-z])", r"\\\1 ", text)
    text = re.sub(r"\\exp\s*\(", "e^(", text)
    text = re.sub(r"(\d(?:\.\d+)?)[eE]([-+]?\d+)\b", r"\1\\times 10^{\2}", text)
    text = text.replace("**", "^")
    text = _parenthesised(text, "^", "^{", "}")
    text = re.sub(r"\^\s*([-+]?\d{2,})", r"^{\1}", text)
    text = text.replace("*", r"\cdot ")
    text = text.replace("<=", r"\le ").replace(">=", r"\ge ").replace("!=", r"\ne ")
    text = re.sub(r"\s+[uU]\s+(?=[(\[])", r"\\cup ", text)
    text = re.sub(r"^([A-Za-z])\s*(?:\\in\b|\bin\b)\s*(?=[(\[\\])", "", text)
    text = re.sub(r"^\{([^{}]*)\}$", r"\\{\1\\}", text)
    text = re.sub(r"(?<=[\w})])\s*,?\s+(?:and|or)\s+(?=[\w\\(-])", ", ", text)
    return text.strip()


def _matrix(text: str) -> str:
    """`[[1,2],[3,4]]` as a pmatrix; anything else as it is."""
    if not re.fullmatch(r"\[\s*\[[^\[\]]*\](?:\s*,\s*\[[^\[\]]*\])*\s*\]", text):
        return text
    rows = re.findall(r"\[([^\[\]]*)\]", text)
    return (
        r"\begin{pmatrix}" + r"\\".join("&".join(v.strip() for v in row.split(",")) for row in rows) + r"\end{pmatrix}"
    )


def _parenthesised(text: str, before: str, opening: str, closing: str) -> str:
    """`before(...)` with the matching parentheses replaced; unbalanced ones are left alone."""
    place = 0
    while (found := re.compile(re.escape(before) + r"\s*\(").search(text, place)) is not None:
        depth, end = 1, found.end()
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if depth:
            break
        text = text[: found.start()] + opening + text[found.end() : end - 1] + closing + text[end:]
        place = found.start() + len(opening)
    return text
