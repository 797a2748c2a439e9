"""Relations: what two answers to the same question have to do with each other."""
