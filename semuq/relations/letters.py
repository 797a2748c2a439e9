r"""Which letters of a multiple choice does an output name? Read once, for the relation, the grader and the benchmarks.

What surrounds the answer goes first (`semuq.markup.bare`). A letter counts where something says that it is the
answer; one
that is denied never does, nor one that is a word ("A dog", "I think") or part of a name ("Vitamin C").
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from semuq.markup import bare, before_next_question

__all__ = ["LETTERS", "chosen_letter", "chosen_letters"]

LETTERS = "ABCDEFGHIJ"

BEGINNING, END = 2_000, 20_000
"""Characters; a longer output names its letter in one of these places."""
_SPACES = re.compile(r"\s+")

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*{((?:[^{}]|{[^{}]*})*)}")
_COMMAND = re.compile(r"\\(?:text|textbf|mathbf|mathrm|textit|bf|rm)\b\s*")
_SAID = (
    r"answers?|ans\.?|(?:the\s+)?(?:correct|right|best|final)\s+(?:answer|option|choice|one)|solution|result|final|correct"
    r"|(?:the\s+)?(?:one|option|choice|statement)\s+that\s+\w+(?:\s+\w+){0,3}?"
    r"|(?:my|our|the)\s+(?:final\s+)?(?:choice|pick|selection|guess|vote)"
    r"|(?:r[ée]ponse|respuesta|resposta|risposta|alternativa|opci[óo]n|op[çc][ãa]o|opzione)"
    r"(?:\s+(?:correct[ae]?|corret[ao]|corrett[ao]|finale?|juste))?"
    r"|richtig|(?:(?:richtige|korrekte|korrekt|beste)\s+)?(?:antwort|option)|lösung|(?:правильный\s+|верный\s+)?(?:ответ|вариант)"
    r"|jawaban(?:nya|\s+yang\s+benar)?|(?:doğru\s+)?cevap|(?:poprawna\s+)?odpowiedź|đáp\s+án(?:\s+đúng)?|svar(?:et)?|antwoord|απάντηση"
)
_IS = (
    r"(?:(?:is|was|(?:would|will|must|should|has\s+to|appears\s+to|seems?\s+to)\s+be|seems|est|es|é|ist|è|lautet|adalah|là|to|är|είναι|это)"
    r"\b(?:\s+(?:l[aeo]|el|die|der|das|[oa])\b)?(?:\s+(?:letra|lettre|lettera|буква))?|[-=]+>|[=:：→⇒➔]|[-–—](?=\s))"
)
_CJK = (
    r"(?:(?:正确|最终|最后)?(?:答案|答え|正解|选项|選項|정답|답)(?:应该)?(?:[选選是为為はがは은이:：]|应选|應選|\s)*"
    r"|(?:应该|應該|故|所以|因此|我)?(?:[选選](?:择|擇)?|只有选项|只有選項)(?:[:：是]|\s)*"
    r"|(?:الجواب|الإجابة|الاجابة|الخيار|پاسخ|گزینه)(?:\s+(?:الصحيح|الصحيحة|النهائي|النهائية|صحیح|درست))?(?:\s*(?:هو|هي|:))*\s*"
    r"|(?:सही\s+)?(?:उत्तर|जवाब)(?:\s*(?:है|:))*\s*|(?:คำตอบ|תשובה|התשובה)(?:\s*(?:ที่ถูกต้อง|הנכונה))?(?:\s*(?:คือ|היא|:))*\s*)"
)
_ANSWER = re.compile(r"\banswers?\b", re.IGNORECASE)
_EXPLANATION = re.compile(r"\W*(?:explanation|reason(?:ing)?|rationale|justification|because)\b", re.IGNORECASE)
"""What follows an answer in the first line: why, where other letters stand."""
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_HEDGE = r"(?:\s*(?:(?:most\s+|very\s+)?likely|probably|maybe|perhaps|possibly|definitely|certainly|surely|clearly)\b)?"
_THEN = r"(?:\s*(?:also|daher|somit|donc|entonces|quindi|dus|alltså)\b)?"
_FILLER = _HEDGE + _THEN + r"(?:\s*(?:the\s+)?(?:options?|choices?|letters?|answers?|number)(?:\s+(?:is|are))?\s*:?)?"
_CHOSEN = (
    r"(?:choose|chose|pick|picked|select|selected|go(?:ing)?\s+with|went\s+with|vote\s+for|choosing|picking|selecting|leaving|leaves"
    r"|leave|think|guess|believe|suppose|no(?=,)|probably|maybe|perhaps|definitely|certainly|surely|likely|therefore|hence|thus|so|say|(?:it|this|that)(?:\s+is|'s|\s+must\s+be|\s+has\s+to\s+be|\s+would\s+be|\s+should\s+be))"
)
_WRONG = (
    r"(?:(?:is|are|was|were|seems?|looks?)\s+(?:\w+ly\s+)?(?:not|wrong|incorrect|false|out|too|ruled\s+out|excluded|eliminated|impossible"
    r"|irrelevant|a\s+(?:common\s+)?distractor)|(?:isn't|is\s+n't|can't\s+be|cannot\s+be|can\s+not\s+be|doesn't|does\s+not)|\s*:\s*(?:wrong|false|incorrect|no\b))"
)
_DENIED = (
    r"(?:not|n't(?:\s+be)?|cannot\s+be|can\s+not\s+be|never|rules?\s+out|ruled\s+out|ruling\s+out|eliminates?|eliminated|eliminating"
    r"|exclud(?:es?|ed|ing)|discard(?:s|ed|ing)?|reject(?:s|ed|ing)?|rather\s+than|instead\s+of|neither|nor|unlike|than|considered"
    r"|(?:people|many|some|others|students|one|you)\s+(?:might\s+|would\s+|may\s+|could\s+)?(?:say|think|choose|pick|guess|believe|answer))"
)


@lru_cache(4_096)
def chosen_letters(answer: str, letters: str = LETTERS) -> frozenset[str]:
    r"""The letters an answer names; none if it names none: the first of these rules that finds some.

    1. The last `\boxed{B}` with a letter.
    2. A first or last line that is a letter and nothing else, or a list of letters.
    3. The last that is said to be the answer: "answer is B", "correct option: (B)", "I choose B", "it is B", "B is
    correct",
       in a dozen languages; several with "and", "or" or a comma between them.
    4. The answer begins with the letter: "B. dog", "(B) dog", "B, since ...".
    5. The only letter that stands in brackets anywhere: "... so it is (B)"; the only one left when others are denied.

    Denied letters ("not B", "A is wrong", "rules out C") never count. A letter that is a word ("A dog", "I") counts
    where a bracket, stop, colon or the end follows it, and nowhere else; a small letter alone, or behind "answer is".

    Example:
        >>> [sorted(chosen_letters(text)) for text in ("A and C", "It is not B, the answer is D", "A dog", "Vitamin C")]
        [['A', 'C'], ['D'], [], []]
    """
    text = before_next_question(bare(answer))
    if len(text) > BEGINNING + END:
        text = f"{text[:BEGINNING]}\n{text[-END:]}"
    text = unicodedata.normalize("NFKC", text).strip()
    text = _SPACES.sub(lambda run: "\n" if "\n" in run[0] else " ", text)
    first, _, rest = text.partition("\n")
    if (len(first) <= 5 or _ANSWER.search(first)) and _EXPLANATION.match(rest):
        text = first
    read = _reader(letters)
    for box in reversed(_BOX.findall(text)):
        inside = read.alone(_COMMAND.sub("", box).replace("{", "").replace("}", "")) or read.beginning(
            _COMMAND.sub("", box).replace("{", "").replace("}", "").strip()
        )
        if inside:
            return inside
    text = re.sub(r"[*_`$]|\\[()\[\]]|(?<=\[)\[|\](?=\])", "", _COMMAND.sub("", text)).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return frozenset()
    for line in dict.fromkeys((lines[0], lines[-1])):
        if found := read.alone(line):
            return found
    return read.said(text) or read.beginning(text) or read.only(text)


def chosen_letter(answer: str, letters: str = LETTERS) -> str | None:
    """The one letter that an answer names; None if it names none or several.

    Example:
        >>> tuple(chosen_letter(text) for text in ("b", "(C) 42", "A dog", "I'd say the answer is D.", "(A) or (B)"))
        ('B', 'C', None, 'D', None)
    """
    found = chosen_letters(answer, letters)
    return next(iter(found)) if len(found) == 1 else None


class _Reader:
    """The patterns for one set of letters."""

    def __init__(self, letters: str) -> None:
        one = f"[{letters}]"
        self.one = one
        end = (
            r"(?=\s*(?:[).:,;!?\]、。，—–-]|$|\n|because\b|since\b|as\b|and\b|or\b|but\b|is\b|for\b|which\b|です|である"
            r"|입니다|다\b))"
        )
        words = "".join(letter for letter in letters if letter in "AI")
        plain = "".join(letter for letter in letters if letter not in "AI") or "\\Z"
        # A letter that is no English word needs no sign behind it; "A" and "I" do. In brackets both are letters.
        letter = (
            rf"[(\[{{\"'“]*((?-i:[{plain}](?![A-Za-zÀ-ɏ0-9_'’+#])|[{words or plain}]{end})"
            rf"|(?-i:(?i:{one})(?=\s*[).\]]*\s*$))|(?<=[(\[])(?i:{one})(?=[)\]]))"
        )
        self.letter = letter
        more = rf"(?:[)\]}}.\"'”]*\s*(?:,|and|or|&|/|,\s*and|,\s*or)\s*[(\[{{]*(?-i:{one})(?![A-Za-zÀ-ɏ0-9_'’]))*"
        behind = rf"(?:{_SAID})[)\]\s]*{_IS}?(?:\s*{_IS})*{_FILLER}\s*{letter}{more}"
        self.claims = (
            re.compile(behind, re.IGNORECASE),
            re.compile(rf"(?:{_CJK}){letter}{more}", re.IGNORECASE),
            re.compile(rf"(?<!\bor )\b{_CHOSEN}\s*,?:?{_FILLER}\s+{letter}{more}", re.IGNORECASE),
            re.compile(rf"^\s*(?:option|choice|letter)(?:\s*:\s*|\s+){letter}{more}", re.IGNORECASE),
            re.compile(
                rf"\b(?:option|choice|letter)\s+[(\[]?((?-i:{one})|(?<=[(\[]){one}(?=[)\]]))[)\]]?(?:\s+it\s+is)?"
                r"(?=\s*(?:[.;]|$))",
                re.IGNORECASE,
            ),
            re.compile(
                rf"\b(?:options|choices|statements)\s+{letter}{more}\s+(?:(?:both|all)\s+)?"
                r"(?:apply|hold|are\s+(?:(?:both|all)\s+)?(?:correct|right|true))\b",
                re.IGNORECASE,
            ),
            re.compile(
                rf"(?<![\w'])[(\[]?((?-i:{one}))[)\]]?\s+(?:(?:is|would\s+be|must\s+be|remains)\s+(?:the\s+)?(?:correct|right|best|better|answer|true|left|my\b|only|most|closest|one\b|supported|preferred)"
                rf"|(?:fits|works|holds|remains)\b)",
                re.IGNORECASE,
            ),
        )
        self.denied = re.compile(
            rf"(?:(?:options?|choices?|answers?)\s+)?[(\[]?((?-i:{one}))[)\]]?\s*{_WRONG}"
            rf"|\b{_DENIED}\s+(?:be\s+)?(?:(?:the\s+)?(?:options?|choices?|answers?)\s+)?[(\[]?((?-i:{one}))(?![\w'])[)\]]?"
            rf"|n't\s+(?:be\s+)?[(\[]?((?-i:{one}))(?![\w'])[)\]]?",
            re.IGNORECASE,
        )
        self.corrected = re.compile(
            rf"{_DENIED}\s+[(\[]?(?-i:{one})(?![\w'])[)\]]?\s*,?\s*(?:but|it\s+is|it's)\s+(?:rather\s+)?(?:it\s+is\s+|it's\s+)?{letter}",
            re.IGNORECASE,
        )
        self.excepted = re.compile(
            rf"\b(?:all|every\w*|any\w*)\b[^.\n]{{0,30}}?\b(?:except|but|besides|other\s+than|apart\s+from)\s+(?:for\s+)?"
            rf"(?:option\s+)?[(\[]?((?-i:{one}))[)\]]?\s+(?:is|are)\s+(?:wrong|false|incorrect|ruled\s+out|eliminated)",
            re.IGNORECASE,
        )
        self.perhaps = re.compile(
            rf"\b(?:might|could|may)\s+(?:also\s+)?be\s+(?:the\s+)?(?:option\s+|answer\s+)?[(\[]?((?-i:{one}))(?![\w'])",
            re.IGNORECASE,
        )
        listed = rf"[(\[]?({one})[)\].]?(?:\s*(?:,|and|or|&|/|,\s*and|,\s*or)\s*[(\[]?({one})[)\].]?)*"
        self.list = re.compile(rf"(?:(?:both|either)\s+)?{listed}[.!]*", re.IGNORECASE)
        self.first = re.compile(
            rf"[(\[]({one})[)\]]|((?-i:[{plain}]))(?=\s*[.:,;)—–-]|\s*\n|\s*$|\s+\((?:most|very|almost|probably|likely|best|i)\b)|((?-i:{one}))(?=\s*[.:,;)]|\s+[—–-]|\s*\n|\s*$)"
            rf"|((?i:{one}))(?=[.)]\s)",
            re.IGNORECASE,
        )

    def alone(self, line: str) -> frozenset[str]:
        """A line that is nothing but letters."""
        joined = line.strip(" .")
        if re.fullmatch(rf"{self.one}{{2,6}}", joined) and sorted({*joined}) == [*joined]:  # ACD
            return frozenset(joined)
        if not self.list.fullmatch(line.strip()):
            return frozenset()
        return self._letters(re.sub(r"(?i)\b(?:both|either|and|or)\b", " ", line).upper())

    def said(self, text: str) -> frozenset[str]:
        """The letters of the last claim that is not denied."""
        denied = {match.start(number) for match in self.denied.finditer(text) for number in (1, 2, 3)}
        claims = [(m.start(1), m[1]) for own in (self.corrected, self.excepted) for m in own.finditer(text)]
        claims += [
            (match.start(1), match[0][match.start(1) - match.start() :])
            for pattern in self.claims
            for match in pattern.finditer(text)
            if match.start(1) not in denied
        ]
        return self._letters(max(claims)[1].upper()) if claims else self._perhaps(text)

    def _perhaps(self, text: str) -> frozenset[str]:
        """The letter that may be the answer, if there is one alone."""
        maybe = frozenset(letter.upper() for letter in self.perhaps.findall(text))
        return maybe if len(maybe) == 1 and not _OR.search(text) else frozenset()

    def beginning(self, text: str) -> frozenset[str]:
        """The letters that the text begins with."""
        denied = self.denied.match(text)
        found = self.first.match(text)
        if not found or denied:
            return frozenset()
        more = re.match(
            rf"[)\].]?\s*(?:,|and|or|&|/)\s*[(\[]?({self.one})(?=[)\].,]|\s*$|\s+(?:and|or|,))", text[found.end() :]
        )
        own = next(group for group in found.groups() if group).upper()
        return frozenset({own, more[1]} if more else {own})

    def only(self, text: str) -> frozenset[str]:
        """The letters in brackets; where others are denied, the one that is left."""
        denied = self.denied.finditer(text)
        no = {letter for match in denied for letter in match.groups() if letter}
        bracketed = frozenset(re.findall(rf"\(({self.one})\)", text)) - no - frozenset(self.perhaps.findall(text))
        if bracketed:
            return bracketed
        left = frozenset(re.findall(rf"(?<![\w'])({self.one})(?![A-Za-zÀ-ɏ0-9_'’])(?=\s*[.!]?\s*$)", text)) - no
        return left if no else frozenset()

    def _letters(self, text: str) -> frozenset[str]:
        return frozenset(re.findall(rf"(?<![A-Z'’])({self.one})(?![A-Z'’])", text))


@cache
def _reader(letters: str) -> _Reader:
    """One for each set of letters: compiling takes longer than reading."""
    return _Reader(letters)
