"""Changes between two moments equal a plain Python model and compose over consecutive intervals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from marketlake.answers.changes import KINDS, Changes
from marketlake.lake import Lake
from marketlake.model.errors import UsageError

from ..lakes import BTC, bar, make
from .histories import FIELDS, MOMENTS, History, made_up

BEFORE = MOMENTS[0] - timedelta(days=1)
ENDS = [BEFORE, *MOMENTS]


@pytest.fixture(scope="module", params=[1, 2])
def history(request: pytest.FixtureRequest) -> History:
    return made_up(request.param)


@pytest.fixture(scope="module")
def lake(history: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history.write(tmp_path_factory.mktemp("lake"))


def changed_values(answer: Changes) -> dict[tuple[str, date], tuple[Any, ...]]:
    """By session: kind and, for each changed field, the old and the new value."""
    return {
        (row.instrument_id, row.session): (row.kind, {one.name: (one.old, one.new) for one in row.fields})
        for row in answer.rows
    }


def expected(result: dict[tuple[str, date], tuple[Any, ...]]) -> dict[tuple[str, date], tuple[Any, ...]]:
    return {
        key: (
            kind,
            {
                name: (a, b)
                for name, a, b in zip(FIELDS, old or [None] * len(FIELDS), new, strict=True)
                if a != b
            },
        )
        for key, (kind, old, new) in result.items()
    }


def test_changes_between_any_two_moments_equal_plain_python(lake: Path, history: History) -> None:
    kinds = set()
    for since, until in combinations(ENDS, 2):
        answer = changed_values(Lake(lake).changes(since, until))
        assert answer == expected(history.changes(since, until))
        kinds |= {kind for kind, _ in answer.values()}
    assert kinds == set(KINDS) - {"correction"}


def test_changes_of_consecutive_intervals_compose(lake: Path) -> None:
    """Changes over an interval equal the combined changes of its two parts."""
    for first, middle, last in list(combinations(ENDS, 3))[::5]:
        one, two, whole = (
            changed_values(Lake(lake).changes(*pair))
            for pair in [(first, middle), (middle, last), (first, last)]
        )
        for key in one.keys() | two.keys() | whole.keys():
            fields = {}
            for _, some in [step[key] for step in (one, two) if key in step]:
                for name, (old, new) in some.items():
                    fields[name] = (fields.get(name, (old, new))[0], new)
            net = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
            assert whole.get(key, ("", {}))[1] == net
            if key in one and key in whole and one[key][0] in {"arrived", "gap_fill", "history"}:
                assert whole[key][0] == one[key][0]


def test_no_changes_in_an_empty_interval(lake: Path) -> None:
    for moment in ENDS:
        for until in (moment, moment + timedelta(hours=1)):
            answer = Lake(lake).changes(moment, until)
            assert (answer.rows, answer.summary, answer.sessions) == ((), (), 0)


def test_the_summary_counts_the_rows(lake: Path) -> None:
    answer = Lake(lake).changes(MOMENTS[2])
    counted: dict[tuple[str, str], int] = {}
    for row in answer.rows:
        counted[row.instrument_id, row.kind] = counted.get((row.instrument_id, row.kind), 0) + 1
    assert {(one.instrument_id, one.kind): one.sessions for one in answer.summary} == counted
    for one in answer.summary:
        own = [r for r in answer.rows if (r.instrument_id, r.kind) == (one.instrument_id, one.kind)]
        assert (one.first_session, one.last_session) == (own[0].session, own[-1].session)
        assert (one.first_seen, one.last_seen) == (min(r.seen for r in own), max(r.seen for r in own))
    assert Lake(lake).changes(MOMENTS[2], most=3).rows == answer.rows[:3]
    assert Lake(lake).changes(MOMENTS[2], most=3).summary == answer.summary


def test_changes_filter_by_ids_and_kinds(lake: Path) -> None:
    whole = Lake(lake).changes(MOMENTS[4])
    own = Lake(lake).changes(MOMENTS[4], ids=["SHARE"], kinds=["vendor_restatement", "split"])
    assert own.rows == tuple(
        row
        for row in whole.rows
        if row.instrument_id == "SHARE" and row.kind in {"vendor_restatement", "split"}
    )
    assert own.rows


def test_the_changes_macro_equals_the_python_answer(lake: Path) -> None:
    moments = "TIMESTAMP '2022-03-01', until := TIMESTAMPTZ '2022-06-01 00:00:00+00'"
    rows = (
        Lake(lake)
        .query_rows(f"SELECT instrument_id, session, kind FROM changes({moments}) ORDER BY ALL")
        .rows
    )
    answer = Lake(lake).changes(MOMENTS[2], MOMENTS[5])
    assert rows == tuple((row.instrument_id, row.session, row.kind) for row in answer.rows)
    assert (
        len(Lake(lake).query_rows("FROM changes(DATE '2022-03-01')").rows)
        == Lake(lake).changes(MOMENTS[2]).sessions
    )


def test_price_observed_by_equals_the_model(lake: Path, history: History) -> None:
    for moment in ENDS:
        text = f"SELECT instrument_id, session, close FROM price_observed_by(TIMESTAMP '{moment:%Y-%m-%d}')"
        rows = {(name, session): close for name, session, close in Lake(lake).query_rows(text).rows}
        assert rows == {key: version["close"] for key, version in history.held(moment).items()}


def test_a_row_in_both_bar_and_revision_counts_once(tmp_path: Path) -> None:
    """Between the two renames of a commit the replaced row is in both files."""
    row = bar(BTC, "2021-01-01", 1.0, observed_at=MOMENTS[0])
    lake = make(tmp_path, [BTC], [row], [row | {"superseded_at": MOMENTS[1]}])
    assert len(Lake(lake).changes(BEFORE).rows) == 1
    assert Lake(lake).changes(MOMENTS[0]).rows == ()
    for macro in ("price_observed_by", "price_as_of"):
        assert Lake(lake).query_rows(f"SELECT close FROM {macro}(DATE '2022-01-02')").rows == ((1.0,),)


def test_current_version_wins_when_two_were_seen_at_the_same_time(tmp_path: Path) -> None:
    row = bar(BTC, "2021-01-01", 1.0, observed_at=MOMENTS[0])
    lake = make(tmp_path, [BTC], [row | {"close": 2.0}], [row | {"superseded_at": MOMENTS[0]}])
    [change] = Lake(lake).changes(BEFORE).rows
    assert {one.name: one.new for one in change.fields}["close"] == 2.0


@pytest.mark.parametrize("macro", ["price_as_of", "price_observed_by"])
def test_an_instrument_filter_is_pushed_into_both_scans(lake: Path, macro: str) -> None:
    """So that row groups of other instruments are skipped before the window function runs."""
    text = f"EXPLAIN (FORMAT json) SELECT * FROM {macro}(TIMESTAMP '2022-06-01') WHERE instrument_id = 'BTC'"
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        ((_, plan),) = connection.execute(text).fetchall()
    # DuckDB 2.0 writes spaces around the sign
    assert plan.replace(" ", "").count("instrument_id='BTC'") == 2


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"until": BEFORE - timedelta(days=1)}, "swap"),
        ({"kinds": ["mood"]}, "must be one of arrived"),
        ({"most": -1}, "must be 0 or more"),
        ({"ids": ["NOBODY"]}, "unknown instrument"),
    ],
)
def test_invalid_arguments_are_usage_errors(lake: Path, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).changes(BEFORE, **terms)


def test_an_instrument_id_is_never_executed_as_sql(tmp_path: Path) -> None:
    odd = replace(BTC, id="O'X;--")
    lake = make(tmp_path, [odd], [bar(odd, "2021-01-01", 1.0, observed_at=MOMENTS[0])])
    assert Lake(lake).changes(datetime(2020, 1, 1, tzinfo=UTC), ids=["O'X;--"]).sessions == 1
