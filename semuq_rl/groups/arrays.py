"""Arrays at the edge: NumPy inside, whatever the caller has outside.

The RL code computes in float64 NumPy. A torch tensor is recognised by its methods, so that torch is
never imported here: who passes a tensor has imported it already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["is_tensor", "like", "to_numpy"]


def is_tensor(value: Any) -> bool:
    """Whether this is a torch tensor."""
    return type(value).__module__.partition(".")[0] == "torch" and callable(getattr(value, "new_tensor", None))


def to_numpy(value: Any) -> Any:
    """A tensor as float64 NumPy, detached and on the CPU; anything else as it is.

    bfloat16, which NumPy lacks, and integer ids up to 2^53 are exact in float64.
    """
    return value.detach().cpu().double().numpy() if is_tensor(value) else value


def like(array: np.ndarray[Any, Any], original: Any) -> Any:
    """`array` as the kind, dtype and device of `original`; an integer or list original gives float64."""
    if is_tensor(original):
        # A tensor of integers cannot hold advantages.
        if not original.is_floating_point():
            return original.double().new_tensor(array)
        return original.new_tensor(array)
    dtype = getattr(original, "dtype", None)
    if dtype is not None and np.issubdtype(dtype, np.floating):
        return array.astype(dtype)
    return array
