"""Modulated advantages in other trainers: `verl`, `skyrl`, `slime`, and `oat`; TRL has `semuq_rl.trainer`.

They hold rollouts as rows of a batch; `rows` puts rows together as groups, asks the same pure functions and
puts the advantages back into rows. Nothing here imports a trainer before it is asked to.
"""

from __future__ import annotations

from semuq_rl.adapters.rows import RowModulation, default_signal, modulate_rows

__all__ = ["RowModulation", "default_signal", "modulate_rows"]
