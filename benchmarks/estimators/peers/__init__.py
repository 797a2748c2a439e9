"""Scripts that run in the environments of other packages: inputs as JSON in, values as JSON out.

Each imports one package and nothing of this project. `values(case)` gives method -> number; what a method
raises is kept as its value, since that is what its users get.
"""
