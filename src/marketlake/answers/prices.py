"""Prices as an Arrow table: as traded or as an index, in any currency, as of any moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ..engine.listing import Listed, currency_code, find, rates_needed, reach
from ..engine.reader import DuckReader, Reader, Record
from ..engine.sql_text import chain, literal, statement
from ..model.errors import UsageError
from ..model.terms import ADJUSTED, AS_TRADED, BAR_BASES, Terms

if TYPE_CHECKING:
    import pyarrow as pa

Trends = Mapping[str, tuple[float | None, ...]]
"""By instrument id, a short series for a sparkline."""
_RATES: Final = {"rate_day": "query/rate_day", "exchange_rate": "query/exchange_rate"}


_AT_ONCE: Final = 500
"""Instruments that are read and put in order together, which bounds the memory."""
_FIELDS: Final = {name[0]: name for name in ("open", "high", "low", "close", "volume")}


def prices(reader: DuckReader, terms: Terms, *, fields: str = "ohlcv") -> pa.Table:
    """One row per instrument and session, sorted by both; start and end included. Texts are codes.

    `Lake.prices` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    # imported here because most commands do not need Arrow
    import pyarrow as pa

    terms.only("prices", "start", "end", "basis", "currency", "as_of", "strict")
    omitted = _omitted(terms.basis, fields)
    terms.check_ids()
    target = currency_code(terms.currency) if terms.currency is not None else None
    found = {one.id: one for one in (find(reader.listing, name) for name in terms.ids)}
    wanted = [found[name] for name in sorted(found)]
    rates = rates_needed(reader.listing, wanted, target)
    values = {
        "simulated": [],
        "start": terms.start or date.min,
        "end": terms.end or date.max,
        "basis": terms.basis,
        "currency": target,
        "as_of": terms.as_of,
        "strict": terms.strict,
    }
    text = _encoded(_text(terms, converts=bool(rates)), terms.basis, wanted, target)

    def read(some: Sequence[Listed]) -> pa.Table:
        own = {**reach([*some, *rates]), "wanted": [one.id for one in some]}
        return reader.arrow(text, values | own).drop_columns(omitted)

    rows = pa.concat_tables(read(wanted[n : n + _AT_ONCE]) for n in range(0, len(wanted), _AT_ONCE))
    if "source" in rows.column_names:
        place = rows.column_names.index("source")
        rows = rows.set_column(place, "source", rows["source"].dictionary_encode())
    return rows.unify_dictionaries()


def trend_of_years(reader: Reader, basis: str, first_year: int, last_year: int) -> Trends:
    """Each instrument's return per year from `first_year` to `last_year`; None where there is
    none."""
    values = {"basis": basis, "first_year": first_year, "last_year": last_year}
    years = _by_id(reader.records(statement("query/trend_year"), values), "year", "simple_return")
    wanted = range(first_year, last_year + 1)
    return {name: tuple(known.get(year) for year in wanted) for name, known in years.items()}


def trend_of_sessions(reader: Reader, since: date, sessions: int) -> Trends:
    """The levels after the latest `sessions` returns of each instrument since a date."""
    rows = reader.records(statement("query/trend_recent"), {"since": since, "sessions": sessions})
    return {name: tuple(known.values()) for name, known in _by_id(rows, "session", "level").items()}


def _omitted(basis: str, fields: str) -> list[str]:
    """The columns of bars that `fields` leaves out; `UsageError` for letters that name none."""
    if not fields or set(fields) - set(_FIELDS):
        raise UsageError(f"fields {fields[:40]!r} must be some of the letters ohlcv, for open to volume")
    if basis in BAR_BASES:
        return [name for letter, name in _FIELDS.items() if letter not in fields]
    if set(fields) != set(_FIELDS):
        raise UsageError(f"basis {basis} has a level and no fields; choose one of {', '.join(BAR_BASES)}")
    return []


def _text(terms: Terms, *, converts: bool) -> str:
    bars = {"bar": "query/bar_as_of" if terms.as_of else "query/bar_now", "instrument": "query/instrument"}
    bars |= _RATES if converts else {"exchange_rate": "query/own_currency"}
    if terms.basis == AS_TRADED:
        return chain(bars, "query/price_as_traded")
    if terms.basis in ADJUSTED:
        return chain(bars | {"bar_adjusted": "view/bar_adjusted"}, "query/price_adjusted")
    return chain(bars | {"return_index": "view/return_index"}, "query/price_level")


def _encoded(text: str, basis: str, wanted: Iterable[Listed], target: str | None) -> str:
    """The text in order, with its short columns as codes, those of `instrument_id` in the order of the ids.

    Codes are sorted and copied in half of the time of texts. Without the order DuckDB 1.5.5 waits for
    ever where the text has a UNION ALL.
    """
    known = {
        "instrument_id": [one.id for one in wanted],
        "currency": sorted({target or one.quote_currency for one in wanted}),
        "quality": ["", "no_rate", "suspect", "no_rate,suspect"],
    }
    if basis not in BAR_BASES:
        known["basis"] = sorted({basis, "total"})
    codes = (f"CAST({name} AS ENUM ({_list(values)})) AS {name}" for name, values in known.items())
    return f"SELECT * REPLACE ({', '.join(codes)}) FROM ({text}) ORDER BY instrument_id, session"  # noqa: S608


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _by_id(rows: Iterable[Record], key: str, value: str) -> dict[str, dict[Any, float | None]]:
    found: dict[str, dict[Any, float | None]] = {}
    for row in rows:
        found.setdefault(row["instrument_id"], {})[row[key]] = row[value]
    return found
