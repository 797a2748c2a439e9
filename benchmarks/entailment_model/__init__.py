"""How the embedded entailment model was made: data, training, evaluation.

Nothing in `semuq` imports this package. Read `README.md` for the commands and `SOURCES.md` for the data.
"""
