"""Everything that a GPU is needed to know about the entailment pass, in one command for the day that one is at hand."""
