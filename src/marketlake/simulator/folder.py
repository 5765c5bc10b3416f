"""A market from a folder of CSV or Parquet files, one file a symbol.

The file's stem is Yahoo's symbol (`^IXIC.csv`, `GC=F.csv`), or `SYMBOL@source` (`BTCUSDT@binance.csv`);
`SYMBOL@adj` holds an adjusted close in place of a plain one. Columns in any case: `date` (or `session`,
or `open_time` in milliseconds), open, high, low, close, volume, dividend(s), `split` (as traded, new
shares per old) or `Stock Splits` (a file saved from Yahoo: its prices are already divided by later
splits), `Adj Close`. `observation_date,SERIES` is a FRED series. `market.toml` may say more of a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa

from ..errors import ConfigError
from ..toml_file import read_toml
from .market import EXCHANGES, Market
from .series import Floats, Series
from .table import dates, number_column, read_table
from .venue import CRYPTO, HOURS, MONTHLY, NEXT_DAY, Venue, venue_of

_SUFFIXES: Final = (".csv", ".parquet")
_SOURCES: Final = ("yahoo", "fred", *EXCHANGES)
_KEYS: Final = ("calendar", "currency", "type", "zone")


def load_market(folder: Path) -> Market:
    """Every file of the folder; `ConfigError` names the file that cannot be used, and why."""
    if not folder.is_dir():
        raise ConfigError(
            f"{folder} is not a folder; --market takes `sample` or a folder of CSV or Parquet files"
        )
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ConfigError(f"{folder} has no .csv or .parquet file; put one file a symbol there")
    described = _described(folder / "market.toml")
    series: dict[tuple[str, str], Series] = {}
    # an adjusted file stands in for a symbol only where there is no plain one
    for path in sorted(paths, key=lambda path: path.stem.endswith("@adj")):
        for key, loaded in _load(path, described).items():
            series.setdefault(key, loaded)
    return Market(series)


def _load(path: Path, described: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], Series]:
    table = read_table(path)
    if "observation_date" in table.column_names:
        return _fred(path, table)
    symbol, _, source = path.stem.partition("@")
    source = "yahoo" if source in {"", "adj"} else source
    if source not in _SOURCES:
        raise ConfigError(
            f"{path}: unknown source {source[:40]!r} after @; known: adj, {', '.join(_SOURCES)}"
        )
    venue = CRYPTO if source in EXCHANGES else venue_of(symbol)
    return {(source, symbol): load_series(path, table, symbol, _overridden(venue, described.get(symbol, {})))}


def load_series(path: Path, table: pa.Table, symbol: str, venue: Venue) -> Series:
    """One symbol's rows, ascending; `ConfigError` for a date that stands there twice or no usable close."""
    days = dates(path, table)
    order = np.argsort(days, kind="stable")
    days = days[order]
    if not len(days):
        raise ConfigError(f"{path} has a header and no rows; remove the file")
    twice = np.flatnonzero(days[1:] == days[:-1])
    if len(twice):
        raise ConfigError(f"{path}: {days[twice[0]]} stands there twice; keep one row a session")
    column = {name: number_column(path, table, names)[order] for name, names in _COLUMNS.items()}
    if np.isnan(column["close"]).all():
        raise ConfigError(
            f"{path}: no column close with numbers; it has {', '.join(table.column_names)[:200]}"
        )
    restated = "stock splits" in table.column_names
    split = column.pop("stock splits" if restated else "split")
    adjusted = column.pop("adj close")
    return Series(
        symbol=symbol,
        venue=venue,
        days=days,
        open=column["open"],
        high=column["high"],
        low=column["low"],
        close=column["close"],
        volume=column["volume"],
        dividend=np.nan_to_num(column["dividend"]),
        split=np.where(np.isnan(split) | (split == 0), 1.0, split),
        restated=restated,
        tail=_tail(adjusted, column["close"]),
    )


_COLUMNS: Final = {
    **{
        name: (name,)
        for name in ("open", "high", "low", "close", "volume", "split", "stock splits", "adj close")
    },
    "dividend": ("dividend", "dividends"),
}


def _tail(adjusted: Floats, close: Floats) -> float:
    ratio = float(adjusted[-1] / close[-1])
    return ratio if np.isfinite(ratio) and ratio > 0 else 1.0


def _fred(path: Path, table: pa.Table) -> dict[tuple[str, str], Series]:
    names = [name for name in table.column_names if name != "observation_date"]
    if not names:
        raise ConfigError(f"{path}: a column with the series is missing beside observation_date")
    days = dates(path, table)
    venue = MONTHLY if (days == days.astype("datetime64[M]").astype("datetime64[D]")).all() else NEXT_DAY
    renamed = {
        name: table.select(["observation_date", name]).rename_columns(["date", "close"]) for name in names
    }
    return {("fred", name.upper()): load_series(path, renamed[name], name.upper(), venue) for name in names}


def _described(path: Path) -> dict[str, dict[str, str]]:
    entries: Any = read_toml(path).get("symbol", {}) if path.exists() else {}
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ConfigError(f'{path}: write tables such as [symbol."OCDO.L"]')
    for symbol, entry in entries.items():
        wrong = sorted(key for key, value in entry.items() if key not in _KEYS or not isinstance(value, str))
        if wrong:
            raise ConfigError(f"{path}: {symbol[:40]}: {wrong[0][:40]!r} is no text of {', '.join(_KEYS)}")
        if entry.get("zone", "UTC") not in available_timezones():
            raise ConfigError(f"{path}: {symbol[:40]}: zone must be an IANA name such as Europe/London")
        if entry.get("calendar", "XNYS") not in HOURS:
            raise ConfigError(f"{path}: {symbol[:40]}: calendar must be one of {', '.join(HOURS)}")
    return entries


def _overridden(venue: Venue, entry: Mapping[str, str]) -> Venue:
    if "calendar" in entry:
        zone, opens, closes = HOURS[entry["calendar"]]
        venue = replace(venue, calendar=entry["calendar"], zone=zone, opens=opens, closes=closes)
    return replace(
        venue,
        zone=entry.get("zone", venue.zone),
        currency=entry.get("currency", venue.currency),
        kind=entry.get("type", venue.kind),
    )
