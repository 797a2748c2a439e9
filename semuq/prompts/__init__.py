"""Instructions that survive perturbed inputs: how robust each is, and a search for better ones (PGO).

`items` perturbs and scores, `requests` says what a rewriting model is asked, `search` is the loop.
"""

from __future__ import annotations

from semuq.prompts.items import Item, PerturbedItems, perturbed_items, robustness_table
from semuq.prompts.search import Found, Proposal, RobustPromptSearch

__all__ = ["Found", "Item", "PerturbedItems", "Proposal", "RobustPromptSearch", "perturbed_items", "robustness_table"]
