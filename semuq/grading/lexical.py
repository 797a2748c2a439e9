"""Graders that read words: exact match, containment, token overlap, longest common subsequence."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from semuq.errors import InvalidParameter, MissingExtra
from semuq.grading.base import _Pairwise
from semuq.text import normalise_answer

__all__ = ["ContainsAlias", "ExactMatchGrader", "RougeL", "TokenF1", "TokenRecall", "tokens"]

Words = Literal["rouge", "normalised"]

# Chinese, Japanese and Korean put no space between words: each sign is a token.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def tokens(text: str) -> list[str]:
    """Words of the normalised text (no case, articles, punctuation); CJK by the character.

    >>> tokens("The Beatles, 1965!"), tokens("東京 Tower")
    (['beatles', '1965'], ['東', '京', 'tower'])
    """
    return _TOKEN.findall(normalise_answer(text))


@dataclass(frozen=True, kw_only=True)
class ExactMatchGrader(_Pairwise):
    """1 if the answer is one of the gold answers, else 0.

    Args:
        normalise: compare without case, punctuation and English articles, as SQuAD's grader does (and
            keep what carries a value: -5 is not 5).

    Degenerate cases. An answer that normalises to nothing ("", "the") matches only its like.

    Example:
        >>> ExactMatchGrader().grade("Capital of France?", "paris.", ["Paris", "City of Paris"])
        1.0

    References: Rajpurkar et al., SQuAD, EMNLP 2016.
    """

    normalise: bool = True

    def _match(self, answer: str, gold: str) -> float:
        return float(normalise_answer(answer) == normalise_answer(gold) if self.normalise else answer == gold)


@dataclass(frozen=True, kw_only=True)
class ContainsAlias(_Pairwise):
    """1 if a gold answer stands in the answer as a run of whole words, else 0.

    Right for chat models, which answer in sentences. Fooled by an answer that names several candidates,
    or the gold answer in a denial ("not Paris but Lyon").

    Degenerate cases. A gold answer without words is contained only in an answer without words.

    Example:
        >>> ContainsAlias().grade("Capital of France?", "It is Paris, I think.", ["Paris"])
        1.0
        >>> ContainsAlias().grade("How many?", "There are 105.", ["10"])
        0.0
    """

    def _match(self, answer: str, gold: str) -> float:
        said, wanted = tokens(answer), tokens(gold)
        if not wanted or not said:
            return float(said == wanted)
        return float(f" {' '.join(wanted)} " in f" {' '.join(said)} ")


@dataclass(frozen=True, kw_only=True)
class TokenRecall(_Pairwise):
    """Share of the gold answer's words that are in the answer, each as often as it is there.

    A softer `ContainsAlias`: word order and words in between do not matter.

    Args:
        threshold: None gives the share; a number in (0, 1] gives 1 from that share on, else 0.

    Returns (`grade`): in [0, 1]. Fooled as `ContainsAlias` is, and by words that right and wrong answers
        share ("King of France" holds two of the three words of "Queen of France").

    Example:
        >>> TokenRecall().grade("Who wrote Emma?", "Austen did.", ["Jane Austen"])
        0.5
    """

    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise InvalidParameter(f"TokenRecall.threshold: expected None or a share in (0, 1], got {self.threshold!r}")

    def _match(self, answer: str, gold: str) -> float:
        said, wanted = Counter(tokens(answer)), Counter(tokens(gold))
        share = (said & wanted).total() / wanted.total() if wanted else float(not said)
        return share if self.threshold is None else float(share >= self.threshold)


@dataclass(frozen=True, kw_only=True)
class TokenF1(_Pairwise):
    """Harmonic mean of precision and recall of the words: SQuAD's F1.

    Formula.
        F1 = 2 m / (|answer| + |gold|),    m = words in common, with multiplicity

    Returns: in [0, 1]. Long answers score low however right they are.

    Degenerate cases. Both without words: 1; one of them: 0.

    Example:
        >>> TokenF1().grade("Who wrote Emma?", "Jane Austen wrote it", ["Jane Austen"])
        0.6666666666666666

    References: Rajpurkar et al., SQuAD, EMNLP 2016.
    """

    def _match(self, answer: str, gold: str) -> float:
        said, wanted = Counter(tokens(answer)), Counter(tokens(gold))
        if not said or not wanted:
            return float(said == wanted)
        return 2 * (said & wanted).total() / (said.total() + wanted.total())


@dataclass(frozen=True, kw_only=True)
class RougeL(_Pairwise):
    """ROUGE-L F-measure: the longest common subsequence of words (package `rouge-score`).

    Args:
        words: "rouge" tokenises as the package does (a-z and 0-9 only: an answer in another script has
            no words and gets 0); "normalised" as the other graders here, for any script.
        stem: Porter stemming, with words="rouge".

    Returns: in [0, 1]; 0 if either has no words.

    Raises:
        MissingExtra: `rouge-score` is not installed.

    Example:
        >>> round(RougeL().grade("Who wrote Emma?", "Jane Austen wrote it", ["Jane Austen"]), 4)
        0.6667

    References: Lin, ROUGE, ACL workshop 2004.
    """

    words: Words = "rouge"
    stem: bool = False

    def __post_init__(self) -> None:
        if self.words not in get_args(Words):
            raise InvalidParameter(f"RougeL.words: expected one of {get_args(Words)}, got {self.words!r}")
        if self.stem and self.words != "rouge":
            raise InvalidParameter("RougeL.stem: expected False with words='normalised', got True")

    @cached_property
    def _scorer(self) -> Any:
        try:
            rouge_scorer = importlib.import_module("rouge_score.rouge_scorer")
        except ImportError as error:
            raise MissingExtra("RougeL needs the package rouge-score; pip install 'semuq[rouge]'") from error
        tokenizer = None if self.words == "rouge" else _Tokenizer()
        return rouge_scorer.RougeScorer(["rougeL"], use_stemmer=self.stem, tokenizer=tokenizer)

    def _match(self, answer: str, gold: str) -> float:
        return float(self._scorer.score(gold, answer)["rougeL"].fmeasure)


class _Tokenizer:
    """What `rouge-score` calls a tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        return tokens(text)
