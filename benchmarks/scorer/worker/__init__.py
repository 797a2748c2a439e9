"""A contestant in a process and an environment of its own. Imports nothing of semuq but where semuq competes."""
