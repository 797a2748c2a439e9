"""Values in short answers: numbers, dates, units and what they are called, read once for all relations."""
