"""What is written rather than named: letters, operators, versions, addresses, commands, code.

Two of them are the same if they are written the same; what they have in common says nothing, and a model of words
must not be asked.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape

from semuq.relations.values.measures import find_unit
from semuq.relations.values.words import MEMORY

__all__ = ["apart", "marked_apart", "other_operator", "other_units", "same_code", "written"]

LONGEST = 400
"""Signs of what is looked at; longer answers are left to others."""

_OUTSIDE = re.compile(r"^(?:\s|\*\*|```\w*\n|[\"'“”‘’`])+|(?:\s|\*\*|[\"'“”‘’`]\.?)+$")
_OPTION = re.compile(r"(?i:(?:the )?(?:option|choice|answer|letter)(?: is)?:? )?[(\[]?([A-Za-z])[)\].:]*")
_VERSION = re.compile(r"v?\d+(?:\.\d+){2,}")
_MIXED = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])\S+")  # Nf3, 0xFF, 12A, BRCA1, 00:1A:2B
_NAMED = re.compile(r"[^\W\d_]{4,}-?\w*$")  # carbon-14 and 20th-century are words with a number
_MARKED = re.compile(r"(?=.*[^\W\d_])\S*[+#@*/\\=<>^~|{}\[\]♯♭_$%]\S*")  # C++, a+b, a@b.c, /usr/bin, F♯
_TERMS = re.compile(
    r"(?=.*[A-Za-z])\d*[A-Za-z]?\d*(?:\s?[-+*/%&|^<>=!]{1,3}(?![-+*/%&|^<>=!])\s?\d*[A-Za-z]?\d*)+"
)  # 2x - 1, a-b
_FILE = re.compile(
    r"(?:[\w-]{2,}\.)+[a-z]{2,4}|\w+'*\((?![IVX]+\))[^)]*\)|\.\w{1,5}"
)  # example.com, run.py, f'(x), .csv
_FORMULA = re.compile(
    r".*(?:[=^{}∪∩⊂⊃⊆∈∉∀∃∧∨¬→←↔⇒⇔±∓√∑∏∫∂≈≡]|[A-Za-z]\((?![IVX]+\))|->|[<>]=?).*|[\[({].*[,;].*[\])}]"
    r"|(?:sin|cos|tan|cot|log|ln|exp|sqrt|max|min|lim|det)\b .{1,20}"
    r"|(?:not )?[a-z](?: (?:and|or|xor) (?:not )?[a-z])+|not [a-z]",
    re.DOTALL,
)
_COMMAND = re.compile(
    r"(?:git|rm|cp|mv|ls|cd|pip|npm|docker|kubectl|sudo|chmod|chown|kill|grep|apt|systemctl|curl|ssh|conda|cargo|tar|sed)"
    r"(?: [^\s?!]+){1,7}|\w+(?: \S+)* --?[A-Za-z]\S*(?: \S+)*|(?:cat|make) [a-z./~-][^.?!]*"
    r"|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|ORDER BY|GROUP BY) .+"
    r"|(?:if|while|for|elif) .{1,60}:|return [-\w.()\[\]]+"
)
_CAPITALS = re.compile(r"[A-Z]{2,8}")
_SHAPES = (_VERSION, _MIXED, _MARKED, _TERMS, _FILE, _COMMAND)
_LONG_WORD = re.compile(r"(?<!\S)[^\W\d_]{4,}(?!\S)")  # two of them: prose with a formula in it
_PLURAL = re.compile(r"(?<=\w)['’]s$")  # 1930's
_TURNED = re.compile(r"(-?[\d.]+) ?([<>]=?) ?([a-z])(?![^\s])")
_FLIPPED = str.maketrans("<>", "><")
_ADDRESS = re.compile(r"^\./(?=\w+\.\w+$)|^(?:https?://)?(?:www\.)?(?=\S+\.\S+$)|(?<=\S)/$")
_LATEX = re.compile(r"^\s*\$([^$]*[A-Za-z][^$]*)\$\s*$")
_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f]")
_ASSIGNED = re.compile(r"\s*([\w.\[\]]+)\s*([-+*/%&|^<>!:=]=+|=|<-)\s*(\S.*)")
_UNIT = re.compile(r"[a-zA-Zµμ°Ω]{1,4}(?:/[a-z]{1,2})?")
_RAISED = re.compile(r"(?<=\w)[⁻²³¹⁰⁴-⁹]+")
_LOOSE = re.compile(r"[\s()]+|(?<=\w)\.(?!\w)|(?<=\w)-(?=\w)|(?<!\*)\*(?!\*)")
_MARKS = re.compile(r"\*\*|[$\[\]{}|&~<>=+/%#@\\]|\^(?!\d)|(?<!\w)-|(?<=\b\w)!|(?<=(?<!['\w])[A-Za-z])'+")
_SAME_SIGNS = str.maketrans({"≤": "<=", "≥": ">=", "≠": "!=", "×": "*", "−": "-", "′": "'"})


def apart(a: str, b: str) -> bool:
    """Whether both answers are written signs of a kind, and not the same ones.

    False also where they differ in space, hyphens, full stops, multiplication signs and round brackets alone.

    Example:
        >>> apart("==", "!="), apart("(A)", "B."), apart("git pull", "git push"), apart("C", "C++")
        (True, True, True, True)
        >>> apart("(A)", "a."), apart("O(n log n)", "O(n*log(n))"), apart("Paris", "Lyon"), apart("C-14", "carbon-14")
        (False, False, False, False)
    """
    (kind, one), (other, two) = written(a), written(b)
    if {bool(re.search("[<>]", own)) for own in (one, two)} == {True, False} and re.search(r"[\[(].*,", one + two):
        return False  # x >= 0 and [0, ∞)
    if not kind or not other or _LOOSE.sub("", one) == _LOOSE.sub("", two):
        return bool(kind == other == "sign" and one != two)
    if kind == other == "capitals":  # WTO and WHO; of unlike length one may be short for the other
        return len(one) == len(two) > 2
    if "capitals" in (kind, other):
        return {kind, other} == {"capitals", "letter"} and max(len(one), len(two)) == 2
    return "sign" not in (kind, other) or kind == other


def same_code(a: str, b: str) -> bool:
    """Whether two lines of code, two letters or two signs are one but for space and the like."""
    (kind, one), (other, two) = written(a), written(b)
    if kind == other == "sign":
        return one == two
    return kind == other and kind in ("letter", "code") and _LOOSE.sub("", one) == _LOOSE.sub("", two)


def marked_apart(a: str, b: str) -> bool:
    """Whether the same letters and digits stand between other marks in two lines of code: x**2, x*2; [0, 1], (0, 1).

    Example:
        >>> marked_apart("x**2", "x*2"), marked_apart("n!", "n"), marked_apart("**Paris**", "Paris")
        (True, True, False)
    """
    (kind, one), (other, two) = written(a), written(b)
    if kind == other == "code" and _LOOSE.sub("", one) != _LOOSE.sub("", two):
        return True
    code = kind == "code" or other == "code" or any(re.fullmatch(r"\w!", text.strip()) for text in (a, b))
    return code and "letter" not in {kind, other} - {"letter" if "!" in a + b else ""} and _marks(a) != _marks(b)


def _marks(text: str) -> list[str]:
    return _MARKS.findall(re.sub(r"\s", "", _OUTSIDE.sub("", text.translate(_SAME_SIGNS))).rstrip("."))


def other_operator(a: str, b: str) -> bool:
    """Two lines of code around unlike operators: "x = 1" and "x == 1", "i += 1" and "i -= 1"."""
    first, second = _ASSIGNED.fullmatch(a), _ASSIGNED.fullmatch(b)
    return bool(first and second and first[2] != second[2])


def other_units(a: str, b: str) -> bool:
    """Two signs of units that are not one unit, if only by the case of a letter.

    Example:
        >>> other_units("mV", "MV"), other_units("kW", "kWh"), other_units("km", "Km"), other_units("us", "US")
        (True, True, False, False)
    """
    a, b = a.strip(" ."), b.strip(" .")
    if a == b or min(len(a), len(b)) < 2 or not _UNIT.fullmatch(a) or not _UNIT.fullmatch(b):
        return False
    one, two = find_unit(a), find_unit(b)
    return one is not None and two is not None and (one.dimension, one.size) != (two.dimension, two.size)


@lru_cache(MEMORY)
def written(text: str) -> tuple[str, str]:
    """The kind of what is written, "" if it is words, and the text without its wrapping.

    Example:
        >>> written("`rm -rf`"), written("option B."), written("≥"), written("WHO"), written("a dog")
        (('code', 'rm -rf'), ('letter', 'b'), ('sign', '>='), ('capitals', 'who'), ('', ''))
    """
    if len(text) > LONGEST:
        return "", ""
    text = unescape(text) if "&" in text else text
    text = unicodedata.normalize("NFKC", _RAISED.sub(lambda found: "^" + found[0], text)).translate(_SAME_SIGNS)
    text = _LATEX.sub(lambda found: found[1].replace("\\", ""), text)
    text = _TONES.sub("", _OUTSIDE.sub("", text) or text.strip())
    bare = re.sub(r"(?<=\S)[.!?]+$", "", text) if any(sign.isalnum() for sign in text) else text
    bare = _PLURAL.sub("s", _ADDRESS.sub("", bare))
    if turned := _TURNED.fullmatch(bare):  # 5 < t
        bare = f"{turned[3]}{turned[2].translate(_FLIPPED)}{turned[1]}"
    if not bare:
        return "", ""
    if option := _OPTION.fullmatch(text):
        return "letter", option[1].casefold()
    if not any(sign.isalnum() for sign in bare):
        return "sign", bare.rstrip(".") or bare
    if _CAPITALS.fullmatch(bare):
        return "capitals", bare.casefold()
    named = _MIXED.fullmatch(bare) and _NAMED.match(bare)
    formula = _FORMULA.fullmatch(bare) and len(_LONG_WORD.findall(bare)) < 2
    if formula or (not named and any(shape.fullmatch(bare) for shape in _SHAPES)):
        return "code", re.sub(r"^v(?=\d)", "", bare if "\\" in bare else bare.casefold())
    return "", ""
