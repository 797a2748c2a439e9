"""The grammar: reads one formula from a place in a line, as far as it goes, and gives it as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from docs.notation.place import Place, UnreadableError
from docs.notation.symbols import (
    BIG,
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    OPERATORS,
    RELATIONS,
    bare,
    is_fraction,
    side_by_side,
    symbol,
)
from docs.notation.tokens import Token

__all__ = ["Reader"]

ARTICLES = frozenset("aAI")
"""Letters that stand alone as words."""


@dataclass(frozen=True)
class _Slash:
    """Where in a product something is divided by the next piece, and whether by all that stands before it."""

    place: int
    sure: bool


@dataclass
class Reader(Place):
    """Reads from a place on; each method is a rule, and raises `UnreadableError` where it does not hold.

    `strong` says whether something was read that only a formula has, `relates` whether a relation was among it.
    """

    names: Collection[str] = ()

    def whole(self, start: int) -> bool:
        """Is all of the formula read? What begins behind an operator, or goes on with one, was not understood."""
        first, last = self.tokens[start], self.tokens[self.position - 1]
        if start:
            before = self.tokens[start - 1]
            touching = before.end == first.start
            if touching and (before.kind in ("name", "word", "number", "other") or before.text in "{_^<>&"):
                return False
            if before.kind == "sign" and before.text in OPERATORS and self.spaced(before):
                return False
            if first.text in ("+", "-") and self.spaced(first):
                return False
        if (after := self.peek()) is None:
            return True
        if after.kind == "name":
            return after.text not in BIG and after.text not in FUNCTIONS
        if after.kind != "sign" or (after.text == "=" and not self.relates):
            return True  # the end, or a left side whose right side is said in words
        if after.text in ("(", "[", "{", "_", "^", "|"):
            return self.spaced(after, right=False) and after.text != "|" and len(last.text) < 3
        return not (after.text in (*OPERATORS, *RELATIONS) and self.spaced(after, right=after.text not in "<>"))

    def formula(self, start: int) -> bool:
        """Is what was read a formula, and not a word or a number of the sentence?"""
        first = self.tokens[start]
        alone = self.position == start + 1 and first.kind == "name"
        return self.strong or (alone and first.text not in ARTICLES and (len(first.text) == 1 or first.text in GREEK))

    # The grammar, loosest first.

    def relation(self) -> str:
        """A formula: sums with relations between them."""
        made = self._range()
        while (token := self.peek()) and (token.text in RELATIONS or token.text == ":"):
            if token.text in ("<", ">") and not self.spaced(token) and not self.small:
                break
            if token.text in (":", "in") and not self.depth:
                break
            after = self.attempt(self._range)
            if after is None:
                break
            self.strong = True
            self.relates |= token.text != "in"
            made += f" {RELATIONS.get(token.text, ':')} {after}"
        return made

    def _range(self) -> str:
        made = self._sum()
        if (token := self.peek()) and token.text == ".." and (after := self.attempt(self._sum)) is not None:
            self.strong = True
            made += f" \\dots {after}"
        return made

    def _sum(self) -> str:
        made = ""
        if (token := self.peek()) and token.text in "+-" and token.kind == "sign":
            self.position += 1
            made, self.strong = token.text, True
        made += self._term()
        while (token := self.peek()) and token.kind == "sign" and token.text in ("+", "-"):
            after = self.attempt(self._term)
            if after is None:
                break
            self.strong = True
            made += f" {token.text} {after}"
        return made

    def _term(self) -> str:
        """Factors side by side, with at most one fraction set as such."""
        free, pieces = len(self.bound), [self._factor()]
        slashes: list[_Slash] = []
        while token := self.peek():
            if token.text == "/":
                if self.tokens[self.position - 1].text == "0" and not self.spaced(token):
                    raise UnreadableError  # 0/1 rewards
                bound, start = set(self.bound[free:]), self.position + 1
                after = self.attempt(self._denominator)
                if after is None:
                    break
                self.strong = True
                below = {own.text for own in self.tokens[start : self.position] if own.kind == "name"}
                anew = self.tokens[start].text in BIG
                slashes.append(_Slash(len(pieces), anew or not bound & set(_letters(below))))
                pieces.append(after)
            elif token.text in ("*", ".") and self.spaced(token):
                after = self.attempt(self._factor)
                if after is None:
                    break
                self.strong = True
                pieces[-1] += f" \\cdot {after}"
            elif token.text == "|" and self.bars:
                break
            elif token.kind in ("name", "number") or token.text in ("(", "[", "{", "|", "||", "<"):
                after = self._beside(token)
                if after is None:
                    break
                pieces.append(after)
            else:
                break
        made = self._joined(pieces, slashes)
        del self.bound[free:]
        return made

    def _joined(self, pieces: list[str], slashes: list[_Slash]) -> str:
        first = slashes[0].place if slashes else 0
        in_a_row = [slash.place for slash in slashes] == list(range(first, first + len(slashes)))
        if slashes and in_a_row and all(slash.sure for slash in slashes) and not self.small:
            last = first + len(slashes)
            below = pieces[first] if len(slashes) == 1 else side_by_side(pieces[first:last])
            fraction = f"\\frac{{{bare(side_by_side(pieces[:first]))}}}{{{bare(below)}}}"
            return side_by_side([fraction, *pieces[last:]])
        made, places = pieces[0], {slash.place for slash in slashes}
        for place, piece in enumerate(pieces[1:], 1):
            made = f"{made} / {piece}" if place in places else side_by_side([made, piece])
        return made

    def _denominator(self) -> str:
        """One factor, or a sum with all that it runs over."""
        token = self.peek()
        if token and token.text in BIG:
            pieces = [self._factor()]
            while (token := self.peek()) and (token.kind == "name" or token.text == "("):
                after = self._beside(token)
                if after is None:
                    break
                pieces.append(after)
            return side_by_side(pieces)
        return self._factor()

    def _beside(self, token: Token) -> str | None:
        """The next factor of a product; a number in that place is the vector of ones."""
        if token.kind == "number":
            if token.text != "1" or not self.spaced(token, right=False):
                return None
            return self.attempt(self._ones, skip=0)
        if token.kind == "name" and token.text in ("a", "A", "I") and not self._goes_on(token):
            return None
        return self.attempt(self._factor, skip=0)

    def _goes_on(self, token: Token) -> bool:
        """After an `a`, is there more formula, or is it an article?"""
        following = self.tokens[self.position + 1] if self.position + 1 < len(self.tokens) else None
        return following is None or following.kind != "name" or len(following.text) < 3 or self._known(following.text)

    def _ones(self) -> str:
        self.position += 1
        return self._raised("\\mathbf{1}")

    def _factor(self) -> str:
        token = self.peek()
        if token is None:
            raise UnreadableError
        if token.kind == "number":
            self.position += 1
            mantissa, _, power = token.text.partition("e")
            number = mantissa if not power else ("" if mantissa == "1" else f"{mantissa} \\cdot ") + f"10^{{{power}}}"
            return self._raised(number)
        if token.kind == "name":
            return self._name(token)
        if token.text == "#" and self.following() == "{":
            self.position += 1
            return "\\#" + self._factor()
        if token.text in ("(", "[", "{"):
            made = self._brackets(token.text)
            if is_fraction(made[1:-1]) and not ((after := self.peek()) and after.text == "^"):
                return made[1:-1]
            return self._raised(made)
        if token.text in ("|", "||"):
            return self._raised(self._absolute(token.text))
        if token.text == "<" and not self.spaced(token):
            return self._raised(self._mean_of())
        if token.text in ("...", ".."):
            self.position += 1
            return "\\dots"
        raise UnreadableError

    def _name(self, token: Token) -> str:
        if token.text in BIG:
            self.position += 1
            made = BIG[token.text] + self._script("_", bound=True) + self._script("^")
            if (token := self.peek()) and token.text in ("(", "[") and not self.spaced(token, right=False):
                self.strong = True
                return made + self._brackets(token.text)
            word = token is None or token.kind == "gap" or token.text in (")", "]", "+", "-", "/", ",")
            if word and not made.startswith("\\sum"):
                return made
            if made in ("\\operatorname*{mean}", "\\operatorname*{median}") and (
                self.position == self.start + 1 or (token and token.kind == "number")
            ):
                raise UnreadableError  # "the mean mu" of a sentence
            self.strong = True
            return f"{made} {self._argument()}"
        if token.text in FUNCTIONS:
            self.position += 1
            made = FUNCTIONS[token.text] + self._script("^")
            self.strong = True
            if (token := self.peek()) and token.text in ("(", "[") and not self.spaced(token, right=False):
                return self._raised(made + self._brackets(token.text))
            if (token := self.peek()) and token.kind == "number" and made not in ("\\log", "\\exp"):
                raise UnreadableError
            return f"{made} {self._argument()}"
        if token.text in ("sqrt", "ceil", "floor") and self.following() == "(":
            self.position += 1
            self.strong = True
            inner = self._brackets("(")[1:-1]
            left, right = {
                "sqrt": ("\\sqrt{", "}"),
                "ceil": ("\\lceil ", "\\rceil"),
                "floor": ("\\lfloor ", "\\rfloor"),
            }[token.text]
            return self._raised(f"{left}{inner}{right}")
        if not self._known(token.text):
            return self._spoken(token)
        self.position += 1
        made = symbol(token.text)
        made = {"~": f"\\tilde{{{made}}}", "*": f"{made}^*"}.get(token.mark, made)
        made = f"\\hat{{{made}}}" if token.mark == "^" else made
        made = f"{made}^{{{token.mark}}}" if token.mark in ("+", "-") and token.mark else made
        made = self._raised(made + token.primes)
        if (token := self.peek()) and token.text in ("(", "[") and not self.spaced(token, right=False):
            called = self.attempt(lambda: self._brackets(token.text), skip=0)
            if called is not None:
                self.strong = True
                made = self._raised(made + called)
        return made

    def _spoken(self, token: Token) -> str:
        """A function that is called by a word, as in `accuracy(b)`."""
        self.position += 1
        opening = self.peek()
        if not opening or opening.text != "(" or self.spaced(opening, right=False) or self.following() == "s":
            raise UnreadableError
        return f"\\operatorname{{{token.text}}}" + self._brackets("(")

    def _argument(self) -> str:
        """What an operator without brackets is applied to: factors side by side."""
        token = self.peek()
        if token and token.text == "-" and not self.spaced(token):
            self.position += 1
            return "-" + self._factor()
        return self._factor()

    def _known(self, name: str) -> bool:
        bare = name.rstrip("0123456789")
        return (
            len(bare) == 1
            or (self.following() == "_" and self.tokens[self.position + 1].start == self.peek_end())
            or bare in GREEK
            or (bare in CONSTANTS and not self._goes_on_in_words())
            or (name in self.names and not self._goes_on_in_words())
            or name in BIG
            or name in FUNCTIONS
            or name in ("sqrt", "ceil", "floor")
            or bool(re.fullmatch(r"[A-Z]{2,6}|[A-Za-z]bar|d[txy]", bare))
        )

    def _brackets(self, opening: str) -> str:
        closing = {"(": ")", "[": "]", "{": "}"}[opening]
        self.take(opening)
        self.depth += 1
        bars, self.bars = self.bars, 0
        items = [self._item()]
        while (token := self.peek()) and token.text in (",", ";", "|", "||"):
            self.position += 1
            if token.text == "," and (after := self.peek()) and after.text == closing:
                items.append(",")
                break
            sign = {"|": " \\mid ", "||": " \\,\\|\\, "}.get(token.text, token.text + " ")
            items += [sign, self._item()]
        self.bars = bars
        self.depth -= 1
        self.take(closing)
        if len(items) > 1:
            self.strong = True
        left, right = ("\\{", "\\}") if opening == "{" else (opening, closing)
        return left + "".join(items) + right

    def _item(self) -> str:
        try:
            made = self.relation()
        except UnreadableError:
            made = self._said()
        if (token := self.peek()) and token.text == "of":
            self.position += 1
            token = self.peek()
            if token and token.text == "all":
                self.position += 1
                return made + "\\text{ of all}"
            return made + "\\text{ of }" + self._factor()
        return made

    def _said(self) -> str:
        """One word as a condition, as in `P(u >= t | right)`."""
        token, before = self.peek(), self.tokens[self.position - 1]
        if token is None or token.kind not in ("name", "word") or before.text != "|" or self.following() != ")":
            raise UnreadableError
        self.position += 1
        return f"\\text{{{token.text}}}"

    def _absolute(self, bar: str) -> str:
        self.take(bar)
        self.bars += 1
        self.depth += 1
        inner = self.relation()
        self.depth -= 1
        self.bars -= 1
        self.take(bar)
        self.strong = True
        left, right = ("\\lvert ", "\\rvert") if bar == "|" else ("\\lVert ", "\\rVert")
        return f"{left}{inner}{right}"

    def _mean_of(self) -> str:
        self.take("<")
        inner = self._factor()
        self.take(">")
        self.strong = True
        return f"\\langle {inner}\\rangle"

    def _raised(self, made: str) -> str:
        """With its subscript and exponent."""
        above = self._script("^")
        below = self._script("_")
        above = above or self._script("^")
        if above and made.endswith("'"):
            made = f"{{{made}}}"
        return made + below + above

    def _script(self, sign: str, *, bound: bool = False) -> str:
        token = self.peek()
        if token is None or token.text != sign or self.spaced(token, right=False):
            return ""
        if sign == "^" and self.spaced(token):
            return ""
        self.position += 1
        self.strong = True
        start, small = self.position, self.small
        self.depth += 1
        self.small = True
        token = self.peek()
        if token is None:
            raise UnreadableError
        if token.text == "{":
            self.position += 1
            inner = self._inner_list("}")
        elif token.text == "(":
            before = self.position
            self.position += 1
            inner = self._inner_list(")")
            if self.position - before == 3:
                inner = f"({inner})"
        elif token.text == "-":
            self.position += 1
            inner = "-" + self._simple()
        else:
            inner = self._simple()
        self.depth -= 1
        self.small = small
        if bound:
            self.bound += _letters(own.text for own in self.tokens[start : self.position] if own.kind == "name")
        return f"{sign}{{{inner}}}"

    def _inner_list(self, closing: str) -> str:
        """What stands in a subscript in brackets: indices, ranges, conditions."""
        made = self._condition()
        while (token := self.peek()) and token.text in (",", "..", "or", "and", "of"):
            self.position += 1
            sign = {",": ", ", "..": " \\dots ", "or": "\\text{ or }", "and": "\\text{ and }"}.get(token.text)
            if sign is None:
                raise UnreadableError
            made += sign + self._condition()
        self.take(closing)
        return made

    def _condition(self) -> str:
        words = []
        while (token := self.peek()) and token.text in ("among", "the", "most", "uncertain", "with", "without", "k"):
            if token.text == "k" and not words:
                break
            words.append(token.text)
            self.position += 1
        if words:
            return "\\text{" + " ".join(words) + "}"
        made = self.relation()
        if (token := self.peek()) and token.text in ("among", "without"):
            made += "\\text{ }" + self._condition()
        return made

    def _simple(self) -> str:
        """A subscript or exponent without brackets: indices in a row, a number or a word."""
        token = self.peek()
        if token is None or token.kind not in ("name", "number"):
            raise UnreadableError
        self.position += 1
        if token.kind == "number":
            after = self.peek()
            return token.text + (self._simple() if after and after.kind == "name" and after.start == token.end else "")
        if token.text in GREEK:
            return symbol(token.text)
        if re.fullmatch(r"[a-z][a-z]?|[A-Z]|[a-z]\d|[a-z][A-Z]", token.text):
            return token.text + token.primes
        return f"\\mathrm{{{token.text}}}" + token.primes

    def _goes_on_in_words(self) -> bool:
        """Is the next token a word, so that this one is likely to be one too?"""
        following = self.tokens[self.position + 1] if self.position + 1 < len(self.tokens) else None
        return (
            following is not None
            and bool(re.fullmatch(r"[a-z]{2,}", following.text))
            and (following.text not in (*GREEK, *BIG, *FUNCTIONS, "in"))
        )


def _letters(names: Iterable[str]) -> list[str]:
    """The indices in subscripts: `ij` is two."""
    return [letter for name in names for letter in ([name] if len(name) > 2 else name)]
