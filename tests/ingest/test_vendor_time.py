"""What the response itself shows: another currency, the vendor's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marketlake.ingest.raw_answers import Answer
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.sources.contract import Page, Request

from .homes import make_home, rows, serve_rows, settings_of

REQUEST = Request("COIN", "COIN.csv", date(2024, 1, 1), date(2024, 1, 2))
ANSWER = Answer(
    instrument_id="COIN",
    run_id="run",
    batch_id="batch",
    source="files",
    symbol="COIN.csv",
    mode="daily",
    requested_from=REQUEST.start,
    due_from=REQUEST.start,
    requested_to=REQUEST.end,
    outcome="ok",
    message="",
    attempts=1,
    duration_s=0.0,
    fetched_at=datetime(2024, 1, 3, tzinfo=UTC),
    pages=(),
)


def test_rows_in_another_currency_are_quarantined(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    serve_rows(home, "METAL", range(10, 22))
    lines = ["date,close,currency", *(f"2024-01-0{n},{n},EUR" for n in range(1, 4))]
    (home / "files" / "COIN.csv").write_text("\n".join(lines) + "\n")
    for now, fresh in (("2024-01-04T12:00Z", 3), ("2024-01-04T13:00Z", 0)):
        run_rows = {row["instrument_id"]: row for row in ingest(settings_of(home, now))}
        assert (run_rows["COIN"]["outcome"], run_rows["COIN"]["quarantined_rows"]) == ("quarantined", fresh)
        assert "declared in USD" in run_rows["COIN"]["message"]
    quarantined = rows(home / "data", "quarantine")
    assert [(row["reason"], row["session"].day, row["close"]) for row in quarantined] == [
        ("wrong_currency", n, float(n)) for n in range(1, 4)
    ]
    assert {row["instrument_id"] for row in rows(home / "data", "bar")} == {"METAL"}
    assert replay(settings_of(home, "2024-01-05")).changed == ()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"date": "Wed, 03 Jan 2024 12:00:00 GMT"}, datetime(2024, 1, 3, 12, tzinfo=UTC)),
        ({"date": "Wed, 03 Jan 2024 12:00:00 -0000"}, datetime(2024, 1, 3, 12, tzinfo=UTC)),
        ({"date": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"date": "yesterday"}, None),
        ({"date": "Wed, 99 Jan 99999 12:00:00 GMT"}, None),
        ({"date": "<script>" * 1000}, None),
        ({}, None),
    ],
)
def test_vendor_clock_is_the_date_header(headers: dict[str, str], expected: datetime | None) -> None:
    page = Page(REQUEST, "u", 200, headers, b"")
    assert replace(ANSWER, pages=(page,)).vendor_time == expected
    assert ANSWER.vendor_time is None
