"""Two answers that the model does not read, compared sign by sign: one may only say more around the other.

Whether Астана means Алматы is not for a rule to say; that "Столица Казахстана — Астана." says no more than "Астана"
when the question was for the capital of Kazakhstan can be seen in any language.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files

from semuq.relations.entailment.readable import plain

__all__ = ["alike"]

LONGEST = 300
"""Signs of an answer that is compared so."""
SOUNDS_ALIKE = 0.8
_DATA = tomllib.loads(files(__package__).joinpath("scripts.toml").read_text(encoding="utf-8"))


def _folded(text: str) -> str:
    """As `plain`, without accents of Greek and Cyrillic letters, vowel points, marks; digits of all scripts as ours."""
    signs = unicodedata.normalize("NFD", plain(text))
    signs = re.sub(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f]", "", signs).replace("ς", "σ")
    signs = "".join(str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFC", signs))
    return " ".join(re.sub(r"[^\w\u0900-\u0dff\u0e00-\u0e7f' ]|[\u0964\u0965]", " ", signs).split())


_WORDS, _PIECES, _COUNTERS, _NEGATIONS = (
    frozenset(_folded(word) for word in _DATA[name].split()) for name in ("words", "pieces", "counters", "negations")
)
_NUMBERS = {
    _folded(word): str(place)
    for line in _DATA["numbers"].strip().splitlines()
    for place, word in enumerate(line.split())
}
_SOUNDS = {pair[0]: pair[1:] for pair in _DATA["letters"].split()}
_INDIC = re.compile(
    "(?:DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA) (LETTER|VOWEL)(?: SIGN)? (.+)"
)
_VOWEL = re.compile("[aeiou]")
_PIECE = re.compile("|".join(sorted(map(re.escape, _PIECES), key=len, reverse=True)))
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CHINESE_NUMBER = re.compile(r"[〇零一二三四五六七八九十百千]+")
_PATRONYMIC = re.compile(r"\w+(?:ович|евич|овна|евна|ична)|\w")
_ADJECTIVE = re.compile(r"(?:ая|ое|ие|ые|ный|кий|ний|ой|вый|вая|рый|лый)$|^(?:Η|Ο|Το|Τα|Οι|Νέα|Νέο)$")
_STEM = 4
"""First letters that a word of an answer shares with one of the question, where words change their ends."""


@lru_cache(4_096)
def alike(question: str, a: str, b: str) -> bool:
    """Whether one answer is the other, or the other with words of the question and empty ones around it.

    Example:
        >>> alike("中国的首都是哪里？", "中国的首都是北京。", "北京"), alike("", "1868年", "1868")
        (True, True)
        >>> alike("", "Астана", "Алматы"), alike("", "北京", "北京大学"), alike("北京还是上海？", "上海", "北京和上海")
        (False, False, False)
        >>> alike("", "Пушкин", "Pushkin"), alike("Столица?", "не Астана", "Астана")
        (True, False)
    """
    if max(len(a), len(b)) > LONGEST:
        return False
    asked, (short, long) = _folded(question[:1_000]), sorted((_folded(a), _folded(b)), key=len)
    if not short or _number(short) == _number(long):
        return bool(short)
    if _sound_alike(short, long) or _named(short, long):
        return True
    if short in asked and len(short) > 1:
        return False  # the question offers it, and maybe the other too
    if _UNSPACED.search(long):
        return _rest_is_empty(asked, short, long)
    if _surname(*sorted((a, b), key=len)):
        return True
    return _words_are_empty({*asked.split()}, short.split(), long.split())


def _number(text: str) -> str:
    """A number as digits without what it counts; other texts as they are."""
    text = _NUMBERS.get(text, text)
    counted = next((own for own in _COUNTERS if text.endswith(own) and text[: -len(own)].strip()), "")
    bare = text[: len(text) - len(counted)].strip()
    if _CHINESE_NUMBER.fullmatch(bare):
        total = last = 0
        for sign in bare:
            value = int(unicodedata.numeric(sign))
            total, last = (total, value) if value < 10 else (total + (last or 1) * value, 0)
        return str(total + last)
    return bare if bare.isdigit() else text


def _rest_is_empty(asked: str, short: str, long: str) -> bool:
    """For scripts without spaces between words."""
    before, found, behind = long.partition(short)
    rest = before + "\n" + behind
    if not found or any(own in rest for own in _NEGATIONS):
        return False
    left = re.sub(r"\s", "", _PIECE.sub("", rest))
    return all(sign in asked for sign in left)


def _words_are_empty(asked: set[str], short: list[str], long: list[str]) -> bool:
    """For scripts with spaces between words; patronymics may be left out of a name."""
    rest = list(long)
    for word in short:
        if word not in rest:
            return word in _WORDS and bool({*short} - _WORDS)
        rest.remove(word)
    if _NEGATIONS & {*rest} or len({*short} - _WORDS) == 0:
        return False
    named = len(short) > 1

    def empty(word: str) -> bool:
        if word in _WORDS or word in asked or (named and _PATRONYMIC.fullmatch(word)):
            return True
        return len(word) >= _STEM and any(word[:_STEM] == own[:_STEM] for own in asked)

    return all(map(empty, rest))


def _surname(short: str, long: str) -> bool:
    """The last of two or three words with capitals, none of which ends as an adjective does: Юрий Гагарин, Гагарин."""
    *given, last = long.strip(" .").split() or [""]
    return (
        short.strip(" .") == last
        and 0 < len(given) < 3
        and all(word[0].isupper() and not _ADJECTIVE.search(word) for word in (*given, last))
    )


def _named(sign: str, name: str) -> bool:
    """A single letter or sign, and its name: Ω and omega."""
    return len(sign) == 1 < len(name) and unicodedata.name(sign, "").casefold().endswith(f" {name}")


def _sound_alike(a: str, b: str) -> bool:
    """A word in Latin letters, and one that sounds like it in letters of another script."""
    one, two = (("", text) if text.isascii() else (_romanised(text), "") for text in (a, b))
    spelt, latin = one[0] or two[0], one[1] or two[1]
    if not spelt or not latin or not latin.replace(" ", "").isalpha():
        return False
    heard, read = (re.sub(r"(.)\1+", r"\1", text) for text in (spelt, latin))
    if SequenceMatcher(None, heard, read).ratio() >= SOUNDS_ALIKE:
        return True
    if bool(_VOWEL.match(spelt)) != bool(_VOWEL.match(latin)) and not re.search(r"^[hjy']", spelt + "\n" + latin, re.M):
        return False  # Tunis and Athens have the same consonants
    bones = [_bones(text) for text in (spelt, latin)]
    return bones[0] == bones[1] and len(bones[0].replace(" ", "")) > 2


def _romanised(text: str) -> str:
    """Alphabets, Indic letters, Korean and Japanese syllables in Latin letters; "" if a sign is none of these."""
    found = []
    for sign in text:
        name = unicodedata.name(sign, "")
        if sign == " ":
            found.append(" ")
        elif sign in _SOUNDS:
            found.append(_SOUNDS[sign])
        elif name.startswith(("HANGUL SYLLABLE ", "KATAKANA LETTER ", "HIRAGANA LETTER ")):
            found.append(name.split()[-1].casefold())
        elif letter := _INDIC.fullmatch(name):
            if found and letter[1] == "VOWEL":
                found[-1] = found[-1].removesuffix("a")
            found.append(letter[2].casefold())
        elif name.endswith(" SIGN VIRAMA") and found:
            found[-1] = found[-1].removesuffix("a")
        elif name != "KATAKANA-HIRAGANA PROLONGED SOUND MARK" and sign not in "ъь":
            return ""
    return "".join(found)


def _bones(text: str) -> str:
    """Consonants in one spelling."""
    text = re.sub(r"c(?=[eiy])", "s", text).replace("ph", "f").replace("x", "ks")
    text = re.sub(r"[aeiouyhj']", "", text).translate(str.maketrans("cqwzg", "kkvsg"))
    return re.sub(r"(\w)\1+", r"\1", text)
