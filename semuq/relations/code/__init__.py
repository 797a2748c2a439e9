"""Equality of programs by what they do: run on the same inputs, do they give the same?

`extraction` finds the program in an answer; `inputs` makes arguments from annotations and examples; `runner` says what
a program does, by way of `worker`, a process that `confinement` keeps from doing harm by accident and that writes
values in their `canonical` form; `symbolic` looks for inputs that tell two programs apart; `relation` is the public
class over all of it. None of it is a security boundary.

The names are imported on first use (PEP 562): the worker process forks for every call, and does without NumPy.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
