"""The description of every relation, column and macro of `market.duckdb`, stored as comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb

from ..model.layout import INTERNAL
from ..model.schema import TABLES
from .sql_text import has_text, literal, source

SESSIONS: Final[Mapping[str, str]] = {
    "bar": "known_at",
    "revision": "known_at",
    "bar_version": "known_at",
    "action": "known_at",
    "return_index": "known_at",
    "daily_return": "known_at",
    "quarantine": "observed_at",
    "finding": "observed_at",
    "reconciliation": "observed_at",
    "gap": "last_requested_at",
    "correction": "recorded_at",
}
"""The public relations with rows by instrument and session, and the column that holds from when a row
could be known. No later session changes a row."""
STATES: Final = frozenset({"bar_origin", "check_result", "suspect_session", "reconciled", "session_gap"})
"""The public relations by instrument and session that hold the current state only, such as which
sessions are late or in doubt: a later state replaces a row."""
SUMMARIES: Final = frozenset({"year_state", "year_level", "calendar_year_return", "bar_adjusted"})
"""The public relations whose rows change with later sessions: `through_session` is the last one that a
row is made of."""
INTERNAL_SCHEMA: Final = INTERNAL.removesuffix("_")
INTERNAL_RELATIONS: Final = frozenset(
    {"metric_state", "odd_session", "instrument_coverage", "block_state", "year_block"}
)
"""Relations of `INTERNAL_SCHEMA`, next to the views of the tables that begin with `INTERNAL`: they look
ahead within a year and are only for the macros, so neither `SHOW TABLES` nor the reference lists them."""
ABOUT: Final[Mapping[str, str]] = {
    "bar": "Current bars, sorted by instrument and session.",
    "revision": "Replaced rows, with the moment of replacement: the restatements and other revisions.",
    "run": "One row per instrument and run: outcome, coverage, counts.",
    "quarantine": "Rows that failed a check, with the reason.",
    "finding": "Oddities that were stored all the same.",
    "gap": "Expected sessions that no vendor served, one row per change of state.",
    "correction": "Manual corrections, one row per entry that was added or removed.",
    "claim_history": "Verdicts on claims, one row per change.",
    "reconciliation": "The closes of several sources for one session.",
    "reconciliation_pair": "Two sources compared over a window.",
    "daily_return": "Mart, one row per session: returns on both bases and of the bill, levels of the year.",
    "year_state": "Mart, one row per instrument, year and basis: what any span of years merges from.",
    "year_level": "Mart, one row per instrument and year: the inputs of a calendar-year return.",
    "internal_fall": "Internal mart, one row per session: drawdowns to and from it within the year.",
    "internal_close": "Internal mart: the close that each instrument's next return starts from.",
    "instrument": "The instruments of `instruments.toml`.",
    "calendar_session": "The sessions of each calendar in use.",
    "lake": "What this file was built from: one row.",
    "quality_check": "The data checks.",
    "claim": "The claims of `claims.toml`.",
    "claim_opponent": "The instruments that a claim may also mean.",
    "claim_plan": "The plans that a claim about a sleeve is put to.",
    "claim_weight": "The weights of those plans.",
    "claim_sleeve": "Return and risk of those plans in each stretch of years, with the sleeve and without.",
    "check_bar": "check_bar(id): the checks of rows over the stored bars of one instrument.",
    "metrics": "metrics(ids): every metric that needs no benchmark, over the days given or the common ones.",
    "unix_date": "unix_date(d): the days from 1970-01-01 to a date.",
}
"""The relations and macros that no SQL file describes."""
_FOLDERS: Final = ("view", "mart", "macro", "check_result", "metric", "metric_input", "query")
_TEXTS: Final = {
    "scoreboard_years": "query/scoreboard",
    "changes": "query/change",
}
"""Texts of relations and macros with a different name."""

_KEY: Final = {
    "instrument_id": "id of the instrument in instruments.toml",
    "session": "trading day, a label on the instrument's calendar",
    "year": "calendar year of the session",
    "asset_class": "crypto, equity, metal, index, bond, fund, currency, rate or inflation",
    "calendar": "exchange MIC, 24/7, TARGET or MONTHLY",
    "month": "month in which the row was written, as 2025-01",
}
_LEVELS: Final = {
    "close": "last or settlement price, as traded, never adjusted",
    "dividend": "cash per share going ex on this session, as traded; 0 on most",
    "split": "new shares per old taking effect on this session; 1 on most",
    "price_index": "growth of one unit without dividends; null where the close is itself a total return",
    "total_index": "growth of one unit, dividends reinvested at the close of the ex-date",
    "vendor_adjusted_index": "growth of one unit in the convention of vendors' adjusted closes",
}
_CLAIM: Final = {
    "claim_id": "name of the claim",
    "kind": "which check: calendar_year_wins or sleeve_improves",
    "statement": "the claim in words",
    "source": "who made it",
    "published": "when it was made: a year, a month or a date",
    "a": "instrument that the claim puts ahead, or the sleeve",
    "b": "instrument that a is compared with, or the plan, in percent, that the sleeve is added to",
    "at_least": "years that a must win; null for a sleeve",
    "share": "target share of the sleeve, a fraction; null without one",
    "rebalance": "never, monthly, quarterly or yearly: when weights go back to target; null without a plan",
    "funded_by": "what the sleeve is funded by: pro-rata, or a holding of the claim's own plan",
    "of_years": "length of the span in years",
    "first_year": "first year of the span",
    "last_year": "last year of the span",
}
_VERDICT: Final = {
    "span": "published: the claim's own years; rolled: the latest whole years",
    "verdict": "holds, no longer holds, does not hold or inconclusive",
    "reason": "the count or the ratios, or why there is no verdict",
    "wins": "years in which a returned more than b; null for a sleeve",
    "years": "years complete for all instruments of the claim; null for a sleeve without a verdict",
    "with_sleeve": "return per risk of the plan with the sleeve; null without one or a verdict",
    "without_sleeve": "the same without it",
}
_PLAN: Final = {
    "place": "counts the readings of the claim; 0 is its own",
    "variant": "counts the possible sets of instruments; 0 is the claim's own",
}
_BLOCK: Final = {
    "block": "10,000 x years + first_year",
    "years": "how many years the block has: 1, 2, 4, 8, 16 or 32",
    "first_year": "its first year, which years divides",
}

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    **{
        name: _KEY | {f.name: f.metadata[b"description"].decode() for f in table}
        for name, table in TABLES.items()
    },
    "bar_version": _KEY
    | {f.name: f.metadata[b"description"].decode() for f in TABLES["revision"]}
    | {"superseded_at": "when the values were replaced; null while they are current"},
    "action": _KEY | {f.name: f.metadata[b"description"].decode() for f in TABLES["bar"]},
    "return_index": _KEY
    | _LEVELS
    | {"known_at": "from when a reader could have known the session's indices"},
    "bar_origin": {
        "instrument_id": _KEY["instrument_id"],
        "session": _KEY["session"],
        "origin": "live; published: a fact of its date; simulated: made up",
    },
    "bar_adjusted": _KEY
    | {name: f"{name} adjusted for later splits" for name in ("open", "high", "low", "close")}
    | {"volume": "units traded, as counted on the last session"}
    | {
        f"adjusted_{name}": f"{name} adjusted for later splits and dividends"
        for name in ("open", "high", "low", "close")
    }
    | {"through_session": "last stored session; splits and dividends up to it are in the row"},
    "reconciled": _KEY | {f.name: f.metadata[b"description"].decode() for f in TABLES["reconciliation"]},
    "reconciled_pair": _KEY
    | {f.name: f.metadata[b"description"].decode() for f in TABLES["reconciliation_pair"]},
    "session_gap": _KEY | {f.name: f.metadata[b"description"].decode() for f in TABLES["gap"]},
    "health": {
        "instrument_id": "id in instruments.toml",
        "asset_class": "as in instruments.toml",
        "outcome": "of the latest fetch; none before the first",
        "message": "why it failed",
        "source": "source that answered",
        "duration_s": "seconds that it took",
        "started_at": "when it began",
        "good_at": "when the latest fetch began that ended ok or no_new_data",
        "last_session": "the latest session of such fetches",
        "failures": "fetches since then",
    },
    "lake": {
        "snapshot": "id of the stored files that this database was built from",
        "origin": "live or simulated",
        "schema_version": "version of the stored tables",
        "built_at": "time of the build, by the run's clock",
        "root": "folder that the views read, unless the variable marketlake_lake names another",
    },
    "quality_check": {
        "check": "name of the check",
        "severity": "fail: the row is quarantined; warn: it is stored, with a finding",
        "looks_at": "served: only answers; bar: rows of answers and stored bars; lake: all stored data",
        "description": "what it finds",
        "remedy": "remedy",
    },
    "check_result": _KEY
    | {
        "severity": "fail or warn",
        "check": "name of the check",
        "message": "the finding in words",
        "source": "which source served it; empty where it is about the lake",
        "seen_at": "when it was served; of the lake as a whole, when market.duckdb was built",
        "remedy": "remedy",
    },
    "instrument": _KEY
    | {
        "instrument_key": "the id as a number, which groups faster",
        "name": "what it is",
        "quote_currency": "currency of its prices, ISO code",
        "return_basis": "what the stored close is: price, or total where the vendor only has that",
        "since": "first session requested",
        "until": "last session; null while it trades",
        "sources": "source:symbol, in order of trust",
        "proxy_for": "what it is a proxy for; empty otherwise",
        "base_currency": "the currency whose reference rate it is in conversions; empty otherwise",
        "synthetic": "no; daily: only month-end closes and dividends are published; all: fully simulated",
        "negative_prices": "whether a price of zero or below is possible",
    },
    "instrument_name": {
        "name": "id or symbol, in upper case",
        "instrument_ids": "ids of the instruments of this name; one, unless they share a symbol",
    },
    "calendar_session": _KEY
    | {
        "place": "counts the calendar's sessions from 0",
        "assumed": "whether it is later than the recorded holidays, and may be one",
        "close_at": "when the session ends",
    },
    "calendar_grid": _KEY | {"periods_per_year": "what daily figures are annualised by"},
    "metric_state": _KEY
    | {f.name: f.metadata[b"description"].decode() for f in TABLES["year_state"]}
    | {
        "unit_value": "value of a level of 1 in the year on the path of all years",
        "start_value": "value before the year's first session; 1 at the first stored close",
        "low_value": "lowest value of the year",
        "high_value": "highest value of the year",
        "end_value": "value at the year's end",
    },
    "suspect_session": _KEY
    | {
        "instrument_key": "the id as a number",
        "checks": "the checks that doubt it, joined by commas",
        "of_price": "whether price returns are in doubt too, not only those with dividends",
    },
    "odd_session": _KEY
    | {
        "instrument_key": "the id as a number",
        "priced": "whether its close is above 0, so that it has returns",
        "place": "place of the last calendar session up to this one",
        "off_by": "stored sessions due less sessions with a return",
    },
    "instrument_coverage": _KEY
    | {
        "instrument_key": "the id as a number",
        "last_session": "last stored session",
        "stale_from": "sixth session that ended since then; null where there is none",
    },
    "block_state": _KEY
    | {f.name: f.metadata[b"description"].decode() for f in TABLES["year_state"]}
    | _BLOCK
    | {
        "first_session": "session that the first return runs from, or the first one",
        "start_value": "value before the block's first session; 1 at the first stored close",
        "low_value": "lowest value",
        "high_value": "highest value, the one at the start included",
        "end_value": "value at the end",
        "drawdown": "lowest value / highest before it - 1, from the start on",
        "start_stored": "last session stored before the block; the first in it where there is none",
        "end_stored": "last session stored in it, with a price or without",
        "start_place": "place of start_stored on the calendar",
        "end_place": "place of end_stored on the calendar",
        "off_by": "stored sessions due after start_stored less number of returns",
        "no_price": "1 where a session from start_stored on has no price",
    },
    "year_block": _BLOCK
    | {
        "last_year": "last year of the block",
        "wider_first": "first year of the block twice as wide that it is half of; 0 for the widest",
        "wider_last": "last year of that one",
    },
    "calendar_year": _KEY
    | {
        "first_session": "first session of the year",
        "last_session": "last session of the year",
        "sessions": "sessions in the year",
        "first_december_session": "first session of December",
        "december_sessions": "sessions in December",
    },
    "calendar_year_return": _KEY
    | {
        "basis": "price, total (reinvested at the ex-date's close) or vendor_adjusted",
        "convention": "year_end, first_to_last or december_average",
        "currency": "quote currency of closes and levels",
        "simple_return": "end_level / start_level - 1, a fraction; null when an end is missing",
        "start_session": "session the return starts from",
        "end_session": "session the return ends at",
        "start_close": "close as traded on start_session; null for december_average",
        "end_close": "close as traded on end_session; null for december_average",
        "start_level": "index of the basis at the start (a mean for december_average)",
        "end_level": "index of the basis at the end (a mean for december_average)",
        "sessions": "stored sessions of the calendar in the year (in both Decembers for december_average)",
        "expected_sessions": "the calendar's sessions there",
        "complete": "whether both ends are the calendar's own sessions",
        "through_session": "last stored session of the year; the row is made of those up to it",
        "quality": "empty, or partial, gap, no_price, price_index, proxy, simulated, joined by commas",
    },
    "claim": _CLAIM,
    "claim_check": _CLAIM
    | _VERDICT
    | {
        "snapshot": "id of the stored files that were tested",
    },
    "claim_opponent": _CLAIM
    | {
        "place": "0 for the claim's own b, then its alternatives in order",
        "b": "instrument that a is compared with",
        "cpi": "index of consumer prices in a's currency; null without one",
    },
    "claim_plan": _CLAIM
    | _PLAN
    | {
        "rebalance_months": "months from one return to target weights to the next; null for never",
        "cpi": "index of consumer prices in the sleeve's currency; null without one",
        "bill": "Treasury bill in the sleeve's currency; null without one",
    },
    "claim_weight": _CLAIM
    | _PLAN
    | {
        "instrument_id": "holding of the plan",
        "with_weight": "its target weight with the sleeve, a fraction",
        "without_weight": "its target weight without it",
    },
    "claim_sleeve": _CLAIM
    | _PLAN
    | {
        "frequency": "monthly: of each holding's own month ends; daily: of the sessions that they share",
        "end_year": "year in which the window ends",
        "end_month": "month in which it ends",
        "side": "with the sleeve or without",
        "published": "whether it is the claim's own years",
        "rolled": "whether it is the latest whole years",
        "start_session": "the plan is bought at the close of this session, or of this month's last",
        "end_session": "it ends at the close of this session, or of this month's last",
        "years": "length by which it is annualised",
        "months": "month ends from start to end that are stored for all holdings",
        "expected_months": "month ends that must be",
        "growth": "end over start; null where a month is not complete or closes are simulated",
        "annual_return": "growth as a rate per year",
        "volatility": "of returns at this frequency, per year",
        "max_drawdown": "from a high to a low, at closes; 0 or below",
        "bill_return": "of the bill over the same days, per year; null where a yield is missing",
        "sharpe": "of returns over the bill's, per year",
        "quality": "empty, or suspect: a check doubts a price, split or dividend of a holding",
    },
    "claim_grid": _CLAIM
    | _VERDICT
    | {
        "basis": "price or total",
        "sessions": "own, or shared by all",
        "convention": "year_end, first_to_last or december_average; null for a sleeve",
        "worth": "nominal, real (after consumer prices) or over_bill (over what a Treasury bill returned)",
        "risk": "monthly_volatility, monthly_max_drawdown, daily_volatility or max_drawdown; "
        "null without a sleeve",
        "headline": "whether it is the reading of claim_check",
    },
    "claim_window": _CLAIM
    | _VERDICT
    | {
        "end_year": "year of the month that ends the window",
        "end_month": "month that ends each 12-month year of the window; 12 for calendar years",
    },
}


def add_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Comment every relation, column and macro; `KeyError` for one that nothing describes."""
    # with the database's name: the connection may have temporary relations and macros too
    for place, schema, kind, name in connection.execute(_RELATIONS).fetchall():
        text = literal(about(_described(schema, name)))
        connection.execute(f'COMMENT ON {kind} {place}.{schema}."{name}" IS {text}')
    for place, schema, table, column in connection.execute(_COLUMNS).fetchall():
        text = literal(COLUMNS[_described(schema, table)][column])
        connection.execute(f'COMMENT ON COLUMN {place}.{schema}."{table}"."{column}" IS {text}')
    for place, schema, kind, name in connection.execute(_MACROS).fetchall():
        connection.execute(f"COMMENT ON {kind} {place}.{schema}.{name} IS {literal(about(name))}")


_OWN: Final = (
    "WHERE database_name = current_database() AND NOT internal "
    f"AND schema_name IN ('main', '{INTERNAL_SCHEMA}')"
)
_RELATIONS: Final = f"""
    SELECT database_name, schema_name, 'TABLE', table_name FROM duckdb_tables() {_OWN}
    UNION ALL SELECT database_name, schema_name, 'VIEW', view_name FROM duckdb_views() {_OWN}
"""  # noqa: S608 (words are ours)
_COLUMNS: Final = f"SELECT database_name, schema_name, table_name, column_name FROM duckdb_columns() {_OWN}"  # noqa: S608
_MACROS: Final = f"""
    SELECT
        database_name, schema_name, CASE function_type WHEN 'macro' THEN 'MACRO' ELSE 'MACRO TABLE' END,
        function_name
    FROM duckdb_functions() {_OWN} AND function_type IN ('macro', 'table_macro')
"""  # noqa: S608 (words are ours)


def _described(schema: str, relation: str) -> str:
    """The name under which a relation is described here."""
    stored = f"{INTERNAL}{relation}"
    return stored if schema == INTERNAL_SCHEMA and stored in TABLES else relation


def about(name: str) -> str:
    """What a relation or macro is: the head of its SQL file, or a sentence."""
    if name in ABOUT:
        return ABOUT[name]
    metric = name.removeprefix("metric_")
    for one in (name, metric):
        texts = [_TEXTS[one]] if one in _TEXTS else [f"{folder}/{one}" for folder in _FOLDERS]
        for text in texts:
            if has_text(text):
                return heading(text)
    raise KeyError(f"say in describe.py what {name} is")


def heading(name: str) -> str:
    """The comment at the head of `sql/<name>.sql`."""
    lines = source(name).splitlines()
    end = next(index for index, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(line.removeprefix("--").strip() for line in lines[:end])
