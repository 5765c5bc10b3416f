"""Read a market from a folder of CSV or Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model.calendars import Days
from ..model.errors import ConfigError
from ..model.toml_file import read_toml
from .market import EXCHANGES, Floats, Market, Series
from .venue import CRYPTO, HOURS, MONTHLY, NEXT_DAY, Venue, venue_of

_MAX_BYTES: Final = 1024 * 1024 * 1024
_DATES: Final = ("date", "session", "observation_date", "open_time")
_FIRST_DAY, _LAST_DAY = np.datetime64("1900-01-01"), np.datetime64("2099-12-31")
_SUFFIXES: Final = (".csv", ".parquet")
_SOURCES: Final = ("yahoo", "fred", "tiingo", *EXCHANGES)
_KEYS: Final = ("calendar", "currency", "type", "zone")
_COLUMNS: Final = {
    **{
        name: (name,)
        for name in ("open", "high", "low", "close", "volume", "split", "stock splits", "adj close")
    },
    "dividend": ("dividend", "dividends"),
    "gain": ("capital gains",),
}


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
    # an adjusted file is used only where the symbol has no unadjusted one
    for path in sorted(paths, key=lambda path: path.stem.endswith("@adj")):
        for key, loaded in _load(path, described).items():
            series.setdefault(key, loaded)
    return Market(series)


def read_table(path: Path) -> pa.Table:
    """The file's columns; text stays text. `ConfigError` when it cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path} is larger than {_MAX_BYTES} bytes; is it one symbol's daily rows?")
        table = _read_csv(path) if path.suffix.lower() == ".csv" else _read_parquet(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {str(error)[:200]}") from error
    names = [name.strip().lower() for name in table.column_names]
    if len(set(names)) < len(names):
        raise ConfigError(f"{path}: a column name is listed twice: {', '.join(names)[:200]}")
    return table.rename_columns(names)


def _read_csv(path: Path) -> pa.Table:
    # read all columns as text; dates and numbers are converted later
    from pyarrow import csv

    with path.open("rb") as file:
        header = csv.read_csv(pa.BufferReader(file.readline())).column_names
    options = csv.ConvertOptions(
        column_types={name: pa.string() for name in header}, strings_can_be_null=True
    )
    return csv.read_csv(path, convert_options=options)


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path).read()


def dates(path: Path, table: pa.Table) -> Days:
    """The session of each row, a label in the venue's own calendar."""
    name = next((name for name in _DATES if name in table.column_names), None)
    if name is None:
        raise ConfigError(
            f"{path}: no column of {', '.join(_DATES)}; it has {', '.join(table.column_names)[:200]}"
        )
    try:
        days = _days(table[name], milliseconds=name == "open_time")
    except (pa.ArrowException, ValueError) as error:
        raise ConfigError(
            f"{path}: column {name} must hold dates such as 2024-12-31: {str(error)[:120]}"
        ) from error
    if not ((days >= _FIRST_DAY) & (days <= _LAST_DAY)).all():
        raise ConfigError(
            f"{path}: column {name} must hold dates from {_FIRST_DAY} to {_LAST_DAY} in every row"
        )
    return days


def _days(column: pa.ChunkedArray, *, milliseconds: bool) -> Days:
    if milliseconds:
        column = column.cast(pa.int64()).cast(pa.timestamp("ms"))
    if pa.types.is_timestamp(column.type) and column.type.tz:
        # the label that the file shows is local
        column = pc.local_timestamp(column)
    label = pc.utf8_slice_codeunits(column.cast(pa.string()), 0, 10)
    return np.asarray(label.cast(pa.date32()).to_numpy(), dtype="datetime64[D]")


def number_column(path: Path, table: pa.Table, names: tuple[str, ...]) -> Floats:
    """The first of these columns as numbers; NaN for a missing value or column."""
    name = next((name for name in names if name in table.column_names), None)
    if name is None:
        return np.full(len(table), np.nan)
    column = table[name]
    if pa.types.is_string(column.type):
        column = pc.if_else(pc.is_in(column, pa.array(["", ".", "NaN", "nan", "null"])), None, column)
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowException as error:
        raise ConfigError(f"{path}: column {name} must hold numbers: {str(error)[:120]}") from error


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
    """One symbol's rows, ascending; `ConfigError` for a duplicate date or no usable close."""
    days = dates(path, table)
    order = np.argsort(days, kind="stable")
    days = days[order]
    if not len(days):
        raise ConfigError(f"{path} has a header and no rows; remove the file")
    twice = np.flatnonzero(days[1:] == days[:-1])
    if len(twice):
        raise ConfigError(f"{path}: {days[twice[0]]} is listed twice; keep one row a session")
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
        gain=np.nan_to_num(column["gain"]),
        split=np.where(np.isnan(split) | (split == 0), 1.0, split),
        restated=restated,
        tail=_tail(adjusted, column["close"]),
    )


def _tail(adjusted: Floats, close: Floats) -> float:
    ratio = float(adjusted[-1] / close[-1])
    return ratio if np.isfinite(ratio) and ratio > 0 else 1.0


def _fred(path: Path, table: pa.Table) -> dict[tuple[str, str], Series]:
    names = [name for name in table.column_names if name != "observation_date"]
    if not names:
        raise ConfigError(f"{path}: a column with the series is missing next to observation_date")
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
