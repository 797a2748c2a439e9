"""Scoring by one process and by workers of Ray."""
