"""How far the mean-variance iteration stays below the exact optimum, and what a battery smooths."""
