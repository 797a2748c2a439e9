"""Do the tests notice? Single-line changes to formulas, each run against the tests that read the changed module."""
