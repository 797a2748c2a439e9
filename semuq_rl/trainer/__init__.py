"""The trainer: one overridden method of TRL's, and what it needs to see whole groups and to resume."""
