"""Uncertainty at answer time on real data: one module a method, criteria in `design.md`, written before the runs."""
