"""Heads: small models on a language model's hidden states, trained here, read by estimators in NumPy.

Training imports torch (`semuq.fitted.aseu`); a trained head (`semuq.fitted.gaussian`) does not.
"""
