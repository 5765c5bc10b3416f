"""What the lake does with its texts, one text after the other, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import marketlake
from marketlake.answers.compare import YEARS
from marketlake.claims.sleeve_tables import sleeve_tables
from marketlake.claims.tables import CLAIM_MARTS, claim_tables
from marketlake.engine.build import calendar_session_table, instrument_table, lake_table
from marketlake.engine.mart_maker import STEPS, Members, instrument_key, member_table
from marketlake.engine.metric_sql import BARS, METRICS, RELATIONS, TABLES, bars, figures, relation, table
from marketlake.engine.scoreboard_sql import WIDER, scoreboard_parts, window_values
from marketlake.engine.sql_text import statement
from marketlake.model.instruments import Universe
from marketlake.model.schema import TABLES as STORED

from .both import Both
from .market import CLAIMS, FIRST, LAST, MARKET, NOW

UNIVERSE = Universe(MARKET)
CLASSES = sorted({i.asset_class for i in MARKET})
IDS = [i.id for i in MARKET]
WANTED = ["BTC", "SHARE", "GAPPY", "EURO", "OIL", "FUND", "NASDAQ"]
AS_OF = datetime(2021, 7, 24, 12, tzinfo=UTC)
SINCE, UNTIL = datetime(2020, 5, 20, tzinfo=UTC), datetime(2020, 7, 24, tzinfo=UTC)
RECORDS: dict[str, list[dict[str, Any]]] = {
    "run": [
        {"instrument_id": "SHARE", "started_at": SINCE + timedelta(days=day), "volume_rows": day}
        for day in (0, 3, 5)
    ],
    "correction": [
        {
            "instrument_id": "BTC",
            "session": date(2020, 6, 1),
            "recorded_at": datetime(2020, 6, 2, 12, tzinfo=UTC),
        }
    ],
}
_PLAIN = {
    "string": "",
    "int32": 0,
    "double": 0.0,
    "date32[day]": FIRST,
    "timestamp[us, tz=UTC]": NOW,
    "bool": True,
}
COMPARED: dict[str, Any] = {
    "ids": IDS,
    "classes": CLASSES,
    "wanted": WANTED,
    "basis": "price",
    "convention": "year_end",
    "sessions": "own",
    "currency": "USD",
    "real": False,
    "cpi": None,
    "simulated": [],
    "as_of": None,
    "strict": False,
    "first_year": 2019,
    "last_year": 2022,
}
MEASURED: dict[str, Any] = COMPARED | {
    "cpi": "",
    "benchmark": "NASDAQ",
    "frequency": "daily",
    "risk_free": 0.0,
    "bill": "",
    "annualise": None,
    "annualise_short": False,
    "first_day": date(2020, 1, 1),
    "last_day": date(2021, 12, 31),
    "due_day": date(2022, 2, 28),
}


def stored(lake: Path, table: str) -> pa.Table:
    """All rows of a stored table, with what its folders say."""
    schema = STORED[table]
    folders = [("asset_class", pa.string()), ("year", pa.int32())]
    if table in ("correction", "run"):
        folders = [("month", pa.string())]
    parts = []
    for path in sorted((lake / table).rglob("part.parquet")):
        rows = pq.ParquetFile(path).read().cast(schema)
        keys = dict(part.split("=", 1) for part in path.parent.relative_to(lake / table).parts)
        for name, kind in folders:
            value = int(keys[name]) if pa.types.is_integer(kind) else keys[name]
            rows = rows.append_column(name, pa.array([value] * len(rows), kind))
        parts.append(rows)
    return pa.concat_tables(parts)


def _row(schema: pa.Schema, given: dict[str, Any]) -> dict[str, Any]:
    """A row of a record, with something plain wherever nothing is said."""
    return {field.name: given.get(field.name, _PLAIN[str(field.type)]) for field in schema}


def files_of(folder: str) -> list[str]:
    """The texts of a folder of `sql/`, as `folder/name`."""
    paths = (Path(marketlake.__file__).parent / "engine" / "sql" / folder).glob("*.sql")
    return sorted(f"{folder}/{path.stem}" for path in paths)


def stored_marts(both: Both, lake: Path) -> None:
    """The marts of the bars, all years together."""
    bars_stored = stored(lake, "bar")
    bills = pc.is_in(bars_stored["asset_class"], pa.array(["rate"]))
    both.table("stored_bar", bars_stored.filter(pc.invert(bills)).select(STORED["bar"].names))
    both.table("bill_bar", bars_stored.filter(bills).select(STORED["bar"].names))
    both.table("bill", pa.table({"instrument_id": ["BILL"], "currency": ["USD"]}))
    both.table("calendar_session", calendar_session_table(UNIVERSE.calendars, FIRST.year, LAST.year))
    priced = sorted((i for i in MARKET if i.asset_class != "rate"), key=lambda i: i.id)
    known = datetime(2020, 1, 1, tzinfo=UTC)
    carried = {"SHARE": (date(2019, 12, 31), 100.0, known), "GAPPY": (date(2019, 11, 5), 90.0, known)}
    years = [Members(year, priced, carried if year == 2020 else {}) for year in range(2019, 2023)]
    both.table("member", member_table(years))
    both.table("instrument", member_table(years))
    both.ask("mart/internal_close", statement("mart/internal_close"))
    for name, file in STEPS.items():
        both.ask(file, statement(file), None, name)


def lay(both: Both, lake: Path) -> None:
    """What stands in a lake: stored files and the tables of the configuration."""
    for name in ("bar", "revision", "daily_return", "year_state", "year_level"):
        both.table(name, stored(lake, name))
    both.table("fall", stored(lake, "internal_fall"))
    for name, given in RECORDS.items():
        rows = [_row(STORED[name], one) for one in given]
        both.table(name, pa.Table.from_pylist(rows, STORED[name]))
    both.table("instrument", instrument_table(UNIVERSE))
    both.table("calendar_session", calendar_session_table(UNIVERSE.calendars, FIRST.year, NOW.year))
    both.table("suspect_session", _suspects())
    both.table("lake", lake_table(str(lake), "s1", "live", NOW))


def _suspects() -> pa.Table:
    days = {"SHARE": (date(2020, 6, 3), True), "BTC": (date(2021, 3, 4), False)}
    return pa.table(
        {
            "instrument_key": [instrument_key(name) for name in days],
            "instrument_id": list(days),
            "session": [day for day, _ in days.values()],
            "checks": ["jump", "dividend_repeated"],
            "of_price": [of_price for _, of_price in days.values()],
        }
    )


def database(both: Both) -> None:
    """The tables of market.duckdb but those of the claims."""
    for name in files_of("view"):
        if name not in NOT_COMPARED:
            both.stand(name.split("/")[1], name, statement(name))
    for name in (
        "calendar_year",
        "calendar_grid",
        "calendar_year_return",
        "metric_state",
        "odd_session",
        "instrument_coverage",
        "block_state",
    ):
        both.stand(name, f"mart/{name}", statement(f"mart/{name}"))
    both.ask("", "SELECT * FROM block_state", None, "block_state_1")
    widths = ["block_state_1"]
    for years in WIDER:
        widths.append(f"block_state_{years}")
        both.ask("mart/block_merge", statement("mart/block_merge"), {"years": years}, widths[-1])
        both.stand("block_state", "", f"SELECT * FROM {widths[-1]}")
    both.together("block_state", widths)
    both.stand("year_block", "mart/year_block", statement("mart/year_block"), {"widest": WIDER[-1]})


def claims(both: Both) -> None:
    """The tables of the claims about years won: every text by itself, then each table."""
    for name, rows in {**claim_tables(CLAIMS, UNIVERSE), **sleeve_tables([])}.items():
        both.table(name, rows)
    for name, before in CLAIM_MARTS.items():
        both.begin()
        for part, file in before.items():
            both.ask(file, statement(file), None, part)
        both.stand(name.split("/")[1], name, statement(name))


def compared(both: Both) -> None:
    """`compare`, relation by relation."""
    for terms in (
        {},
        {
            "currency": "EUR",
            "real": True,
            "cpi": "US_CPI",
            "sessions": "shared",
            "basis": "total",
            "convention": "december_average",
            "simulated": ["SHARE"],
            "as_of": AS_OF,
        },
    ):
        both.begin()
        values = COMPARED | terms
        bars = "query/bar_as_of" if values["as_of"] else "query/bar_now"
        both.ask(bars, statement(bars), values, "bar")
        for name, file in YEARS.items():
            both.ask(file, statement(file), values, name)
        for name in ("year_figure", "matrix_member"):
            both.ask(f"query/{name}", statement(f"query/{name}"), values, name)
        both.ask("query/year_win", statement("query/year_win"), values)
    strict = COMPARED | {"as_of": AS_OF, "strict": True}
    both.ask("query/bar_as_of", statement("query/bar_as_of"), strict)


def measured(both: Both) -> None:
    """`metrics`, relation by relation and figure by figure."""
    for terms in (
        {"bill": "BILL"},
        {"frequency": "monthly"},
        {
            "currency": "EUR",
            "real": True,
            "cpi": "US_CPI",
            "frequency": "yearly",
            "basis": "total",
            "sessions": "shared",
            "risk_free": 0.02,
        },
    ):
        both.begin()
        values = MEASURED | terms
        both.ask("query/bar_now", bars("query/bar_now", values), None, BARS)
        both.ask("metric_input/bar_wanted", statement("metric_input/bar_wanted"), values)
        both.ask(
            "metric_input/bar_span",
            f"WITH bar AS (SELECT * FROM {BARS}) {statement('metric_input/bar_span')}",
        )
        for name in RELATIONS:
            file = "metric_period" if name == "month_period" else name
            both.ask(f"metric_input/{file}", relation(name, values), None, name)
        for name in TABLES:
            more = {"periods": 2 if "frequency" in terms else 5}
            both.ask(f"metric/{name}", table(name, values | more), None, name)
        # a figure is its text on those relations, whatever the terms: asked once, of many periods
        for metric in METRICS if values["frequency"] == "daily" else ():
            both.ask(f"metric/{metric.name}", figures(metric, values))
            both.pairs.append(replace(both.pairs[-1], file="metric_input/metric_figure"))


def scored(both: Both) -> None:
    """`scoreboard`, of whole years and of any days."""
    for first, last, basis in (
        (date(2019, 1, 1), date(2021, 12, 31), "price"),
        (date(2019, 12, 10), date(2021, 11, 3), "total"),
        (date(2021, 2, 10), date(2021, 11, 3), "price"),
    ):
        both.begin()
        for name, file in scoreboard_parts(first, last).items():
            both.ask(file, statement(file), window_values(first, last, basis), name)


def rest(both: Both) -> None:
    """What `prices`, `matrix`, `changes` and the lines next to an answer ask."""
    both.begin()
    values = MEASURED | COMPARED | {"start": date(2020, 3, 1), "end": date(2021, 3, 1)}
    both.ask("query/bar_now", statement("query/bar_now"), values, "bar")
    both.ask("query/bar_version", statement("query/bar_version"), values)
    for name in ("instrument", "rate_day", "exchange_rate", "matrix_member"):
        both.ask(f"query/{name}", statement(f"query/{name}"), values, name)
    both.ask("view/return_index", statement("view/return_index"), values, "return_index")
    both.ask("view/bar_adjusted", statement("view/bar_adjusted"), values, "bar_adjusted")
    span = {"first_day": None, "last_day": None, "wanted": WANTED}
    both.ask("metric_input/common_span", statement("metric_input/common_span"), span)
    for name in ("price_as_traded", "price_adjusted", "price_level", "stored_level"):
        both.ask(f"query/{name}", statement(f"query/{name}"), values)
    both.ask("query/native_level", statement("query/native_level"), values, "metric_level")
    both.ask("query/matrix_level", statement("query/matrix_level"), values)
    shown = {"basis": "price", "first_year": 2020, "last_year": 2021}
    both.ask("query/trend_year", statement("query/trend_year"), shown)
    latest = {"since": date(2021, 3, 1), "sessions": 60}
    both.ask("query/trend_recent", statement("query/trend_recent"), latest)
    moments = {"since": SINCE, "until": UNTIL}
    both.ask("query/change", statement("query/change"), moments, "change")
    some = moments | {"kinds": ["vendor_restatement", "arrived"], "most": 20, "ids": []}
    for name in ("change_row", "change_summary", "volume_settled"):
        both.ask(f"query/{name}", statement(f"query/{name}"), some)


SCENES = (database, claims, compared, measured, scored, rest)
NOT_COMPARED = (
    "view/reconciled",
    "view/reconciled_pair",
    "view/session_gap",
    "view/instrument_name",
    "mart/suspect_session",
    "query/nominal",
    "query/own_currency",
)
"""Views on the record of `reconcile`, of gaps and of names, which no mart, metric or comparison reads,
the findings of the checks, which run in DuckDB only, and texts without rows, which stand for others there."""
