"""Serving: a gate behind OpenAI's API, so that a client keeps its code and learns what the model is sure of.

`proxy` makes the service, `wire` says what requests may ask and how replies look, `numbers` what Prometheus reads.
"""

from __future__ import annotations

from semuq.serving.build import gate_of_rule
from semuq.serving.proxy import proxy

__all__ = ["gate_of_rule", "proxy"]
