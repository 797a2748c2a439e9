"""What small experiments with tiny policies share: admitted starts, TRL's settings, runs that resume."""
