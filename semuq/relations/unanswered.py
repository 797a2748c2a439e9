"""Answers that give none: empty ones, and those that say they do not know or will not say. Recognised here for all.

Ten of them agree with each other, so an estimator finds them certain; what they agree on is that there is no answer.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files

from semuq.markup import bare
from semuq.relations.values.words import MEMORY, normalise

__all__ = ["unanswered"]

_THIS = r"(?: (?:you|that|this|it|the answer|the question|that question|this question|for sure|with certainty))*"
_HUNCH = r"(?: (?:but|think|guess|believe|maybe|perhaps|probably|possibly)\b)"  # an answer follows
_NOT_KNOWN = (
    r"(?:(?:im |i am )?(?:sorry|afraid) (?:but )?|my apologies )?"
    r"(?:as an ai(?: language)?(?: model| assistant)? )?(?:that )?(?:"
    r"(?:(?:i|we) )?(?:really |simply )?"
    r"(?:dont|do not|cant|cannot|could not|couldnt|am unable to|am not able to|im unable to) "
    rf"(?:know|say|tell|answer|determine|be determined|find|remember|recall){_THIS}"
    rf"(?: (?:how|what|who|when|where|which|why|whether|if) (?:(?!{_HUNCH}).){{1,80}})?"
    rf"|(?:i am |im )?(?:not sure|unsure|not certain|unable to (?:answer|say|tell){_THIS})"
    r"|(?:(?:it|that|this|answer) is )?"
    r"(?:unknown|not known|unclear|unanswerable|impossible to say|hard to say)(?: to me)?"
    r"|(?:i have )?(?:no idea|no clue|no answer)|i havent (?:the faintest|a|any) (?:idea|clue)|n / a"
    r"|(?:there is )?not enough information|(?:nobody|no 1) knows"
    r"|i (?:dont|do not) have (?:that|this|enough|access to this|any) (?:information|context|data)(?: to answer)?"
    r")"
)
_REFUSAL = re.compile(rf"{_NOT_KNOWN}(?: (?:because|since|as|and|so) {_NOT_KNOWN})?")
_DATA = tomllib.loads(files(__package__).joinpath("unanswered.toml").read_text(encoding="utf-8"))
_ENGLISH = re.compile("|".join(_DATA["english"]["whole"]))
_OTHERS = re.compile("|".join(_DATA["others"]["whole"]))
_SORRY = re.compile(rf"(?:{_DATA['others']['sorry']}) (?:(?:pero|mas|mais|ma|aber|maar|men|ale|но|да) )?")
_OTHERS_BEGIN = re.compile("|".join(_DATA["others"]["begins"]))
_SPACED = re.compile(r"(?<=[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af]) (?=[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af])")
_CAPITAL = re.compile(r"[A-Z][\w'’]*|[a-z]{1,3}")
_NOT = (
    r"(?:can ?not|can'?t|could ?n'?o?t|won'?t|will not|(?:am|'m|are|'re|is) (?:not able|unable)|must decline|decline)"
)
_DO = (
    r"(?:help|assist|answer|provide|comply|fulfil|discuss|determine|verify|confirm|say|tell|share|give|engage|respond|"
    r"complete|continue|do that|process|access|find|predict|offer|support)"
)
_DECLINE = re.compile(
    rf"(?:(?:i'?m|i am|we'?re) (?:very |so |really |truly )?sorry|sorry|i apologi[sz]e|my apologies|unfortunately|"
    rf"as an? (?:\w+ )?(?:ai|assistant|language model)\b).*?\b{_NOT}\b.*?\b{_DO}"
    rf"|(?:i|we)(?: |')(?:simply |just |really )?{_NOT}(?: to)? (?:\w+ )?{_DO}"
    r"|(?:there is|there'?s|i have) (?:(?:not enough|no|insufficient) (?:information|context|data)|"
    r"(?:not enough|insufficient) evidence)\b"
    r"|(?:the|this) (?:question|answer) (?:is (?:unknown|unanswerable)|can ?not be (?:answered|determined))",
    re.DOTALL,
)
LONGEST = 10_000
"""Characters; a longer text is an answer as it stands, without its thought being looked for."""

_BEGINNING = 1_000
"""Characters in which a refusal says that it is one."""

_STILL = re.compile(r"\b(?:but|however|that said|instead|my (?:best )?guess)\b|(?<!answer)[:;–—] ?\w")


def unanswered(text: str) -> str:
    """Why a text is no answer: "empty", "refusal", or "" if it is one.

    Rules for English and phrases of some thirty other languages (`unanswered.toml`), made to err on the side of an
    answer where one follows ("I am not sure, but it is Paris"), and for titles ("I Don't Know How to Love Him").

    >>> [unanswered(text) for text in ("", "I don't know.", "I'm sorry, but I can't help with that.", "Paris")]
    ['empty', 'refusal', 'refusal', '']
    >>> [unanswered(text) for text in ("Je ne sais pas.", "我不知道", "I don't know why, but he moved to Paris.")]
    ['refusal', 'refusal', '']
    """
    # The rules of whole texts are for short ones: reading ten megabytes by them would take minutes.
    return _found(text) if len(text) <= LONGEST else _at_first_sight(text[:_BEGINNING])


def _not_known(normal: str) -> bool:
    """Whether a text, after `normalise`, says that the answer is not known, and nothing else.

    >>> _not_known("i dont know"), _not_known("i dont know but i think it is paris")
    (True, False)
    """
    return len(normal) < 200 and bool(_REFUSAL.fullmatch(normal) or _ENGLISH.fullmatch(normal))


def _titled(text: str) -> bool:
    """Whether a text is written as titles are: four words or more, all but the short ones with a capital.

    >>> _titled("I Don't Know How to Love Him"), _titled("I DON'T KNOW WHO IT IS"), _titled("I don't know")
    (True, False, False)
    """
    words = text.strip(" .!?\"'“”‘’*").split()
    return len(words) > 3 and not text.isupper() and all(_CAPITAL.fullmatch(word.strip(",:")) for word in words)


@lru_cache(MEMORY)
def _found(text: str) -> str:
    text = re.sub(r"^\s*[<\[(](\w[\w' ]*)[>\])]\W*$", r"\1", text)  # <unknown>, [no answer]
    text = bare(text) if "<" in text else text
    if said := _at_first_sight(text[:_BEGINNING]):
        return said
    if _titled(text) or _STILL.search(text.lower()):
        return ""
    return "refusal" if _not_known(normalise(text)) or _in_other_words(text) else ""


def _in_other_words(text: str) -> bool:
    """Whether another language says so."""
    signs = unicodedata.normalize("NFD", text[:200].casefold().replace("ß", "ss").replace("đ", "d"))
    signs = unicodedata.normalize("NFC", re.sub(r"[\u0300-\u0345\u0640]", "", signs))
    plain = " ".join(re.sub(r"[^\w\u0900-\u0963\u0970-\u0dff\u0e00-\u0e7f\u200c]", " ", signs).split())
    plain = _SPACED.sub("", plain)
    return bool(_OTHERS.fullmatch(_SORRY.sub("", plain, count=1)) or _OTHERS_BEGIN.match(plain))


def _at_first_sight(text: str) -> str:
    plain = " ".join(text.replace("\u2019", "'").lower().split()).strip(" *_\"'`")
    if not any(character.isalnum() for character in plain):
        # "?" and "..." say as little as nothing; another script's sign is a letter, a symbol may be an answer
        return "empty" if not plain.strip("?.!-–—…, _\"'`") and "*" not in text else ""
    found = _DECLINE.match(plain)
    return "refusal" if found and not _STILL.search(plain, found.end()) and not _titled(text) else ""
