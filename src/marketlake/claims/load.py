"""Reading `claims.toml`, strictly: its texts end up in SQL results and on pages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError
from ..instruments import read_toml
from ..query import Claim

CHECKS: Final = ("calendar_year_wins",)

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
_OPTIONAL: Final = ("alternatives",)
_MOST_ALTERNATIVES: Final = 20


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
    where = f"{where} ({str(entry.get('id'))[:64]})"
    wrong = sorted((set(entry) - set(_OPTIONAL)) ^ set(_KEYS))
    if wrong:
        keys = f"{', '.join(_KEYS)} (and {', '.join(_OPTIONAL)}, if wanted)"
        raise ConfigError(f"{where}: needs exactly the keys {keys}; see {wrong[0][:40]!r}")
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
        alternatives=_ids(where, entry),
    )
    _check_span(where, claim)
    return claim


def _check_span(where: str, claim: Claim) -> None:
    if claim.a == claim.b:
        raise ConfigError(f"{where}: a and b are the same instrument")
    named = (claim.a, claim.b, *claim.alternatives)
    if len(set(named)) < len(named):
        raise ConfigError(f"{where}: alternatives must be others than a and b, each once")
    if claim.last_year - claim.first_year + 1 != claim.of_years:
        raise ConfigError(f"{where}: first_year to last_year must be of_years = {claim.of_years} years")
    if claim.at_least > claim.of_years:
        raise ConfigError(f"{where}: at_least must not be more than of_years")


def _matching(where: str, entry: dict[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    value = entry[key]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(f"{where}: {key} = {str(value)[:60]!r} must match {pattern.pattern}")
    return value


def _ids(where: str, entry: dict[str, Any]) -> tuple[str, ...]:
    value = entry.get("alternatives", [])
    if not isinstance(value, list) or len(value) > _MOST_ALTERNATIVES:
        raise ConfigError(
            f"{where}: alternatives must be a list of at most {_MOST_ALTERNATIVES} ids for b, "
            'such as ["NASDAQ100", "QQQ"]'
        )
    return tuple(_matching(where, {"alternatives": one}, "alternatives", _ID) for one in value)


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
