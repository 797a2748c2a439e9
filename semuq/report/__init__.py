"""Scored questions as one self-contained HTML file: look at the answers behind every number."""

from __future__ import annotations

from semuq.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
