"""Which calibrator, from how many graded answers? Measured on real answers, with a reliability diagram."""
