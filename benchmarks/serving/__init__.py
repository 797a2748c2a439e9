"""The proxy under load, on the loopback."""
