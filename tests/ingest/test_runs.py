"""First load, daily run, catch-up and backfill: windows, observation times and repeatability."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from marketlake.ingest.batches import store_pending
from marketlake.ingest.plan import plan_backfill, plan_daily
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code
from marketlake.model.errors import OriginError, UsageError
from marketlake.model.settings import load_settings
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from .homes import make_home, rows, serve_rows, settings_of, stored_bytes

LAG = timedelta(minutes=10)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_home(tmp_path / "home")
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 22))
    return home


def run(home: Path, now: str, *ids: str, **options: object) -> dict[str, dict]:
    return {row["instrument_id"]: dict(row) for row in ingest(settings_of(home, now), ids, **options)}


def bars(home: Path, instrument_id: str = "COIN") -> dict[date, dict]:
    return {r["session"]: r for r in rows(home / "data", "bar") if r["instrument_id"] == instrument_id}


def test_history_is_known_from_its_close_and_a_new_day_from_its_fetch(home: Path) -> None:
    run_rows = run(home, "2024-01-03T12:00Z")
    assert (run_rows["COIN"]["mode"], run_rows["COIN"]["outcome"], run_rows["COIN"]["new_rows"]) == (
        "first_load",
        "ok",
        9,
    )
    for session, bar in bars(home).items():
        midnight = datetime(session.year, session.month, session.day, tzinfo=UTC) + timedelta(days=1)
        assert (bar["close_at"], bar["known_at"]) == (midnight, midnight + LAG)
        assert (bar["backfilled"], bar["observed_at"]) == (True, datetime(2024, 1, 3, 12, tzinfo=UTC))
    run_rows = run(home, "2024-01-05T12:00Z")
    assert (run_rows["COIN"]["mode"], run_rows["COIN"]["new_rows"]) == ("daily", 2)
    new = bars(home)[date(2024, 1, 4)]
    assert new["known_at"] == new["observed_at"] == datetime(2024, 1, 5, 12, tzinfo=UTC)
    assert new["backfilled"] is False


def test_run_after_missed_days_catches_up_from_the_last_stored_session(home: Path) -> None:
    run(home, "2024-01-01T12:00Z")
    serve_rows(home, "COIN", range(10, 60))
    run_rows = run(home, "2024-02-05T12:00Z")
    assert run_rows["COIN"]["requested_from"] == date(2023, 12, 25)
    assert sorted(bars(home)) == [date(2023, 12, 25) + timedelta(days=n) for n in range(42)]


def test_since_in_the_future_is_named(home: Path) -> None:
    path = home / "instruments.toml"
    head, *entries = path.read_text().split("[[instrument]]")
    later = [e.replace("since = 2023-12-25", "since = 2033-12-25") if '"COIN"' in e else e for e in entries]
    path.write_text("[[instrument]]".join([head, *later]))
    found = {row["instrument_id"]: row for row in ingest(settings_of(home, "2024-01-04T12:00Z"))}
    assert found["COIN"]["outcome"] == "misconfigured"
    assert "since = 2033-12-25 is in the future" in found["COIN"]["message"]
    assert {row["outcome"] for name, row in found.items() if name != "COIN"} == {"ok"}


def test_repeated_run_changes_no_byte_and_reports_no_new_data(home: Path) -> None:
    run(home, "2024-01-04T12:00Z")
    before, snapshot = stored_bytes(home / "data"), open_manifest(home / "data").snapshot
    for now in ("2024-01-04T12:00Z", "2024-01-04T18:00Z"):
        assert {row["outcome"] for row in run(home, now).values()} == {"no_new_data"}
    assert stored_bytes(home / "data") == before
    assert open_manifest(home / "data").snapshot == snapshot
    assert verify(home / "data")[1] == []


def test_changed_value_is_known_from_its_fetch(home: Path) -> None:
    run(home, "2024-01-04T12:00Z")
    serve_rows(home, "COIN", range(10, 22), d20240101=17.5)
    run_rows = run(home, "2024-01-05T12:00Z")
    assert (run_rows["COIN"]["revised_rows"], run_rows["METAL"]["revised_rows"]) == (1, 0)
    (old,) = rows(home / "data", "revision")
    now = bars(home)[date(2024, 1, 1)]
    assert (old["close"], now["close"]) == (17.0, 17.5)
    assert (old["observed_at"].day, old["superseded_at"]) == (4, now["observed_at"])
    assert (now["known_at"], now["backfilled"]) == (now["observed_at"], False)


def test_backfilled_rows_are_history(home: Path) -> None:
    settings = settings_of(home, "2024-01-04T12:00Z")
    window = (date(2023, 12, 27), date(2023, 12, 29))
    run_rows = {row["instrument_id"]: row for row in ingest(settings, ["COIN"], window)}
    assert list(run_rows) == ["COIN"]
    assert (run_rows["COIN"]["mode"], run_rows["COIN"]["new_rows"]) == ("backfill", 3)
    assert all(bar["backfilled"] for bar in bars(home).values())


def test_new_instrument_shares_a_partition(home: Path) -> None:
    run(home, "2024-01-04T12:00Z")
    make_home(home, {"COIN": "crypto", "METAL": "metal", "NEWER": "crypto"})
    serve_rows(home, "NEWER", range(5, 17))
    run_rows = run(home, "2024-01-04T13:00Z")
    assert (run_rows["NEWER"]["outcome"], run_rows["NEWER"]["new_rows"]) == ("ok", 10)
    assert len(bars(home)) == 10


def test_instrument_removed_from_the_universe_stops_no_other(home: Path) -> None:
    run(home, "2024-01-03T12:00Z")
    make_home(home, {"METAL": "metal"})
    assert set(run(home, "2024-01-04T12:00Z")) == {"METAL"}
    assert len(bars(home)) == 9


def test_responses_of_an_interrupted_run_are_stored_by_the_next(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketlake.ingest import run as module

    with monkeypatch.context() as patched:
        patched.setattr(module, "store_pending", lambda settings: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(home, "2024-01-03T12:00Z")
    assert not rows(home / "data", "bar")
    (home / "files" / "COIN.csv").unlink()
    run_rows = run(home, "2024-01-04T12:00Z")
    assert run_rows["COIN"]["outcome"] == "not_found"
    assert len(bars(home)) == 9


def test_interrupted_simulated_run_never_becomes_live(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from marketlake.ingest import run as module

    simulated = load_settings(home=home, now="2024-01-03T12:00Z", source_url="http://127.0.0.1:9", environ={})
    with monkeypatch.context() as patched:
        patched.setattr(module, "store_pending", lambda settings: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ingest(simulated)
    with pytest.raises(OriginError, match="holds simulated data and this run would add live"):
        run(home, "2024-01-04T12:00Z")


def test_late_older_response_supersedes_nothing(home: Path) -> None:
    run(home, "2024-01-05T12:00Z")
    before = stored_bytes(home / "data")
    serve_rows(home, "COIN", range(10, 22), d20240101=99.0)
    run(home, "2024-01-04T12:00Z")
    assert stored_bytes(home / "data") == before


@pytest.mark.parametrize("kind", ["unanswered", "truncated"])
def test_failed_window_is_requested_again(home: Path, kind: str) -> None:
    """Also after another failure, and across a month boundary."""
    run(home, "2023-12-27T12:00Z", "COIN")
    serve_rows(home, "COIN", [10, 11, *[""] * 30, *range(42, 70)])
    assert run(home, "2024-01-31T12:00Z", "COIN")["COIN"]["outcome"] == "truncated"
    if kind == "unanswered":
        (home / "files" / "COIN.csv").unlink()
        assert run(home, "2024-02-01T12:00Z", "COIN")["COIN"]["outcome"] == "not_found"
    run(home, "2024-02-01T13:00Z", "METAL")
    serve_rows(home, "COIN", range(10, 70))
    row = run(home, "2024-02-02T12:00Z", "COIN")["COIN"]
    assert (row["outcome"], row["requested_from"]) == ("ok", date(2023, 12, 25))
    assert sorted(bars(home)) == [date(2023, 12, 25) + timedelta(days=n) for n in range(39)]
    assert run(home, "2024-02-03T12:00Z", "COIN")["COIN"]["requested_from"] == date(2024, 1, 22)


def test_completed_truncated_first_load_is_history(home: Path) -> None:
    serve_rows(home, "COIN", [10, *[""] * 12, *range(23, 30)])
    assert run(home, "2024-01-13T12:00Z", "COIN")["COIN"]["outcome"] == "truncated"
    serve_rows(home, "COIN", range(10, 30))
    assert run(home, "2024-01-13T13:00Z", "COIN")["COIN"]["mode"] == "first_load"
    assert all(bar["backfilled"] for bar in bars(home).values())


def test_plan_windows_by_instrument(home: Path) -> None:
    settings = settings_of(home, "2024-01-04T12:00Z")
    universe, lake = settings.universe, settings.lake
    assert {(j.mode, j.start, j.end) for j in plan_daily(settings, universe)} == {
        ("first_load", date(2023, 12, 25), date(2024, 1, 3))
    }
    assert not lake.exists()
    jobs = plan_backfill(settings, universe, date(2000, 1, 1), None)
    assert {(j.start, j.end) for j in jobs} == {(date(2023, 12, 25), date(2024, 1, 3))}
    with pytest.raises(UsageError, match="swap"):
        plan_backfill(settings, universe, date(2024, 1, 2), date(2024, 1, 1))
    with pytest.raises(UsageError, match="no finished session"):
        plan_backfill(settings, universe, date(2001, 1, 1), date(2002, 1, 1))
    with pytest.raises(UsageError, match="unknown instrument"):
        run(home, "2024-01-04T12:00Z", "NOBODY")
    run(home, "2024-01-04T12:00Z")
    with pytest.raises(OriginError, match="holds live data and this run would add simulated"):
        plan_daily(replace(settings, source_url="http://127.0.0.1:9"), universe)


def test_replay_gives_the_same_bytes_after_a_history(home: Path) -> None:
    for number, now in enumerate(
        ("2023-12-28T12:00Z", "2023-12-30T12:00Z", "2024-01-02T12:00Z", "2024-01-05T12:00Z")
    ):
        serve_rows(home, "COIN", range(10, 22), d20231226=11 + number / 10, d20240101=17 + number / 7)
        run(home, now)
    lake = home / "data"
    before = stored_bytes(lake)
    assert len(rows(lake, "revision")) >= 4
    assert replay(settings_of(home, "2024-01-06T12:00Z")).changed == ()
    for path in (lake / "bar").rglob("part.parquet"):
        path.write_bytes(path.read_bytes()[:-5])
    (lake / "revision/asset_class=crypto/year=2023/part.parquet").unlink()
    replay(settings_of(home, "2024-01-06T12:00Z"))
    assert stored_bytes(lake) == before
    assert verify(lake)[1] == []
    (lake / "manifest.json").write_bytes(b"{")
    replay(settings_of(home, "2024-01-06T12:00Z"))
    assert stored_bytes(lake) == before
    assert not (lake / ".replay").exists()


def test_order_of_ingested_batches_does_not_matter(home: Path, tmp_path: Path) -> None:
    one, many = home, make_home(tmp_path / "many")
    (many / "marketlake.toml").write_text("batch_size = 1\n")
    for name in ("COIN", "METAL"):
        serve_rows(many, name, range(10, 22))
    assert exit_code(list(run(one, "2024-01-04T12:00Z").values())) == 0
    run(many, "2024-01-04T12:00Z")
    assert stored_bytes(one / "data") == stored_bytes(many / "data")
    store_pending(settings_of(many, "2024-01-04T12:00Z"))
    assert stored_bytes(one / "data") == stored_bytes(many / "data")
