"""The bundled sample market: published year-end closes, simulated days between them."""

from .build import FOLDER, sample_market

__all__ = ["FOLDER", "sample_market"]
