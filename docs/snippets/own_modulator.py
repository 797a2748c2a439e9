from semuq_rl.modulators import Claims, Modulator, modulator
from semuq_rl.modulators.laws import check_modulator


def damp(*, strength: float) -> Modulator:
    """Shrink all advantages of a group by the strength, whatever is uncertain."""

    def update(advantages, state, **extra):
        return advantages * (1 - strength / 2), state

    claims = Claims(
        level="prompt",
        keeps_sign=True,
        keeps_mean=True,
        scale=(1 - strength / 2, 1.0),
        batch_statistics=False,
        undone_by_group_std=True,
        needs=frozenset(),
    )
    return modulator(update, name=f"damp(strength={strength!r})", claims=claims, strength=strength)


check_modulator(lambda strength: damp(strength=strength))
