"""Which share of a training step do signal and modulation take? Printed against the rest of the step."""
