"""The estimators beside those of other packages: their values on the same inputs, and what they cost."""
