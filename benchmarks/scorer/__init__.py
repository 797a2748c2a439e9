"""How fast is the entailment pass, beside the passes of other packages and beside the bare model?

python -m benchmarks.scorer            # everything; what was measured already is not measured again
python -m benchmarks.scorer --fast     # a few questions, in about two minutes, kept apart
"""
