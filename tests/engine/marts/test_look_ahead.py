"""No later session changes what a reader was given: the same series cut at many dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from marketlake.engine.describe import SESSIONS, STATES, SUMMARIES
from marketlake.lake import Lake

from ...answers.lakes import make
from .markets import BILL, BTC, FUND, LATE, OIL, OTHER, PAUSED, SHARE, bars

MARKET = (BTC, SHARE, OTHER, OIL, LATE, PAUSED, FUND, BILL)
CUTS = (
    *(date(2020, 4, 20), date(2020, 12, 31), date(2021, 1, 4), date(2021, 6, 14)),
    *(date(2021, 12, 31), date(2022, 3, 16)),
)
"""A day before a price of zero, ends and starts of years, and days between events."""
KNOWN = timedelta(hours=36)
Rows = dict[tuple[Any, ...], dict[str, Any]]


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> dict[date, Lake]:
    """The lake as it was after each of `CUTS`."""
    folder = tmp_path_factory.mktemp("cuts")
    stored = [row for row in bars() if row["instrument_id"] in {i.id for i in MARKET}]
    return {
        last: Lake(make(folder / f"{last}", MARKET, [row for row in stored if row["session"] <= last]))
        for last in CUTS
    }


def relations(lake: Lake) -> dict[str, set[str]]:
    """The columns of each public relation."""
    text = """
        SELECT table_name, list(column_name) FROM duckdb_columns()
        WHERE database_name = 'market' AND schema_name = 'main' GROUP BY table_name
    """
    return {name: set(columns) for name, columns in lake.query_rows(text).rows}


def rows_of(lake: Lake, relation: str) -> Rows:
    answer = lake.query_rows(f"FROM {relation}")
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    keys = [key for key in ("check", "source", "superseded_at") if key in answer.columns]
    return {(row["instrument_id"], row["session"], *(row[key] for key in keys)): row for row in rows}


def test_every_relation_by_instrument_and_session_is_registered(cut: dict[date, Lake]) -> None:
    found = relations(cut[CUTS[0]])
    by_session = {name for name, columns in found.items() if {"instrument_id", "session"} <= columns}
    assert by_session - SUMMARIES == {*SESSIONS, *STATES}
    assert {name for name, column in SESSIONS.items() if column not in found[name]} == set()
    assert {name for name in SUMMARIES if "through_session" not in found[name]} == set()


def test_nothing_internal_is_listed(cut: dict[date, Lake]) -> None:
    lake = cut[CUTS[0]]
    listed = {name for (name,) in lake.query_rows("SHOW TABLES").rows}
    assert listed == set(relations(lake))
    ahead = {column for columns in relations(lake).values() for column in columns if "ahead" in column}
    assert ahead == set()


@pytest.mark.parametrize("relation", SESSIONS)
def test_later_sessions_change_no_row(cut: dict[date, Lake], relation: str) -> None:
    final = rows_of(cut[CUTS[-1]], relation)
    derived = {"bar", "bar_version", "action", "return_index", "daily_return"}
    assert bool(final) == (relation in derived)
    for lake in cut.values():
        for key, row in rows_of(lake, relation).items():
            assert final[key] == row
    assert all(row[SESSIONS[relation]] is not None for row in final.values())


@pytest.mark.parametrize("relation", ["bar", "return_index", "daily_return"])
def test_rows_are_those_known_at_the_cut(cut: dict[date, Lake], relation: str) -> None:
    """Filtering the whole lake by `known_at` gives what the lake held then: no more, no less."""
    final = rows_of(cut[CUTS[-1]], relation)
    for last, lake in cut.items():
        moment = datetime(last.year, last.month, last.day, tzinfo=UTC) + KNOWN
        known = {key: row for key, row in final.items() if row["known_at"] <= moment}
        assert known == rows_of(lake, relation)


@pytest.mark.parametrize("relation", sorted(SUMMARIES))
def test_summaries_are_made_of_sessions_up_to_through_session(cut: dict[date, Lake], relation: str) -> None:
    """A row whose `through_session` is the same after later sessions is the same."""
    final = summaries_of(cut[CUTS[-1]], relation)
    settled = 0
    for last, lake in cut.items():
        for key, row in summaries_of(lake, relation).items():
            assert row["through_session"] <= last
            settled += row["through_session"] == final[key]["through_session"]
            assert (row == final[key]) == (row["through_session"] == final[key]["through_session"])
    assert settled > 50


def summaries_of(lake: Lake, relation: str) -> Rows:
    answer = lake.query_rows(f"FROM {relation}")
    keys = [
        key for key in ("instrument_id", "session", "year", "basis", "convention") if key in answer.columns
    ]
    # not a number stands for a missing level, and is not equal to itself
    rows = [[None if value != value else value for value in row] for row in answer.rows]
    named = [dict(zip(answer.columns, row, strict=True)) for row in rows]
    return {tuple(row[key] for key in keys): row for row in named}


def test_revised_close_moves_known_at(tmp_path: Path) -> None:
    """A return is known when both of its closes are; an index when all its events are."""
    late = datetime(2020, 3, 2, tzinfo=UTC)
    changed = {
        date(2019, 6, 10): {"close": 101.0},
        date(2019, 7, 11): {"dividend": 1.0},
    }
    rows = [
        row | changed[row["session"]] | {"known_at": late} if row["session"] in changed else row
        for row in bars()
        if row["instrument_id"] == BTC.id and row["session"].year == 2019
    ]
    lake = Lake(make(tmp_path / "revised", (BTC,), rows))
    late_in = "WHERE known_at = TIMESTAMPTZ '2020-03-02' AND session < '2019-08-01' ORDER BY session"
    of_index = [session for (session,) in lake.query_rows(f"SELECT session FROM return_index {late_in}").rows]
    of_return = [
        session for (session,) in lake.query_rows(f"SELECT session FROM daily_return {late_in}").rows
    ]
    later = [date(2019, 7, 11) + timedelta(days=day) for day in range(21)]
    assert of_index == [date(2019, 6, 10), *later]
    assert of_return == [date(2019, 6, 10), date(2019, 6, 11), *later]
