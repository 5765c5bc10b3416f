"""Two instruments by calendar year, from the bars themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ..errors import EmptyLakeError, UsageError
from .comparison import Comparison
from .connection import open_lake, records, stored_files
from .listing import Listed, Listing, currency_code, find, inflation_of, rates_needed, reach, read_listing
from .notes import Context, basis_of, notes
from .question import Question
from .text import chain
from .window import year_rows

_STEPS: Final = {
    "instrument": "query/instrument",
    "calendar_session": "query/calendar_session",
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "calendar_year": "mart/calendar_year",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
    "inflation": "query/inflation",
}


def compare(
    lake: Path,
    a: str,
    b: str,
    *,
    first_year: int | None = None,
    last_year: int | None = None,
    currency: str | None = None,
    basis: str = "price",
    real: bool = False,
    convention: str = "year_end",
    sessions: str = "own",
    as_of: datetime | None = None,
    strict: bool = False,
) -> Comparison:
    """How `a` and `b` did in each calendar year; returns are fractions.

    Without years: all from the first to the last that is complete for both. Without a currency: the one both
    are quoted in, else US dollars. `as_of` (aware) uses only what could be known then; with `strict`, what
    this lake itself held then. Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    question = Question(
        a, b, first_year, last_year, currency, basis, real, convention, sessions, as_of, strict
    )
    question.check()
    with open_lake(lake) as connection:
        listing = read_listing(connection)
        pair = find(listing, a), find(listing, b)
        target = _currency(question, pair)
        with stored_files(lake):
            found = _figures(connection, question, listing, pair, target)
            _assert_stored(connection, lake, found, pair)
        about = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    return _answer(question, pair, target, found, about)


def _currency(q: Question, pair: tuple[Listed, Listed]) -> str:
    for instrument in pair:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price: it has no return to compare")
    if q.currency is not None:
        return currency_code(q.currency)
    a, b = (instrument.quote_currency for instrument in pair)
    return a if a == b else "USD"


def _figures(
    connection: duckdb.DuckDBPyConnection,
    q: Question,
    listing: Listing,
    pair: tuple[Listed, Listed],
    target: str,
) -> list[dict[str, Any]]:
    rates = rates_needed(listing, pair, target)
    deflator = (inflation_of(listing, target),) if q.real else ()
    values = {
        **reach([*pair, *rates, *deflator]),
        "wanted": [i.id for i in pair],
        "a": q.a,
        "b": q.b,
        "a_basis": _stored_basis(pair[0], q.basis),
        "b_basis": _stored_basis(pair[1], q.basis),
        "convention": q.convention,
        "sessions": q.sessions,
        "currency": target,
        "real": q.real,
        "cpi": deflator[0].id if deflator else None,
        "simulated": _simulated(q, pair, rates, deflator),
        "as_of": q.as_of,
        "strict": q.strict,
    }
    bars = "query/bar_as_of" if q.as_of else "query/bar_now"
    return records(connection, chain({"bar": bars} | _STEPS, "query/compare"), values)


def _stored_basis(instrument: Listed, basis: str) -> str:
    return "total" if instrument.return_basis == "total" else basis


def _simulated(
    q: Question, pair: Sequence[Listed], rates: Sequence[Listed], deflator: Sequence[Listed]
) -> list[str]:
    """Those of the pair whose year ends are not published facts in this question."""
    if any(i.synthetic != "no" for i in rates) or any(i.synthetic == "all" for i in deflator):
        return [i.id for i in pair]
    return [i.id for i in pair if i.synthetic != "no" and q.sessions == "shared"]


def _assert_stored(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    found: Sequence[dict[str, Any]],
    pair: tuple[Listed, Listed],
) -> None:
    for side, instrument in zip("ab", pair, strict=True):
        if any(row[f"{side}_quality"] != "missing" for row in found):
            continue
        if connection.execute("SELECT 1 FROM main.bar LIMIT 1").fetchone() is None:
            raise EmptyLakeError(f"no bars are stored in {lake} yet; run `marketlake run`")
        raise EmptyLakeError(f"no bars of {instrument.id} are stored (by then); run `marketlake run`")


def _answer(
    q: Question,
    pair: tuple[Listed, Listed],
    target: str,
    found: Sequence[dict[str, Any]],
    about: tuple[str, str],
) -> Comparison:
    rows = year_rows(q, found)
    return Comparison(
        a=q.a,
        b=q.b,
        currency=target,
        basis=q.basis,
        a_basis=basis_of(pair[0], q.basis),
        b_basis=basis_of(pair[1], q.basis),
        convention=q.convention,
        sessions=q.sessions,
        real=q.real,
        as_of=q.as_of.isoformat() if q.as_of else None,
        strict=q.strict,
        rows=rows,
        notes=notes(Context(*pair, target, q.basis, rows)),
        snapshot=about[0],
        origin=about[1],
    )
