"""semuq: knowing when a language model does not know.

The public names are listed in `__init__.pyi` and imported on first use (PEP 562), so `import semuq` is quick and
loads no torch.
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
