"""Reading `claims.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..errors import ConfigError
from ..query import Claim
from ..toml_file import read_toml
from .fields import Fields
from .kinds import KINDS

_COMMON: Final = ("id", "statement", "source", "published", "check", "first_year", "last_year")


def load_claims(path: Path) -> tuple[Claim, ...]:
    """Read `claims.toml`; `ConfigError` names the file, the entry and the remedy. No file: no claims."""
    if not path.exists():
        return ()
    entries = read_toml(path).get("claim", [])
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: claims are written as [[claim]] entries")
    claims = tuple(_claim(path, number, entry) for number, entry in enumerate(entries, 1))
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise ConfigError(f"{path}: claim {claim.id} stands there twice; remove one entry")
        seen.add(claim.id)
    return claims


def _claim(path: Path, number: int, entry: object) -> Claim:
    where = f"{path}: [[claim]] number {number}"
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} is not a table")
    fields = Fields(f"{where} ({str(entry.get('id'))[:64]!r})", entry)
    kind = KINDS.get(str(entry.get("check")))
    if kind is None:
        wanted = ", ".join(KINDS)
        raise fields.error(f"check = {str(entry.get('check'))[:60]!r} must be one of {wanted}")
    fields.check_keys((*_COMMON, *kind.keys), kind.optional)
    return kind.read(fields)
