r"""One way of writing: plain-text and Unicode mathematics as the LaTeX that math-verify reads.

`clean` drops what carries no meaning ($ signs, \left, \text, spacing, a final full stop) and settles the signs of
relations; `to_latex` turns an expression ("x**2", "sqrt(8)", "√8", "1 1/2", "pi/2", "7 choose 3", "x squared") into
LaTeX. Neither evaluates anything.
"""

from __future__ import annotations

import re
import unicodedata

from semuq.markup import bare
from semuq.relations.values.amounts import ascii_digits

__all__ = ["FUNCTIONS", "clean", "to_latex"]

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₙₖᵢ", "0123456789nki")
_SYMBOLS = {
    "−": "-", "–": "-", "—": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "÷": "/", "π": r"\pi ",
    "∞": r"\infty ", "∩": r"\cap ", "±": r"\pm ", "ℝ": r"\mathbb{R}", "θ": r"\theta ", "α": r"\alpha ",
    "β": r"\beta ", "γ": r"\gamma ", "λ": r"\lambda ", "μ": r"\mu ", "σ": r"\sigma ", "φ": r"\phi ", "ω": r"\omega ",
    "⁄": "/", "∕": "/", "′": "'", "∑": r"\sum ", "∫": r"\int ",
}  # fmt: skip
_RELATIONS = (
    (re.compile(r"\\(?:leqslant|leqq|leq|le)(?![A-Za-z])|≤|⩽|=<"), "<="),
    (re.compile(r"\\(?:geqslant|geqq|geq|ge)(?![A-Za-z])|≥|⩾|=>"), ">="),
    (re.compile(r"\\(?:neq|ne)(?![A-Za-z])|≠|\\not\s*="), "!="),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\cup(?![A-Za-z])|\bunion\b|(?<=[\])])\s*[uU]\s*(?=[(\[])"), " ∪ "),
    (re.compile(r"\\(?:notin|not\s*\\in)(?![A-Za-z])"), " ∉ "),
    (re.compile(r"\\in(?![A-Za-z])"), " ∈ "),
    (re.compile(r"\\(?:emptyset|varnothing)(?![A-Za-z])"), "∅"),
    (re.compile(r"\\(?:langle|rangle)(?![A-Za-z])"), lambda m: "⟨" if "lan" in m[0] else "⟩"),
)
_FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
    "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9), "⅒": (1,
    10),
}  # fmt: skip
_SPACING = re.compile(
    r"\\(?:left|right|displaystyle|textstyle|limits|quad|qquad|[Bb]igg?[lr]?)(?![A-Za-z])"
    r"|(?:\{,\}|\s*,\s*(?:\\,)?\s*\\!)\s*(?=\d{3})|(?<!\\)\\[!,;:> ]|~"  # two backslashes end a row of a matrix
)
_WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mathsf|boldsymbol|bm|mbox|hbox|operatorname\*?"
    r"|boxed|fbox|framebox)\s*\{([^{}]*)\}"
)
_UNIT_VECTOR = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|hat|widehat|vec|textbf)\s*(?:\{\s*(?:\\(?:mathbf|boldsymbol|bm)\s*\{\s*)?)?\\?([ijk])(?:math)?(?![A-Za-z])(?:\s*\}){0,2}"
)
_UNIT_VECTORS = {"i": "î", "j": "ĵ", "k": "k̂"}
_FORMULA = re.compile(r"\s*\$((?:[^$\\]|\\.)*)\$\s*\.?\s*", re.DOTALL)
_FORMULAS = re.compile(r"(?:\$[^$]+\$(?:[\s,;]|and|or)*){2,}")
_EDGE = re.compile(r"^(?:\$+|\\[(\[])\s*|\s*(?:\$+|\\[)\]])$")
_ALIASES = {
    "no solution": "∅",
    "no solutions": "∅",
    "no real solution": "∅",
    "no real solutions": "∅",
    "empty set": "∅",
    "the empty set": "∅",
    "{}": "∅",
    r"\{\}": "∅",
    "all real numbers": "ℝ",
    "all reals": "ℝ",
    r"\mathbb{R}": "ℝ",
    r"\mathbb R": "ℝ",
    "infinity": r"\infty",
    "dne": "does not exist",
}
FUNCTIONS = (
    "arcsin|arccos|arctan|sinh|cosh|tanh|asin|acos|atan|sin|cos|tan|cot|sec|csc|log|ln|exp|min|max|gcd|lcm|lim|det|arg"
)
_SPOKEN = (
    (re.compile(r"\b(?:the )?square root of\s+"), "√"),
    (re.compile(r"\b(?:the )?cube root of\s+"), "∛"),
    (re.compile(r"(?<![A-Za-z\\])root\s*(?=\d)"), "√"),
    (re.compile(r"(?<![A-Za-z\\])(?:cuberoot|cbrt)\b"), "∛"),
    (re.compile(r"(?<=[\w)])\s+squared\b"), "^2"),
    (re.compile(r"(?<=[\w)])\s+cubed\b"), "^3"),
    (re.compile(r"\s+to the power of\s+"), "^"),
    (re.compile(r"(?<=[\w)])\s+factorial\b"), "!"),
    (re.compile(r"(?<=[\w)])\s+(?:multiplied by|times)\s+(?=[\w(\\])"), "*"),
    (re.compile(r"(?<=[\w)])\s+(?:divided by|over)\s+(?=[\w(\\])"), "/"),
    (re.compile(r"(?<=[\w)])\s+plus\s+(?=[\w(\\])"), "+"),
    (re.compile(r"(?<=[\w)])\s+minus\s+(?=[\w(\\])"), "-"),
    (re.compile(r"(?<=[\d)])\s+[xX]\s+(?=[\d(])"), r"\\times "),
    (re.compile(r"(\w+)\s+(?:\\bmod|mod)\s+(\w+)"), r"(\1 - \2\\lfloor \\frac{\1}{\2} \\rfloor )"),
    (re.compile(r"\{?\s*(\w+)\s*(?:\\choose|\bchoose)\s*(\w+)\s*\}?"), r"\\binom{\1}{\2}"),
    (re.compile(r"\{\s*\}\s*[\^_]\s*\{?\s*(\w+)\s*\}?\s*([CP])\s*_\s*\{?\s*(\w+)\s*\}?"
                r"|(?<![\w\\}])[\^_]\s*\{?\s*(\w+)\s*\}?\s*([CP])\s*_\s*\{?\s*(\w+)\s*\}?"),
     lambda m: _arrangements(m[1] or m[4], m[2] or m[5], m[3] or m[6])),
    (re.compile(r"(?<![\w\\])(\d+)P(\d+)(?!\w)"), lambda m: _arrangements(m[1], "P", m[2])),
    (re.compile(r"\\log_\s*(?:\{\s*e\s*\}|e(?![A-Za-z]))"), r"\\ln "),
    (re.compile(r"(?<![A-Za-z\\])log(\d+)(?=\s*\()"), r"\\log_{\1}"),
    (re.compile(r"(?<![A-Za-z\\])([A-Za-z])('+)(?!\w)"), lambda m: f"{m[1]}_{{{'p' * len(m[2])}}}"),
    (re.compile(r"(?<![A-Za-z\\])C\(\s*(\d+)\s*,\s*(\d+)\s*\)|(?<![\w\\])(\d+)C(\d+)(?!\w)"),
     lambda m: rf"\binom{{{m[1] or m[3]}}}{{{m[2] or m[4]}}}"),
)  # fmt: skip
_BRACKETS = (
    (re.compile(r"(?<![A-Za-z\\])floor(?=\s*\()"), r"\lfloor ", r"\rfloor "),
    (re.compile(r"(?<![A-Za-z\\])ceil(?:ing)?(?=\s*\()"), r"\lceil ", r"\rceil "),
    (re.compile(r"(?<![A-Za-z\\])abs(?=\s*\()"), "|", "|"),
)
_UNIT_QUOTIENT = re.compile(
    r"\\[dtc]?frac\s*\{\s*\\(?:text|mathrm|textrm)\s*\{([^{}]*)\}\s*\}\s*"
    r"\{\s*((?:\\(?:text|mathrm|textrm)\s*\{[^{}]*\}|\^\s*(?:\{-?\d\}|\d)|\\cdot|\s){1,12})\}"
)
"""A fraction of words: of units, if it is one at all."""


def clean(answer: str) -> str:
    r"""An answer without what carries no meaning; idempotent.

    Example:
        >>> clean(r"$\left(1,\ 2\right)$."), clean(r"\text{Monday}"), clean(r"1{,}000\,\text{cm}"), clean(r"x \leq ٣")
        ('(1, 2)', 'Monday', '1,000 cm', 'x <= 3')
    """
    previous = None
    text = unicodedata.normalize("NFC", bare(answer))
    while text != previous:
        previous = text
        if formula := _FORMULA.fullmatch(text):
            text = formula[1]
        if len({own[1] for own in _UNIT_VECTOR.finditer(text)}) > 1:  # i alone may be the imaginary unit
            text = _UNIT_VECTOR.sub(lambda found: _UNIT_VECTORS[found[1]], text)
        text = _UNIT_QUOTIENT.sub(r"\1/(\2)", text)
        text = _WRAPPER.sub(r" \1 ", text)
        text = _SPACING.sub(lambda match: "," if "," in match[0] and match[0] != r"\," else " ", text)
        text = re.sub(r"(?<=\d)\^\s*\{?\s*\\circ\s*\}?", "°", text)
        text = text.replace(r"\dfrac", r"\frac").replace(r"\tfrac", r"\frac").replace(r"\cfrac", r"\frac")
        text = text.replace(r"\%", "%").replace(r"\$", "$").replace(r"\lvert", "|").replace(r"\rvert", "|")
        for pattern, sign in _RELATIONS:
            text = pattern.sub(sign, text)
        text = " ".join(ascii_digits(text).split()).strip("*` ")
        text = re.sub(r"(?<=[^.\s])\s*[.,;:。．，]$", "", text)
        text = re.sub(r"^=\s*(?=[^=\s])", "", text)
        if text.count("$") != 1 or text.startswith(("\\(", "\\[")):  # a lone one is a currency
            text = _without_dollars(text)
        text = re.sub(r"([(\[{⟨]) | (?=[)\]}⟩])", r"\1", text)
    return _ALIASES.get(text.casefold(), _ALIASES.get(text, text))


def _without_dollars(text: str) -> str:
    """Without $ around the whole, and around formulas that words stand beside; amounts of money keep theirs."""
    if re.match(r"\$[\d.,]+\s*[-+*/×=]\s*\$?[\d]", text):  # $20 - $5 = $15
        return text
    if _FORMULAS.fullmatch(text):
        return re.sub(r"\$([^$]*)\$", r" \1 ", text).strip()
    if text.count("$") == 2 and not re.search(r"\$\d[^$]*\$\d", text):
        return re.sub(r"\$([^$]*)\$", r" \1 ", text).strip()
    return _EDGE.sub("", text)


def to_latex(answer: str) -> str:
    r"""A cleaned expression as LaTeX.

    Example:
        >>> to_latex("2*sqrt(3) + x**2"), to_latex("1 1/2"), to_latex("root 2"), to_latex("7 choose 3")
        ('2\\cdot \\sqrt{3}+x^2', '1\\frac{1}{2}', '\\sqrt{2}', '\\binom{7}{3}')
        >>> to_latex("sin(30°)")
        '\\sin(30\\cdot \\frac{\\pi}{180})'
    """
    text = answer
    for pattern, sign in _SPOKEN:
        text = pattern.sub(sign, text)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda m: "^{" + m[0].translate(_SUPERSCRIPTS) + "}", text)
    text = re.sub(r"[₀₁₂₃₄₅₆₇₈₉ₙₖᵢ]+", lambda m: "_{" + m[0].translate(_SUBSCRIPTS) + "}", text)
    for sign, (top, bottom) in _FRACTIONS.items():
        text = text.replace(sign, rf"\frac{{{top}}}{{{bottom}}}")
    text = re.sub(r"(?<=[\d}])\s*[°º]", r"\\cdot \\frac{\\pi}{180}", text)
    text = re.sub(rf"(\\?(?:{FUNCTIONS}))\s*(\d+(?:\.\d+)?\\cdot \\frac{{\\pi}}{{180}})", r"\1(\2)", text)
    for sign, latex in _SYMBOLS.items():
        text = text.replace(sign, latex)
    text = re.sub(r"√\s*(\d+(?:\.\d+)?|[A-Za-z])", r"\\sqrt{\1}", text).replace("√", r"\sqrt")
    text = re.sub(r"∛\s*(\d+(?:\.\d+)?|[A-Za-z])", r"\\sqrt[3]{\1}", text).replace("∛", r"\sqrt[3]")
    text = re.sub(r"(?<![\\A-Za-z])sqrt(?![A-Za-z])", r"\\sqrt", text)
    text = _parenthesised(text, r"\sqrt[3]", r"\sqrt[3]{", "}")
    text = _parenthesised(text, r"\sqrt", r"\sqrt{", "}")
    for name, opening, closing in _BRACKETS:
        if name.search(text):
            text = _parenthesised(name.sub("⌊", text), "⌊", opening, closing)
    text = re.sub(r"(\d+)\s+(\d+)\s*/\s*(\d+)", r"\1\\frac{\2}{\3}", text)
    text = re.sub(r"(?<![\\A-Za-z])pi(?![A-Za-z])", r"\\pi ", text)
    text = re.sub(r"(?<![\\A-Za-z])(?:oo|infinity|inf|infty)(?![A-Za-z])", r"\\infty ", text)
    text = re.sub(r"(?<![\\A-Za-z])a(sin|cos|tan)(?![A-Za-z])", r"\\arc\1 ", text)
    text = re.sub(r"(?<![\\A-Za-z])lcm(?![A-Za-z])", r"\\operatorname{lcm}", text)
    text = re.sub(rf"(?<![\\A-Za-z{{])({FUNCTIONS})(?![A-Za-z}}])", r"\\\1 ", text)
    text = _parenthesised(text, r"\exp", "e^{", "}")
    text = re.sub(r"(\d(?:\.\d+)?)[eE]([-+]?\d+)\b", r"\1\\times 10^{\2}", text)
    text = text.replace("**", "^")
    text = _parenthesised(text, "^", "^{", "}")
    text = re.sub(r"\^\s*([-+]?\d{2,})", r"^{\1}", text)
    text = re.sub(r"\+\s*-", "-", text)
    text = text.replace("*", r"\cdot ").strip()
    return re.sub(r"\s*([-+/=^_{}()\[\],|])\s*", r"\1", text)  # so that forms that differ in spaces alone are one


def _arrangements(total: str, kind: str, chosen: str) -> str:
    """The number of combinations, or of permutations."""
    return rf"\binom{{{total}}}{{{chosen}}}" if kind == "C" else rf"\frac{{({total})!}}{{({total}-{chosen})!}}"


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
