"""Bringing market.duckdb up to date with the stored prices and the configuration."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

from .. import query
from ..claims import load_claims
from ..settings import Settings
from ..store import layout
from ..store.lake import writer


def build(settings: Settings) -> bool:
    """Build market.duckdb and replace the old one; False when it was up to date."""
    with writer(settings.lake, None) as lake:
        snapshot = lake.manifest.snapshot
        wanted = _fingerprint(settings, snapshot)
        if lake.manifest.built == wanted and (settings.lake / layout.DATABASE).exists():
            return False
        query.build_database(
            settings.lake,
            settings.universe,
            snapshot=snapshot,
            origin=lake.manifest.origin,
            now=settings.clock.now(),
            claims=load_claims(settings.home / "claims.toml"),
        )
        lake.commit(built=wanted)
        return True


def _fingerprint(settings: Settings, snapshot: str) -> str:
    """What the database is made from: prices, place, configuration, day and this code's version."""
    parts = [snapshot, str(settings.lake), version("marketlake"), settings.clock.now().date().isoformat()]
    digest = hashlib.sha256("\n".join(parts).encode())
    for name in ("instruments.toml", "claims.toml"):
        path = settings.home / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return f"{snapshot}-{digest.hexdigest()[:16]}"
