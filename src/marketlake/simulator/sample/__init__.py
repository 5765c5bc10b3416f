"""The bundled sample market: published year-end closes, simulated days between them."""

from __future__ import annotations

from .build import FOLDER, sample_market

__all__ = ["FOLDER", "sample_market"]
