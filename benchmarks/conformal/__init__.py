"""Is the promise of selective answering kept? Simulated questions, exchangeable and shifted."""
