"""Commands for rows: list, query and export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..model.errors import LakeWriteError, UsageError
from ..model.terms import PERIODS
from .options import (
    PATH,
    Format,
    complete_ids,
    currency_option,
    end_option,
    format_option,
    given,
    lake_of,
    settings_options,
    start_option,
)
from .output import harmless, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from ..lake import Lake as OpenLake
    from ..model.settings import Settings
    from ..model.terms import Options

_SHOWN: Final = 40
"""Rows of a query on a terminal."""
_LISTED: Final = """
SELECT
    n.instrument_id, n.name, n.asset_class, min(b.session) AS first_session, max(b.session) AS last_session,
    count(b.session) AS sessions, array_to_string(n.sources, ', ') AS sources
FROM instrument AS n
LEFT JOIN bar AS b ON b.instrument_id = n.instrument_id
GROUP BY ALL
ORDER BY min(n.rowid)
"""
_RETURNS: Final = {
    "period": "first day of the period; for a week, the Monday",
    "start_session": "session whose close the return starts from",
    "session": "last session of the period",
    "days": "calendar days from start_session to session",
    "n": "sessions with a figure",
    "simple_return": "return of the period, a fraction; null where an end is missing",
    "log_return": "natural logarithm of 1 + simple_return",
    "quality": "flags joined by commas; empty if there is none",
}
"""What the columns of exported returns hold; those of prices have their own comments in the database."""
_PRICES: Final = {
    "basis": "price, total (dividends reinvested) or vendor_adjusted",
    "level": "index of the basis, which starts at the first stored close",
    "currency": "currency of prices and levels",
    "quality": "flags joined by commas; empty if there is none",
}
_ADJUSTED: Final = {
    "split_adjusted": "adjusted for splits up to through_session",
    "adjusted": "adjusted for splits and dividends up to through_session",
}
_DESCRIBED: Final = """
SELECT column_name, comment FROM duckdb_columns()
WHERE comment IS NOT NULL AND NOT internal
ORDER BY table_name <> 'bar'
"""


@click.command()
@settings_options("home", "lake", "now")
@format_option
def list_instruments(settings: Settings, output: Format) -> None:
    """List the instruments: name, class, first and last session, sources."""
    answer = lake_of(settings).query_rows(_LISTED)
    _print(answer.columns, answer.rows, output)


def _print(columns: Sequence[str], rows: Iterable[Sequence[Any]], output: Format) -> None:
    print_rows([dict(zip(columns, row, strict=True)) for row in rows], columns, output)


@click.command()
@click.argument(
    "sql", help="One read-only statement, such as \"FROM compare('BTC', 'NASDAQ')\"; - reads standard input."
)
@settings_options("home", "lake")
@click.option("--timeout", type=float, default=300.0, help="Seconds after which the query is stopped.")
@click.option(
    "--memory", default="", help="The most it may use, such as 2GB; default: 80 % of the machine's."
)
@format_option
def query(sql: str, settings: Settings, timeout: float, memory: str, output: Format) -> None:
    """Run SQL on market.duckdb, read-only; a terminal shows the first 40 rows."""
    here = lake_of(settings)
    answer = here.query_rows(sys.stdin.read() if sql == "-" else sql, timeout=timeout, memory=memory)
    short = output == "table" and sys.stdout.isatty() and len(answer.rows) > _SHOWN
    shown = answer.rows[:_SHOWN] if short else answer.rows
    _print(answer.columns, shown, output)
    if short:
        say(f"the first {_SHOWN} of {len(answer.rows):,} rows; all of them: --format csv")


@click.command()
@click.argument("what", help="prices, returns, or one read-only SQL statement.")
@click.argument(
    "ids",
    nargs=-1,
    help="Instruments of prices and returns, by id or symbol; default: all.",
    shell_complete=complete_ids,
)
@click.option("--out", type=PATH, help="File to write, .parquet or .csv; default: WHAT.parquet.")
@start_option
@end_option
@click.option(
    "--basis", help="Prices: as_traded, split_adjusted, adjusted, price or total; returns: price or total."
)
@currency_option
@click.option(
    "--by", "period", type=click.Choice(PERIODS), default="day", help="Length of a period of returns."
)
@settings_options("home", "lake")
def export(
    what: str,
    ids: tuple[str, ...],
    out: Path | None,
    start: str | None,
    end: str | None,
    basis: str | None,
    currency: str | None,
    period: str,
    settings: Settings,
) -> None:
    """Write prices, returns or the rows of a query to Parquet or CSV, with a table of its columns."""
    here = lake_of(settings)
    options = given(start=start, end=end, basis=basis, currency=currency)
    named = what if what in _EXPORTED else "query"
    path = out or Path(f"{named}.parquet")
    if path.suffix not in {".parquet", ".csv"}:
        raise UsageError(f"{path.name}: the file's name must end in .parquet or .csv")
    if named == "query" and (ids or options):
        raise UsageError("a statement takes no instruments and no options; select them in SQL")
    table = here.query(what).to_arrow() if named == "query" else _exported(here, named, ids, period, options)
    columns = path.with_suffix(".columns.csv")
    described = dict(reversed(here.query_rows(_DESCRIBED).rows)) | _meanings(named, basis)
    try:
        _write(path, table)
        _write(columns, _dictionary(table, described))
    except OSError as error:
        raise LakeWriteError(f"{path} cannot be written ({error.strerror or error})") from error
    say(f"{len(table):,} rows: {path}")
    say(f"its columns: {columns}")


_EXPORTED: Final = ("prices", "returns")


def _exported(here: OpenLake, what: str, ids: Sequence[str], period: str, options: Options) -> pa.Table:
    every = "SELECT DISTINCT instrument_id FROM bar ORDER BY ALL"
    names = ids or [row[0] for row in here.query_rows(every).rows]
    if what == "prices":
        return here.prices(names, **options).to_arrow()
    return here.returns(names, period=period, **options).to_arrow()


def _meanings(what: str, basis: str | None) -> dict[str, str]:
    """What the columns of an export hold, where the database's comments are of other figures."""
    how = _ADJUSTED.get(basis or "")
    bars = {
        name: f"{which} price, {how}"
        for name, which in {"open": "first", "high": "highest", "low": "lowest", "close": "last"}.items()
    } | {"volume": "units traded, adjusted for splits up to through_session"}
    return {"returns": _RETURNS, "prices": _PRICES | (bars if how else {})}.get(what, {})


def _dictionary(table: pa.Table, described: dict[str, str]) -> pa.Table:
    """One row per column: its name, type and description."""
    import pyarrow as pa

    names, kinds = table.column_names, table.schema.types
    return pa.table(
        {
            "column": names,
            "type": [str(kind.value_type if pa.types.is_dictionary(kind) else kind) for kind in kinds],
            "description": [described.get(name, "") for name in names],
        }
    )


def _write(path: Path, table: pa.Table) -> None:
    """Write whole or not at all."""
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    temporary = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".csv":
            pa_csv.write_csv(_for_spreadsheets(table), temporary)
        else:
            pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _for_spreadsheets(table: pa.Table) -> pa.Table:
    """Text that a spreadsheet would run as a formula is quoted."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type):
            texts = table.column(place).combine_chunks().dictionary_encode()
            safe = pa.array([harmless(text) for text in texts.dictionary.to_pylist()], pa.string())
            table = table.set_column(place, field.name, safe.take(texts.indices))
    return table
