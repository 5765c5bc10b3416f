"""A market-data lake: daily prices in Parquet, comparative returns in DuckDB, scheduled by Airflow.

>>> import marketlake as ml
>>> lake = ml.open()
>>> lake.compare(["BTC", "NASDAQ"], start=2019, end=2024).wins
{'BTC': 5, 'NASDAQ': 1}

`ml.open()` is the lake of the current folder, `ml.open("path/to/lake")` another. Its methods answer
the questions; `help(lake.compare)` explains one.

compare          instruments by calendar year: returns, winner, wins
returns          the return of each day, week, month, quarter or year
metrics          CAGR, volatility, Sharpe, drawdown, beta and more over a window
rolling          correlation, beta, alpha over rolling windows
scoreboard       the standard metrics of all instruments
matrix           years won and correlations of all pairs
portfolio        a plan with contributions, fees and a sleeve
claims           do public claims hold?
prices           bars as traded or adjusted, or an index; also as known at a moment
aligned_returns  a panel of returns on shared sessions, for models
instruments      what is in the lake
query            SQL on market.duckdb; query_rows gives Python values
changes          what was revised between two moments; explain: how that moved returns
check            findings of the data checks
report           write the HTML page

Answers are frozen dataclasses with `.to_pandas()`, `.to_polars()`, `.to_arrow()` and `.to_dict()`.
Returns are fractions. Every error derives from `MarketlakeError`; its text says what to do.
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
    """The lake in a folder or at s3://bucket/prefix; by default, the lake of a home.

    >>> import marketlake as ml
    >>> lake = ml.open()

    `home` is the folder of `instruments.toml`: MARKETLAKE_HOME, or the current folder. Its lake is
    MARKETLAKE_LAKE, the one that `marketlake.toml` names, or the folder `data` in it. Raises
    `EmptyLakeError` where there is no such folder, `ConfigError` for an unreadable configuration.
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


def __dir__() -> list[str]:
    """What a user needs; modules are found by their name."""
    return sorted(__all__)
