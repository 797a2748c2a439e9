"""Rewards: `rules` that need no labels, and `functions` in the shape that trainers call."""
