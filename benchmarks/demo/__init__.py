"""The demonstration: a real language model, real questions, and how sure it is of what it says."""
