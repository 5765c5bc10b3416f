"""Prices as an Arrow table: as traded or as an index, in any currency, as known at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..engine.listing import currency_code, find, rates_needed, reach, read_listing
from ..engine.reader import open_lake, records, run, steady, stored_files
from ..engine.sql_text import chain, statement
from ..model.errors import UsageError
from .terms import BASES, check_moment, one_of

if TYPE_CHECKING:
    import pyarrow as pa


AS_TRADED: Final = "as_traded"
_RATES: Final = {
    "instrument": "query/instrument",
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
}


@steady
def prices(
    lake: Path,
    ids: Sequence[str],
    *,
    start: date | None = None,
    end: date | None = None,
    basis: str = AS_TRADED,
    currency: str | None = None,
    as_of: datetime | None = None,
    strict: bool = False,
) -> pa.Table:
    """One row an instrument and session, both ends included, sorted by both.

    `as_traded`: instrument_id, session, open, high, low, close, volume, dividend, split, currency,
    quality, source, known_at, observed_at. Any other basis (`price`, `total`, `vendor_adjusted`):
    instrument_id, session, basis, level, currency, quality; the level starts at the first stored close,
    whatever `start` is. Without a currency, each in its own; a session without a rate is null with quality
    `no_rate`. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    one_of("basis", basis, (AS_TRADED, *BASES))
    check_moment(as_of, strict)
    if not ids:
        raise UsageError("no instrument is named; name at least one")
    target = currency_code(currency) if currency is not None else None
    with open_lake(lake) as connection, stored_files(lake):
        listing = read_listing(connection)
        wanted = [find(listing, name) for name in dict.fromkeys(ids)]
        values = {
            **reach([*wanted, *rates_needed(listing, wanted, target)]),
            "wanted": [i.id for i in wanted],
            "simulated": [],
            "start": start or date.min,
            "end": end or date.max,
            "basis": basis,
            "currency": target,
            "as_of": as_of,
            "strict": strict,
        }
        return run(connection, _text(basis, as_of), values).to_arrow_table()


def _text(basis: str, as_of: datetime | None) -> str:
    bars = {"bar": "query/bar_as_of" if as_of else "query/bar_now"} | _RATES
    if basis == AS_TRADED:
        return chain(bars, "query/price_as_traded")
    return chain(bars | {"return_index": "view/return_index"}, "query/price_level")


Trends = Mapping[str, tuple[float | None, ...]]


@steady
def yearly(lake: Path, basis: str, first_year: int, last_year: int) -> Trends:
    """By instrument id, each year's return from `first_year` to `last_year`; None where it has none."""
    values = {"basis": basis, "first_year": first_year, "last_year": last_year}
    with open_lake(lake) as connection:
        rows = records(connection, statement("query/trend_year"), values)
    years = _by_id(rows, "year", "simple_return")
    wanted = range(first_year, last_year + 1)
    return {name: tuple(known.get(year) for year in wanted) for name, known in years.items()}


@steady
def recent(lake: Path, since: date, sessions: int) -> Trends:
    """By instrument id, the level after each of its latest `sessions` returns since a date."""
    with open_lake(lake) as connection:
        rows = records(connection, statement("query/trend_recent"), {"since": since, "sessions": sessions})
    return {name: tuple(known.values()) for name, known in _by_id(rows, "session", "level").items()}


def _by_id(rows: Iterable[Mapping[str, Any]], key: str, value: str) -> dict[str, dict[Any, float | None]]:
    found: dict[str, dict[Any, float | None]] = {}
    for row in rows:
        found.setdefault(row["instrument_id"], {})[row[key]] = row[value]
    return found
