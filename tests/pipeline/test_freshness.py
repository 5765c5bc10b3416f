"""What is past the deadline of its asset class, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from marketlake.errors import ConfigError, EmptyLakeError
from marketlake.pipeline.freshness import stale
from marketlake.pipeline.run import ingest
from marketlake.settings import load_settings
from marketlake.simulator import Simulator

from .conftest import VirtualSettings

YAHOO = '{ source = "yahoo", symbol = "%s-USD" }'


def test_a_session_is_stale_once_its_deadline_has_passed(
    make: Callable[..., VirtualSettings], simulator: Simulator
) -> None:
    settings = make("home", OLD=YAHOO % "OLD", NEW=YAHOO % "NEW")
    with pytest.raises(EmptyLakeError):
        stale(settings)
    ingest(settings, ["OLD"])
    clock = settings.virtual
    assert [each.instrument_id for each in stale(settings)] == ["NEW"]

    # the 10th ends at midnight, its figures are out ten minutes later
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


def test_deadlines_are_settings(make: Callable[..., VirtualSettings]) -> None:
    home = make("home", OLD=YAHOO % "OLD").home
    (home / "marketlake.toml").write_text("[deadline_hours]\ncrypto = 3\n")
    settings = load_settings(home=home, environ={})
    assert (settings.deadline_hours("crypto"), settings.deadline_hours("equity")) == (3.0, 12.0)
    (home / "marketlake.toml").write_text('[deadline_hours]\ncrypto = "soon"\n')
    with pytest.raises(ConfigError, match=r"deadline_hours\] must give each asset class a number"):
        load_settings(home=home, environ={})
