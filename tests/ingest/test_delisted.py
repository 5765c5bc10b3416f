"""The outcome is `delisted` after ten sessions of only `not_found`; before that it is
`not_found`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from marketlake.cli.app import app
from marketlake.ingest.run import ingest
from marketlake.ingest.status import delisted, status
from marketlake.store.writer import open_manifest

from .homes import make_home, rows, serve_rows, settings_of

FIRST = datetime(2024, 1, 20, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_home(tmp_path / "home", {"COIN": "crypto"})
    serve_rows(home, "COIN", range(100, 126))
    ingest(settings_of(home, f"{FIRST:%Y-%m-%dT%H:%MZ}"))
    return home


def run(home: Path, days: Iterable[int], content: str | None = None) -> None:
    """Run on each of these days after the first load; the vendor has no file, or serves
    `content`."""
    path = home / "files" / "COIN.csv"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content)
    for day in days:
        ingest(settings_of(home, f"{FIRST + timedelta(days=day):%Y-%m-%dT%H:%MZ}"))


def state(home: Path, day: int) -> tuple[str, str]:
    (one,) = status(settings_of(home, f"{FIRST + timedelta(days=day):%Y-%m-%dT%H:%MZ}")).instruments
    return one.outcome, one.message


def test_delisted_after_ten_sessions_not_nine(home: Path) -> None:
    run(home, range(1, 10))
    assert state(home, 9)[0] == "not_found"
    run(home, [10])
    outcome, message = state(home, 10)
    assert outcome == "delisted"
    assert "10 sessions" in message
    assert "until = 2024-01-19" in message
    assert "correct its symbol" in message
    # the run record itself has the outcome
    assert {row["outcome"] for row in rows(home / "data", "run")} == {"ok", "not_found"}


def test_runs_of_one_session_count_once(home: Path) -> None:
    run(home, [1 + hour / 24 for hour in range(0, 11)])
    assert state(home, 2)[0] == "not_found"


def test_outage_neither_counts_nor_resets_the_count(home: Path) -> None:
    run(home, range(1, 6))
    run(home, range(6, 12), content="<html>be right back</html>")
    run(home, range(12, 16))
    assert state(home, 16)[0] == "not_found"
    run(home, [16])
    assert state(home, 16)[0] == "delisted"
    run(home, [17], content="<html>")
    assert state(home, 17)[0] == "delisted"


def test_response_resets_the_count(home: Path) -> None:
    run(home, range(1, 10))
    serve_rows(home, "COIN", range(100, 136))
    content = (home / "files" / "COIN.csv").read_text()
    run(home, [10], content=content)
    run(home, range(11, 20))
    assert state(home, 20)[0] == "not_found"


def test_count_spans_months_and_until_ends_it(home: Path) -> None:
    run(home, range(1, 71, 7))
    assert state(home, 71)[0] == "delisted"
    assert len([p for p in open_manifest(home / "data").paths("run") if "1970" not in p]) == 3
    path = home / "instruments.toml"
    path.write_text(path.read_text().replace("sources", "until = 2024-01-19\nsources"))
    serve_rows(home, "COIN", range(100, 126))
    settings = settings_of(home, "2024-04-03T12:00Z")
    (row,) = ingest(settings)
    assert row["outcome"] == "no_new_data"
    assert status(settings).instruments[0].sessions_due == 0


def test_status_shows_delisted(home: Path) -> None:
    run(home, range(1, 11))
    shown = CliRunner().invoke(app, ["status", "--home", str(home), "--now", "2024-02-01T12:00Z"])
    assert shown.exit_code == 0, shown.output
    assert "delisted" in shown.output
    assert "until = 2024-01-19" in shown.output


def test_latest_outcome_needs_no_lookup(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(home, "2024-02-01T12:00Z")
    manifest = open_manifest(settings.lake)
    monkeypatch.setattr("marketlake.ingest.status.read_columns", None)
    assert delisted(settings, manifest, {"COIN": "ok"}) == frozenset()
    assert date(2024, 1, 19) == status(settings).instruments[0].last_session
