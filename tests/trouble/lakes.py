"""A small lake with rows in every table, and the same lake a day later."""

from __future__ import annotations

from pathlib import Path

from marketlake.ingest.build import build
from marketlake.ingest.reconcile import reconcile
from marketlake.ingest.run import ingest

from ..ingest.homes import make_home, rows, serve_rows, settings_of

FIRST, SECOND, THIRD = "2024-01-05T12:00Z", "2024-01-08T12:00Z", "2024-01-09T12:00Z"
_EURO = """
[[instrument]]
id = "EURO"
asset_class = "currency"
calendar = "TARGET"
quote_currency = "USD"
since = 2023-12-27
sources = [{ source = "files", symbol = "EURO.csv" }, { source = "ecb-bundled", symbol = "EUR/USD" }]
"""
_CLAIM = """
[[claim]]
id = "COIN_BEATS_METAL"
statement = "the coin returned more than the metal"
source = "a test"
published = "2024"
check = "calendar_year_wins"
a = "COIN"
b = "METAL"
at_least = 1
of_years = 1
first_year = 2023
last_year = 2023
"""
_EUROS = {"2023-12-27": 1.1, "2023-12-28": 1.1, "2023-12-29": 1.1, "2024-01-02": 1.0, "2024-01-03": 1.1}


def full_lake(home: Path) -> Path:
    """Two years of bars, revisions, quarantine, findings, a comparison, a claim, marts and a
    database."""
    make_home(home)
    with (home / "instruments.toml").open("a") as file:
        file.write(_EURO)
    (home / "claims.toml").write_text(_CLAIM)
    euros = "".join(f"{day},{close},{close * 1.02},{close * 1.01}\n" for day, close in _EUROS.items())
    (home / "files" / "EURO.csv").write_text(f"date,close,high,low\n{euros}")
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 21), d20240103=-1)
    ingest(settings_of(home, FIRST))
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 27), d20231231=16.5, d20240102=18.5)
    ingest(settings_of(home, SECOND))
    reconcile(settings_of(home, SECOND), ["EURO"])
    build(settings_of(home, SECOND))
    return home


def next_day(home: Path) -> None:
    ingest(settings_of(home, THIRD))


def everything(lake: Path) -> dict[str, list[str]]:
    """The rows of every stored table."""
    tables = ("bar", "revision", "run", "quarantine", "finding", "reconciliation", "reconciliation_pair")
    return {name: sorted(map(repr, rows(lake, name))) for name in tables}
