"""Which models are packed: by the class that transformers gives them, and what their config must not ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from semuq.relations.entailment.packed.bert import bert, electra, fits_bert, mpnet, roberta
from semuq.relations.entailment.packed.deberta import deberta, deberta_v2, fits_deberta
from semuq.relations.entailment.packed.modernbert import fits_modernbert, modernbert
from semuq.relations.entailment.packed.parts import Parts

__all__ = ["FAMILIES", "fits", "read_parts"]

FAMILIES: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Parts]]] = {
    "BertForSequenceClassification": (fits_bert, bert),
    "RobertaForSequenceClassification": (fits_bert, roberta),
    "XLMRobertaForSequenceClassification": (fits_bert, roberta),
    "ElectraForSequenceClassification": (fits_bert, electra),
    "MPNetForSequenceClassification": (fits_bert, mpnet),
    "DebertaForSequenceClassification": (fits_deberta, deberta),
    "DebertaV2ForSequenceClassification": (fits_deberta, deberta_v2),
    "ModernBertForSequenceClassification": (fits_modernbert, modernbert),
}


def fits(model: Any) -> bool:
    """Whether the model is of a kind that is packed."""
    known = FAMILIES.get(type(model).__name__)
    return known is not None and known[0](model.config)


def read_parts(model: Any) -> Parts:
    """The parts of a transformers model that `fits`; most of them share its memory."""
    return FAMILIES[type(model).__name__][1](model)
