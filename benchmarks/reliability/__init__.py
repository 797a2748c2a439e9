"""What happens when inputs are hostile, processes are killed, servers fail and time or memory run out, in counts."""
