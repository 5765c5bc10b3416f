"""The claim ledger: public claims in `claims.toml`, each put to the stored returns at every build.

The checking itself is sql/mart/claim_check.sql; its answers are the table `claim_check` of `market.duckdb`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError
from .instruments import read_toml
from .query import Claim, open_lake

CHECKS: Final = ("calendar_year_wins",)
PUBLISHED, ROLLED = "published", "rolled"

_ID: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_WHEN: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_KEYS: Final = (
    "id",
    "statement",
    "source",
    "published",
    "check",
    "a",
    "b",
    "at_least",
    "of_years",
    "first_year",
    "last_year",
)


@dataclass(frozen=True)
class ClaimCheck:
    """How a claim fares over one span of years."""

    claim_id: str
    statement: str
    source: str
    published: str
    a: str
    b: str
    span: str
    """`published`: the claim's own years; `rolled`: as many, up to the last complete for both."""
    first_year: int | None
    last_year: int | None
    verdict: str
    """`holds`, `holds no longer`, `does not hold` or `cannot be said`."""
    reason: str
    wins: int
    years: int
    at_least: int
    of_years: int
    snapshot: str


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


def read_checks(lake: Path) -> tuple[ClaimCheck, ...]:
    """The verdicts of the last build, by claim and span; raises as `marketlake.query.open_lake`."""
    with open_lake(lake) as connection:
        names = ", ".join(ClaimCheck.__dataclass_fields__)
        text = f"SELECT {names} FROM main.claim_check ORDER BY claim_id, span"  # noqa: S608 (names are ours)
        return tuple(ClaimCheck(*row) for row in connection.execute(text).fetchall())


def _claim(path: Path, number: int, entry: object) -> Claim:
    where = f"{path}: [[claim]] number {number}"
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} is not a table")
    where = f"{where} ({str(entry.get('id'))[:64]})"
    wrong = sorted(set(entry) ^ set(_KEYS))
    if wrong:
        raise ConfigError(f"{where}: needs exactly the keys {', '.join(_KEYS)}; see {wrong[0][:40]!r}")
    if entry["check"] not in CHECKS:
        raise ConfigError(f"{where}: check = {str(entry['check'])[:60]!r} must be one of {', '.join(CHECKS)}")
    claim = Claim(
        id=_matching(where, entry, "id", _ID),
        statement=_text(where, entry, "statement"),
        source=_text(where, entry, "source"),
        published=_when(where, entry["published"]),
        a=_matching(where, entry, "a", _ID),
        b=_matching(where, entry, "b", _ID),
        at_least=_whole(where, entry, "at_least", 1, 200),
        of_years=_whole(where, entry, "of_years", 1, 200),
        first_year=_whole(where, entry, "first_year", 1800, 2200),
        last_year=_whole(where, entry, "last_year", 1800, 2200),
    )
    _check_span(where, claim)
    return claim


def _check_span(where: str, claim: Claim) -> None:
    if claim.a == claim.b:
        raise ConfigError(f"{where}: a and b are the same instrument")
    if claim.last_year - claim.first_year + 1 != claim.of_years:
        raise ConfigError(f"{where}: first_year to last_year must be of_years = {claim.of_years} years")
    if claim.at_least > claim.of_years:
        raise ConfigError(f"{where}: at_least must not be more than of_years")


def _matching(where: str, entry: dict[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    value = entry[key]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(f"{where}: {key} = {str(value)[:60]!r} must match {pattern.pattern}")
    return value


def _text(where: str, entry: dict[str, Any], key: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not 0 < len(value) <= 500 or not value.isprintable():
        raise ConfigError(f"{where}: {key} must be printable text of 1 to 500 characters")
    return value


def _when(where: str, value: object) -> str:
    text = value.isoformat() if type(value) is date else value
    if not isinstance(text, str) or not _WHEN.fullmatch(text):
        raise ConfigError(
            f"{where}: published = {str(value)[:60]!r} must look like 2025, 2025-08 or 2025-08-07"
        )
    return text


def _whole(where: str, entry: dict[str, Any], key: str, low: int, high: int) -> int:
    value = entry[key]
    if type(value) is not int or not low <= value <= high:
        raise ConfigError(f"{where}: {key} = {str(value)[:60]!r} must be a whole number from {low} to {high}")
    return value
