"""Heads: small models on a language model's hidden states, trained here, read by estimators in NumPy.

Training imports torch (`semuq.heads.aseu`); a trained head (`semuq.heads.gaussian`) does not.
"""
