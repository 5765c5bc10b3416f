"""Sessions past the deadline of their asset class, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from marketlake.ingest import status as freshness
from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.ingest.status import stale, status
from marketlake.lake import Lake
from marketlake.model.errors import ConfigError, EmptyLakeError
from marketlake.model.settings import load_settings
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import YAHOO, VirtualSettings


def test_session_is_stale_after_its_deadline(
    make: Callable[..., VirtualSettings], simulator: Simulator
) -> None:
    settings = make("home", OLD=YAHOO % "OLD", NEW=YAHOO % "NEW")
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        stale(settings)
    ingest(settings, ["OLD"])
    clock = settings.virtual
    assert [each.instrument_id for each in stale(settings)] == ["NEW"]

    # the 10th ends at midnight and is final ten minutes later
    clock.instant = datetime(2024, 1, 11, 12, 10, tzinfo=UTC)
    assert [each.instrument_id for each in stale(settings)] == ["NEW"]
    clock.instant = datetime(2024, 1, 11, 12, 11, tzinfo=UTC)
    old, new = stale(settings)
    assert (old.last_session, old.missing) == (date(2024, 1, 9), date(2024, 1, 10))
    assert old.deadline == datetime(2024, 1, 11, 12, 10, tzinfo=UTC)
    assert str(old) == (
        "OLD (crypto): 2024-01-10 was due by 2024-01-11 12:10 UTC; "
        "last stored 2024-01-09, 1 due, last fetch ok"
    )
    assert "nothing stored" in str(new)

    assert [each.instrument_id for each in stale(replace(settings, deadlines={"crypto": 13.0}))] == ["NEW"]
    simulator.set_clock(clock.instant)
    ingest(settings)
    assert stale(settings) == []


def test_sessions_due_are_those_of_the_last_build(
    make: Callable[..., VirtualSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make("home", OLD=YAHOO % "OLD")
    ingest(settings)
    build(settings)
    moments = [settings.virtual.instant + timedelta(hours=hours) for hours in (0, 7, 24, 31, 100)]

    def due() -> list[int]:
        found = []
        for settings.virtual.instant in moments:
            found.append(status(settings).instruments[0].sessions_due)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(freshness, "load_calendar", None)
        stored = due()
    monkeypatch.setattr(freshness, "_stored_sessions", lambda *_: {})
    assert stored == due() == sorted(stored)
    assert stored[-1] > stored[0]


def test_health_reports_fetch_outcomes(make: Callable[..., VirtualSettings], simulator: Simulator) -> None:
    settings = make("home", OLD=YAHOO % "OLD", NEW=YAHOO % "NEW", SPARE=YAHOO % "SPARE")
    (settings.home / "claims.toml").write_text("")
    ingest(settings, ["OLD", "NEW"])
    good = settings.virtual.instant
    simulator.set_faults([parse_fault("451:yahoo:NEW-USD")])
    for days in (1, 2):
        settings.virtual.instant = good + timedelta(days=days)
        simulator.set_clock(settings.virtual.instant)
        ingest(settings, ["OLD", "NEW"])
    build(settings)
    health = Lake(settings.lake).query_rows("FROM health ORDER BY instrument_id")
    new, old, spare = (dict(zip(health.columns, row, strict=True)) for row in health.rows)
    assert (new["outcome"], new["failures"], new["last_session"]) == ("blocked", 2, date(2024, 1, 9))
    assert new["good_at"].astimezone(UTC) < good + timedelta(days=1) < new["started_at"].astimezone(UTC)
    assert "NEW" in new["message"]
    assert (old["outcome"], old["failures"], old["last_session"]) == ("ok", 0, date(2024, 1, 11))
    assert (spare["outcome"], spare["started_at"], spare["failures"]) == (None, None, 0)


def test_status_shows_claims_about_stored_instruments_alone(make: Callable[..., VirtualSettings]) -> None:
    settings = make("home", OLD=YAHOO % "OLD", NEW=YAHOO % "NEW", SPARE=YAHOO % "SPARE")
    claim = """[[claim]]
id = "OLD_BEATS_{0}"
statement = "OLD did better than {0}"
source = "this test"
published = "2024"
check = "calendar_year_wins"
a = "OLD"
b = "{0}"
at_least = 1
of_years = 1
first_year = 2023
last_year = 2023
"""
    # stored, listed without a bar, not even listed
    (settings.home / "claims.toml").write_text("\n".join(map(claim.format, ("NEW", "SPARE", "ABSENT"))))
    ingest(settings, ["OLD", "NEW"])
    build(settings)
    assert {check.claim_id for check in status(settings).claims} == {"OLD_BEATS_NEW"}
    assert len(Lake(settings.lake).claims().claims) == 3


def test_deadlines_are_settings(make: Callable[..., VirtualSettings]) -> None:
    home = make("home", OLD=YAHOO % "OLD").home
    (home / "marketlake.toml").write_text("[deadline_hours]\ncrypto = 3\n")
    settings = load_settings(home=home, environ={})
    assert (settings.deadline_hours("crypto"), settings.deadline_hours("equity")) == (3.0, 12.0)
    (home / "marketlake.toml").write_text('[deadline_hours]\ncrypto = "soon"\n')
    with pytest.raises(ConfigError, match=r"deadline_hours\] must give each asset class a number"):
        load_settings(home=home, environ={})
