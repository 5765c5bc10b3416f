"""What a vendor serves instead of an instrument's own history never replaces it silently, and never blocks
the instrument for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import FIRST, YAHOO, Make
from .homes import rows, stored_bytes
from .test_faults import prices

START = datetime(2024, 1, 10, 12, tzinfo=UTC)


def at(day: float) -> str:
    return f"{START + timedelta(days=day):%Y-%m-%dT%H:%M}"


def run(make: Make, day: float, *, window: object = None, replacing: bool = False, **sources: str) -> dict:
    settings = replace(make("home", at(day), **sources), reverify_days=0)
    return {row["instrument_id"]: row for row in ingest(settings, [], window, replace=replacing)}


@pytest.mark.parametrize("factor", [1.27, 3.7])
@pytest.mark.parametrize("how", ["daily", "backfill", "narrow"])
def test_wrong_newest_bars_are_corrected_by_the_next_honest_answer(
    make: Make, simulator: Simulator, factor: float, how: str
) -> None:
    run(make, 0, NEW=YAHOO % "NEW")
    simulator.set_faults(
        [parse_fault(f"restated:yahoo:NEW-USD:percent={100 * factor - 100},from=2024-01-10")]
    )
    for day in (1, 2):
        assert run(make, day, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"
    simulator.set_faults([])
    window = {"daily": None, "backfill": (FIRST, None), "narrow": (date(2024, 1, 10), None)}[how]
    row = run(make, 2.01, NEW=YAHOO % "NEW", window=window)["NEW"]
    assert (row["outcome"], row["revised_rows"]) == ("ok", 2)
    honest = replace(make("honest", at(2.01), NEW=YAHOO % "NEW"))
    ingest(honest)
    assert prices(make("home", at(2.01), NEW=YAHOO % "NEW")) == prices(honest)


@pytest.mark.parametrize("window", [None, (FIRST, None)])
def test_history_of_another_company_is_refused(make: Make, simulator: Simulator, window: object) -> None:
    run(make, 0)
    before = prices(make())
    simulator.set_faults([parse_fault("recycled:yahoo:NEW-USD")])
    found = run(make, 1, window=window)
    assert (found["NEW"]["outcome"], found["NEW"]["revised_rows"]) == ("quarantined", 0)
    assert found["OLD"]["outcome"] == "ok"
    assert {row["reason"] for row in rows(make().lake, "quarantine")} == {"other_series"}
    simulator.set_faults([])
    assert run(make, 2)["NEW"]["outcome"] == "ok"
    assert set(before) <= set(prices(make()))


def test_confirmed_new_history_becomes_revisions_with_a_finding(make: Make, simulator: Simulator) -> None:
    """The remedy in the message is followed."""
    run(make, 0, NEW=YAHOO % "NEW")
    simulator.set_faults([parse_fault("restated:yahoo:NEW-USD:percent=100")])
    message = run(make, 1, NEW=YAHOO % "NEW")["NEW"]["message"]
    assert f"`marketlake backfill NEW --from {FIRST} --replace`" in message
    row = run(make, 1.1, NEW=YAHOO % "NEW", window=(FIRST, None), replacing=True)["NEW"]
    assert (row["mode"], row["outcome"], row["revised_rows"]) == ("replace", "ok", 70)
    found = {row["check"]: row["message"] for row in rows(make().lake, "finding")}
    assert found["mass_revision"] == "70 of 70 stored sessions revised, 2023-11-01 to 2024-01-09"
    assert run(make, 2, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"
    settings = make("home", at(2), NEW=YAHOO % "NEW")
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before


def test_changed_symbol_is_refused_until_it_is_confirmed(make: Make) -> None:
    run(make, 0, NEW=YAHOO % "NEW", SPARE=YAHOO % "SPARE")
    swapped = {"NEW": YAHOO % "SPARE", "SPARE": YAHOO % "NEW"}
    found = run(make, 1, **swapped)
    assert {row["outcome"] for row in found.values()} == {"quarantined"}
    assert (
        "NEW: yahoo served it as 'NEW-USD' before and as 'SPARE-USD' now; the answer is in quarantine. "
        f"Correct the symbol in instruments.toml; if it is the same instrument, `marketlake backfill NEW "
        f"--from {FIRST} --replace` stores them as revisions"
    ) == found["NEW"]["message"]
    assert {row["reason"] for row in rows(make("home", at(1), **swapped).lake, "quarantine")} == {
        "symbol_changed"
    }
    # also where it was refused before, and in a home that lists another symbol
    assert run(make, 2, **swapped)["NEW"]["outcome"] == "quarantined"
    corrected = run(make, 3, NEW=YAHOO % "NEW", SPARE=YAHOO % "SPARE")
    assert {row["outcome"] for row in corrected.values()} == {"ok"}
    assert run(make, 4, window=(FIRST, None), replacing=True, **swapped)["NEW"]["outcome"] == "ok"
    assert run(make, 5, **swapped)["NEW"]["outcome"] == "ok"
    settings = make("home", at(5), **swapped)
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before


def test_changed_time_zone_is_refused_until_it_is_confirmed(make: Make, simulator: Simulator) -> None:
    """Also where all days are still the same."""
    zone = "Asia/Tokyo"
    run(make, 0, NEW=YAHOO % "NEW")
    before = prices(make())
    simulator.set_faults([parse_fault(f"zone:yahoo:NEW-USD:zone={zone}")])
    for day in (1, 2):
        row = run(make, day, NEW=YAHOO % "NEW")["NEW"]
        assert (row["outcome"], row["new_rows"]) == ("quarantined", 0)
        assert f"in the time zone UTC before and in {zone} now" in row["message"]
        assert f"`marketlake backfill NEW --from {FIRST} --replace`" in row["message"]
    assert {row["reason"] for row in rows(make().lake, "quarantine")} == {"zone_changed"}
    assert prices(make()) == before
    # the remedy in the message is followed
    assert run(make, 3, NEW=YAHOO % "NEW", window=(FIRST, None), replacing=True)["NEW"]["outcome"] == "ok"
    assert run(make, 4, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"
    settings = make("home", at(4), NEW=YAHOO % "NEW")
    stored = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == stored


def test_time_zone_of_one_bad_day_blocks_nothing(make: Make, simulator: Simulator) -> None:
    run(make, 0, NEW=YAHOO % "NEW")
    # every session falls on the day before
    simulator.set_faults([parse_fault("zone:yahoo:NEW-USD:zone=America/New_York")])
    assert run(make, 1, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "quarantined"
    # another name of the same zone
    simulator.set_faults([parse_fault("zone:yahoo:NEW-USD:zone=Etc/UTC")])
    assert run(make, 2, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"
    simulator.set_faults([])
    assert run(make, 3, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"
    honest = make("honest", at(3), NEW=YAHOO % "NEW")
    ingest(honest)
    assert prices(make("home", at(3), NEW=YAHOO % "NEW")) == prices(honest)


def test_first_load_in_a_wrong_time_zone_does_not_keep_the_right_one_out(
    make: Make, simulator: Simulator
) -> None:
    simulator.set_faults([parse_fault("zone:yahoo:NEW-USD:zone=Asia/Tokyo")])
    assert run(make, 0, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"
    simulator.set_faults([])
    assert run(make, 1, NEW=YAHOO % "NEW")["NEW"]["outcome"] == "ok"


def test_symbol_is_remembered_for_each_source(make: Make, simulator: Simulator) -> None:
    both = {"BTC": "yahoo:BTC-USD bitstamp:BTC/USD"}
    run(make, 0, **both)
    simulator.set_faults([parse_fault("503:yahoo")])
    assert run(make, 1, **both)["BTC"]["outcome"] == "ok"
    simulator.set_faults([])
    assert run(make, 2, **both)["BTC"]["outcome"] == "ok"


@pytest.mark.parametrize("sessions", [1, -1])
def test_dates_shifted_by_a_day_are_refused(make: Make, simulator: Simulator, sessions: int) -> None:
    run(make, 0)
    simulator.set_faults([parse_fault(f"mislabelled:yahoo:NEW-USD:sessions={sessions}")])
    assert run(make, 1)["NEW"]["outcome"] == "quarantined"
    simulator.set_faults([])
    assert run(make, 2)["NEW"]["outcome"] == "ok"


@pytest.mark.parametrize(("level", "outcome"), [(500.0, "quarantined"), (52.0, "ok")])
def test_answer_that_has_no_stored_session_must_begin_near_them(
    make: Make, simulator: Simulator, level: float, outcome: str
) -> None:
    """The stored sessions are of the year before."""
    run(make, -12, NEW=YAHOO % "NEW")
    simulator.set_faults([parse_fault(f"recycled:yahoo:NEW-USD:level={level}")])
    row = run(make, 0, NEW=YAHOO % "NEW", window=(date(2024, 1, 2), None))["NEW"]
    assert (row["outcome"], row["new_rows"]) == (outcome, 8 if outcome == "ok" else 0)
    simulator.set_faults([])
    last = [run(make, day, NEW=YAHOO % "NEW")["NEW"]["outcome"] for day in (1, 2, 3)]
    assert last[-1] == "ok"


def test_wrong_bars_that_fill_a_daily_window_are_corrected(make: Make, simulator: Simulator) -> None:
    """The answer after a refused one is compared with the whole history."""
    run(make, -20)
    simulator.set_faults([parse_fault("recycled:yahoo:NEW-USD:level=52,from=2023-12-22")])
    for day in range(-19, 1):
        run(make, day)
    simulator.set_faults([])
    modes = [run(make, day)["NEW"] for day in (1, 2, 3)]
    assert [(row["mode"], row["outcome"]) for row in modes] == [
        ("daily", "quarantined"),
        ("reverify", "ok"),
        ("daily", "ok"),
    ]
    honest = make("honest", at(3))
    ingest(honest)
    assert prices(make("home", at(3))) == prices(honest)


def test_scale_that_stays_requests_the_whole_history_every_other_day(
    make: Make, simulator: Simulator
) -> None:
    run(make, 0)
    simulator.set_faults([parse_fault("unit:yahoo:NEW-USD:factor=100")])
    found = [run(make, day)["NEW"] for day in range(1, 5)]
    assert {row["outcome"] for row in found} == {"quarantined"}
    assert [row["mode"] for row in found] == ["daily", "reverify", "daily", "reverify"]
    simulator.set_faults([])
    assert [run(make, day)["NEW"]["outcome"] for day in (5, 6)] == ["ok", "ok"]
