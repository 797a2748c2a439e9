"""BERT and RoBERTa computed without padding: in torch, and in 16-bit integers where a kernel can be compiled."""

from __future__ import annotations
