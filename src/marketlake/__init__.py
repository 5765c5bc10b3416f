"""A market-data lake: daily prices in Parquet, comparative returns in DuckDB, scheduled by Airflow.

import marketlake as ml

lake = ml.open()
lake.compare("BTC", "NASDAQ", first_year=2019, last_year=2024).a_wins
lake.prices(["SPY", "AGG"], basis="total").to_pandas()
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .answers.result import Table
    from .lake import Lake
    from .model.errors import MarketlakeError


__all__ = ["Lake", "MarketlakeError", "Table", "open"]


def open(lake: str | Path | None = None, home: str | Path | None = None) -> Lake:
    """The lake at a path, else the one that the environment and `marketlake.toml` name.

    Nothing is read before the first question. Raises `ConfigError` for an unreadable configuration.
    """
    # imported here, because every import of a part of this package passes by
    from .lake import open as api_open

    return api_open(lake, home)


def __getattr__(name: str) -> object:
    """The types, for annotations and `except`: imported when they are named, for the same reason."""
    if name == "MarketlakeError":
        from .model.errors import MarketlakeError

        return MarketlakeError
    if name in ("Lake", "Table"):
        from . import lake

        return getattr(lake, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
