"""Bringing market.duckdb up to date with prices and configuration, and keeping the verdicts on claims."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version

from .. import query
from ..claims import load_claims, read_ledger
from ..location import shown
from ..query.mart import Maker
from ..settings import Settings
from ..store.lake import writer
from ..store.verify import assert_whole, database_digest
from .marts import DUCKDB, refresh_marts
from .turns import in_turn
from .verdicts import record_verdicts


def build(
    settings: Settings,
    *,
    anew: bool = False,
    on_plan: Callable[[int], None] = lambda _: None,
    on_year: Callable[[int], None] = lambda _: None,
    maker: Maker = DUCKDB,
) -> bool:
    """Bring the marts up to date, then build market.duckdb anew; False when all was up to date.

    `anew` computes every mart again, whatever is there; `on_plan` hears how many years of marts there are to
    compute at most, `on_year` each one that is done; `maker` computes them.
    """
    return in_turn(lambda: _build(settings, anew, on_plan, on_year, maker))


def _build(
    settings: Settings,
    anew: bool,
    on_plan: Callable[[int], None],
    on_year: Callable[[int], None],
    maker: Maker,
) -> bool:
    with writer(settings.lake, None) as lake:
        snapshot = lake.manifest.snapshot
        assert_whole(settings.lake, lake.manifest)
        refreshed = refresh_marts(
            lake, settings.universe, anew=anew, on_plan=on_plan, on_year=on_year, maker=maker
        )
        wanted = _fingerprint(settings, snapshot)
        if not refreshed and lake.manifest.built == f"{wanted}-{database_digest(settings.lake)}":
            return False
        now = settings.clock.now()
        query.build_database(
            settings.lake,
            settings.universe,
            snapshot=snapshot,
            origin=lake.manifest.origin,
            now=now,
            claims=load_claims(settings.home / "claims.toml"),
        )
        record_verdicts(lake, read_ledger(settings.lake), now)
        lake.commit(built=f"{wanted}-{database_digest(settings.lake)}")
        return True


def _fingerprint(settings: Settings, snapshot: str) -> str:
    """What the database is made from: prices, place, configuration, day and this code's version."""
    parts = [snapshot, shown(settings.lake), version("marketlake"), settings.clock.now().date().isoformat()]
    digest = hashlib.sha256("\n".join(parts).encode())
    for name in ("instruments.toml", "claims.toml"):
        path = settings.home / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return f"{snapshot}-{digest.hexdigest()[:16]}"
