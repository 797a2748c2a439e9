"""What a cascade of two entailment models promises, keeps and saves; see `__main__`."""
