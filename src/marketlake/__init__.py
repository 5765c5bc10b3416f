"""A market-data lake: daily prices in Parquet, comparative returns in DuckDB, scheduled by Airflow.

import marketlake as ml

lake = ml.open()
lake.compare(["BTC", "NASDAQ"], start=2019, end=2024).wins
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
    """The lake at a path; by default, the one in the environment and `marketlake.toml`.

    Nothing is read before the first answer. Raises `ConfigError` for an unreadable configuration.
    """
    # imported here because every import of a submodule runs this file
    from .lake import open as api_open

    return api_open(lake, home)


def __getattr__(name: str) -> object:
    """Import the public types on first use, for annotations and `except`."""
    if name == "MarketlakeError":
        from .model.errors import MarketlakeError

        return MarketlakeError
    if name in ("Lake", "Table"):
        from . import lake

        return getattr(lake, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
