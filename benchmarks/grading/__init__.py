"""Which grader agrees with people? Graders against human verdicts on EVOUNA."""
