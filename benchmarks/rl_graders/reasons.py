"""Why the grader still gets an answer wrong."""

from __future__ import annotations

import re

__all__ = ["reason"]


def reason(rule: str, answer: str) -> str:
    """A sentence for one failure; "not explained" is a call to look at it."""
    if rule == "slash" and re.search(r"\(d ?\\?[A-Za-z]+\)/\(d ?t\)", answer):
        return "a derivative written (dx)/(dt) is read as a quotient of products"
    if "E_" in answer:
        return "a list of indexed letters cannot be read, so it equals its own text only"
    if rule == "spaces" and re.fullmatch(r"\d{1,3}(?: , \d{3})+", answer):
        return "a comma with a space before it parts two numbers, and no thousands"
    return "not explained"
