"""The history of verdicts has one row per change and survives replay and rebuilds."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketlake.claims.ledger import Change
from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model.errors import UsageError
from marketlake.store.disk import sha256
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from ..ingest.homes import make_home, serve_rows, settings_of

CLAIM = """
[[claim]]
id = "COIN_FIRST"
statement = "the coin beat the metal in 2024"
source = "us"
published = 2025-01-01
check = "calendar_year_wins"
a = "COIN"
b = "METAL"
at_least = 1
of_years = 1
first_year = 2024
last_year = 2024
"""
DAYS = 374  # 2023-12-25 to 2025-01-01


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """Use `alone` in every test of this file."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """COIN doubles on the last day of 2024, METAL stays where it is."""
    home = make_home(tmp_path)
    (home / "claims.toml").write_text(CLAIM)
    serve_rows(home, "COIN", [1.0] * DAYS, d20241231=2.0)
    serve_rows(home, "METAL", [1.0] * DAYS)
    return home


def run(home: Path, now: str) -> str:
    """Ingest and build; returns the snapshot."""
    settings = settings_of(home, now)
    ingest(settings)
    build(settings)
    return open_manifest(settings.lake).snapshot


def recorded(home: Path) -> list[tuple[int, str, str, str]]:
    return [
        (c.change, f"{c.recorded_at:%Y-%m-%d}", c.snapshot, c.verdict)
        for c in Lake(home / "data").claims().history
    ]


def test_history_gets_one_row_per_change(home: Path) -> None:
    first = run(home, "2025-01-02T12:00Z")
    rows = [(1, "2025-01-02", first, "holds")]
    assert recorded(home) == rows
    assert run(home, "2025-01-02T13:00Z") == first
    assert build(settings_of(home, "2025-01-03T12:00Z"))
    assert recorded(home) == rows
    # other prices are a change, though the verdict stays
    serve_rows(home, "METAL", [1.0] * (DAYS + 1))
    other = run(home, "2025-01-03T12:00Z")
    rows.append((2, "2025-01-03", other, "holds"))
    assert other != first
    assert recorded(home) == rows
    # the vendor restates the last day of the year: a revision and another verdict
    serve_rows(home, "COIN", [1.0] * DAYS, d20241231=0.5)
    second = run(home, "2025-01-03T13:00Z")
    rows.append((3, "2025-01-03", second, "does not hold"))
    assert second != other
    assert recorded(home) == rows
    # and changes it back, a month later
    serve_rows(home, "COIN", [1.0] * (DAYS + 32), d20241231=2.0)
    settings = settings_of(home, "2025-02-03T12:00Z")
    ingest(settings, ["COIN"], (settings.now.date().replace(2024, 12, 30), None))  # type: ignore[union-attr]
    build(settings)
    assert [(change, verdict) for change, _, _, verdict in recorded(home)] == [
        (1, "holds"),
        (2, "holds"),
        (3, "does not hold"),
        (4, "holds"),
    ]
    assert {p.split("/")[1] for p in open_manifest(home / "data").paths("claim_history")} == {
        "month=1970-01",
        "month=2025-01",
        "month=2025-02",
    }


def test_changed_claim_definition_adds_a_history_row(home: Path) -> None:
    run(home, "2025-01-02T12:00Z")
    (home / "claims.toml").write_text(CLAIM.replace("the coin beat", "the coin won against"))
    assert build(settings_of(home, "2025-01-02T12:00Z"))
    assert len(recorded(home)) == 1
    text = CLAIM.replace('a = "COIN"\nb = "METAL"', 'a = "METAL"\nb = "COIN"')
    (home / "claims.toml").write_text(text)
    build(settings_of(home, "2025-01-02T12:00Z"))
    assert [verdict for *_, verdict in recorded(home)] == ["holds", "does not hold"]
    (home / "claims.toml").write_text("")
    build(settings_of(home, "2025-01-02T12:00Z"))
    assert [verdict for *_, verdict in recorded(home)] == ["holds", "does not hold"]


def assert_whole(home: Path, snapshot: str) -> None:
    """The history row is complete."""
    [row] = Lake(home / "data").claims("COIN_FIRST").history
    assert row == Change(
        claim_id="COIN_FIRST",
        change=1,
        recorded_at=row.recorded_at,
        snapshot=snapshot,
        a="COIN",
        b="METAL",
        at_least=1,
        of_years=1,
        verdict="holds",
        depends_on="",
        published_verdict="holds",
        published_wins=1,
        rolled_verdict="holds",
        rolled_last_year=2024,
        rolled_wins=1,
    )
    assert f"{row.recorded_at:%Y-%m-%dT%H:%M%z}" == "2025-01-02T12:00+0000"
    with pytest.raises(UsageError, match="no claim 'OTHER'"):
        Lake(home / "data").claims("OTHER")


def test_history_survives_replay_and_does_not_change_the_snapshot(home: Path) -> None:
    snapshot = run(home, "2025-01-02T12:00Z")
    lake = home / "data"
    [path] = [p for p, e in open_manifest(lake).files.items() if p.startswith("claim_history/") and e.rows]
    before = sha256(lake / path)
    replay(settings_of(home, "2025-01-02T12:00Z"))
    (lake / "market.duckdb").unlink()
    assert build(settings_of(home, "2025-01-02T12:00Z"))
    assert open_manifest(lake).snapshot == snapshot
    assert_whole(home, snapshot)
    assert sha256(lake / path) == before
    assert verify(lake)[1] == []
