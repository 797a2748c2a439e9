"""Runs: from a recipe to a trained model with a summary, resumable, with logs and curves."""
