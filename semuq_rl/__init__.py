"""semuq_rl: what a language model does not know, as a training signal.

A group of rollouts gets a signal (`Signal`, by any semuq estimator) and modulators change its
advantages (`modulators`). This part is pure NumPy; the public names are listed in `__init__.pyi` and imported on
first use (PEP 562).
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
