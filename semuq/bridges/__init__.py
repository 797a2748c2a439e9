"""Bridges: semuq inside the evaluation tools of others, a module each; nothing is imported before it is called."""
