"""The bundled sample market: published month-end closes and dividends, simulated days between."""

from __future__ import annotations

from .build import FOLDER, sample_market

__all__ = ["FOLDER", "sample_market"]
