"""Numbers in short, as they are read: "5M", "2^10", "+5", "6e23"."""

from __future__ import annotations

import re

__all__ = ["in_full"]

_SCALES = {"k": "thousand", "M": "million", "m": "million", "mn": "million", "bn": "billion", "B": "billion"}
_SCALED = re.compile(
    r"(?:(?<![\w.])|(?<=[$€£]))(\d[\d.,]*)(k|M|mn|bn|B|(?<=[$€£]\d)m|(?<=[$€£]\d\d)m|(?<=[$€£]\d\d\d)m)(?![\w/.-])"
)
_POWER = re.compile(r"\s*(\d{1,3})\s?(?:\^|\*\*)\s?(\d{1,2})\s*\.?\s*")
_EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([+-]?)(\d{1,2})(?!\w)")
_KELVIN = re.compile(r"(?<=\d) K(?!\w)")
_PLUS = re.compile(r"^\s*\+(?=\d)")


def in_full(text: str) -> str:
    """A number in short as it is read: "5M" as "5 million", "2^10" as "1024".

    Example:
        >>> in_full("$5M"), in_full("2^10"), in_full("1e-3"), in_full("5 m")
        ('$5 million', '1024', '1 x 10^-3', '5 m')
    """
    text = _PLUS.sub("", text)
    text = _KELVIN.sub(" kelvin", text)
    text = _EXPONENT.sub(lambda found: f"{found[1]} x 10^{found[2].strip('+')}{found[3]}", text)
    if power := _POWER.fullmatch(text):
        return str(int(power[1]) ** int(power[2]))
    return _SCALED.sub(lambda found: f"{found[1]} {_SCALES[found[2]]}", text)
