"""Scheduled reverification of whole histories detects late restatements within the period."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.plan import is_due, last_day, plan_daily
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.status import status
from marketlake.ingest.watermarks import Whole
from marketlake.lake import Lake
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import FIRST, Make
from .homes import rows, stored_bytes

START = datetime(2024, 1, 10, 12, tzinfo=UTC)
PERIOD = 5
TODAY = date(2024, 3, 1)


def settings_at(make: Make, day: int):
    moment = f"{START + timedelta(days=day):%Y-%m-%dT%H:%M}"
    return replace(make("home", moment), reverify_days=PERIOD)


def run_until_verified(make: Make, last: int = PERIOD) -> dict[str, list[tuple[int, int]]]:
    """By instrument: the days of its reverifications and the rows that each revised."""
    verifications: dict[str, list[tuple[int, int]]] = {"OLD": [], "NEW": []}
    for day in range(1, last + 1):
        for row in ingest(settings_at(make, day)):
            if row["mode"] == "reverify":
                assert row["requested_from"] == FIRST
                verifications[row["instrument_id"]].append((day, row["revised_rows"]))
    return verifications


def test_late_restatement_is_detected_within_the_period(make: Make, simulator: Simulator) -> None:
    settings = settings_at(make, 0)
    ingest(settings)
    build(settings)
    before = Lake(settings.lake).prices(["OLD"]).to_arrow()
    simulator.set_faults([parse_fault("restated:yahoo:OLD-USD:percent=3,from=2023-11-10,to=2023-11-12")])
    verifications = run_until_verified(make)
    [(day, revised)] = verifications["OLD"]
    assert (revised, verifications["NEW"]) == (3, [(verifications["NEW"][0][0], 0)])
    seen = START + timedelta(days=day)
    build(settings_at(make, PERIOD))
    old = rows(settings.lake, "revision")
    assert [row["session"] for row in old] == [date(2023, 11, n) for n in (10, 11, 12)]
    assert {row["superseded_at"] for row in old} == {seen}
    new = [
        row
        for row in rows(settings.lake, "bar")
        if row["observed_at"] == seen and row["session"].year == 2023
    ]
    assert {(row["known_at"], row["backfilled"]) for row in new} == {(seen, False)}
    for strict in (False, True):
        rows_before = (
            Lake(settings.lake)
            .prices(["OLD"], as_of=seen - timedelta(hours=1), end=START.date(), strict=strict)
            .to_arrow()
        )
        assert rows_before.slice(0, len(before)).equals(before)
    [change] = {row.kind for row in Lake(settings.lake).changes(START, ids=["OLD"]).rows} - {"arrived"}
    assert change == "vendor_restatement"


def test_missing_beginning_arrives_with_the_reverification(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("missing:yahoo:OLD-USD:count=4,where=head")])
    ingest(settings_at(make, 0))
    simulator.set_faults([])
    run_until_verified(make)
    lake = settings_at(make, PERIOD).lake
    first = {row["instrument_id"]: row["session"] for row in reversed(rows(lake, "bar"))}
    assert first == {"OLD": FIRST, "NEW": FIRST}
    assert not rows(lake, "revision")


def test_each_instrument_is_reverified_once_a_period_and_replay_agrees(
    make: Make, simulator: Simulator
) -> None:
    ingest(settings_at(make, 0))
    simulator.set_faults([parse_fault("restated:yahoo:OLD-USD:percent=3,from=2023-11-10,to=2023-11-12")])
    verifications = run_until_verified(make, last=2 * PERIOD)
    for verified_days in verifications.values():
        assert [second - first for (first, _), (second, _) in pairwise(verified_days)] == [PERIOD]
    settings = settings_at(make, 2 * PERIOD)
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before
    verified_on = {one.instrument_id: one.verified_on for one in status(settings).instruments}
    assert verified_on == {
        name: (START + timedelta(days=verified_days[-1][0])).date()
        for name, verified_days in verifications.items()
    }


def test_unanswered_reverification_moves_to_the_next_run(make: Make, simulator: Simulator) -> None:
    ingest(settings_at(make, 0))
    day = next(d for d in range(1, 9) if _is_due("OLD", d))
    simulator.set_faults([parse_fault("503:yahoo:OLD-USD")])
    modes = [{row["instrument_id"]: row["mode"] for row in ingest(settings_at(make, day))}["OLD"]]
    simulator.set_faults([])
    for later in (day + 1, day + 2):
        modes.append({row["instrument_id"]: row["mode"] for row in ingest(settings_at(make, later))}["OLD"])
    assert modes == ["reverify", "reverify", "daily"]


def _is_due(name: str, day: int) -> bool:
    today = (START + timedelta(days=day)).date()
    return last_day(name, today, PERIOD) == today


def test_history_on_another_scale_is_quarantined_and_daily_runs_continue(
    make: Make, simulator: Simulator
) -> None:
    """All rows before a day are multiplied by one factor, as after an unannounced event; later
    rows are not."""
    ingest(settings_at(make, 0))
    simulator.set_faults([parse_fault("restated:yahoo:OLD-USD:percent=-10,from=2023-11-01,to=2023-12-20")])
    day = next(d for d in range(1, 9) if _is_due("OLD", d))
    outcomes = []
    for later in (day, day + 1):
        old_row = {row["instrument_id"]: row for row in ingest(settings_at(make, later))}["OLD"]
        outcomes.append((old_row["mode"], old_row["outcome"], old_row["new_rows"] > 0))
    assert outcomes == [("reverify", "quarantined", False), ("daily", "ok", True)]
    assert not rows(settings_at(make, day + 1).lake, "revision")


def test_reverification_can_be_switched_off(make: Make) -> None:
    settings = settings_at(make, 0)
    ingest(settings)
    for day in range(1, PERIOD + 1):
        now = START + timedelta(days=day)
        for days, expected in ((0, set()), (PERIOD, {"reverify"})):
            settings.virtual.instant = now
            jobs = plan_daily(replace(settings, reverify_days=days), settings.universe)
            assert {job.mode for job in jobs if days == 0 or _is_due(job.instrument_id, day)} <= expected | {
                "daily"
            }
    assert {job.mode for job in plan_daily(replace(settings, reverify_days=0), settings.universe)} == {
        "daily"
    }


def test_reverifications_are_spread_over_the_days() -> None:
    names = [f"I{n}" for n in range(3000)]
    verified_days = Counter(last_day(name, TODAY, 30) for name in names)
    assert set(verified_days) == {TODAY - timedelta(days=n) for n in range(30)}
    assert max(verified_days.values()) < 200


@pytest.mark.parametrize(
    ("answered", "run", "due"),
    [(0, 0, True), (1, 0, False), (None, 0, True), (None, 1, False), (-3, 9, True), (None, None, False)],
)
def test_reverification_is_due_until_answered(answered: int | None, run: int | None, due: bool) -> None:
    """Days since the eve of the latest reverification; a response counts before another run."""
    turn = last_day("X", TODAY, 30)
    eve = turn - timedelta(days=1)
    whole = Whole(
        answered_on=None if answered is None else eve + timedelta(days=answered),
        run_on=None if run is None else eve + timedelta(days=run),
    )
    assert turn < TODAY
    assert is_due(whole, "X", TODAY, 30) is due
