"""Manual corrections to vendor data, in `corrections.toml`.

An entry has the value that the vendor serves (`old`) and the correct one (`new`), as traded, in the
instrument's currency. The text comes from a user's file, so it is validated here, once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from .errors import ConfigError
from .instruments import Instrument, Universe
from .toml_file import read_toml

FIELDS: Final = ("open", "high", "low", "close", "volume", "dividend", "split")
_PRICES: Final = ("open", "high", "low", "close")
_MAY_LACK: Final = ("open", "high", "low", "volume")
_NONE: Final = "none"
_KEYS: Final = ("instrument", "session", "field", "old", "new", "reason")
_MOST_REASON: Final = 300

Key = tuple[str, date, str]
"""Instrument id, session, field: corrected once."""


@dataclass(frozen=True)
class Correction:
    """One value of one session; None is a missing value."""

    instrument_id: str
    session: date
    field: str
    old: float | None
    new: float | None
    reason: str

    @property
    def key(self) -> Key:
        """What may be corrected only once."""
        return self.instrument_id, self.session, self.field

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.session} {self.field}"


Corrections = Mapping[Key, Correction]


def load_corrections(path: Path, universe: Universe) -> Corrections:
    """Read `corrections.toml`, none where there is no such file; `ConfigError` names the entry."""
    if not path.exists():
        return {}
    written = read_toml(path)
    entries = written.get("correction", [])
    unknown = sorted(set(written) - {"correction"})
    if unknown or not isinstance(entries, list):
        raise ConfigError(f"{path}: holds [[correction]] entries only, not {str(unknown or entries)[:40]!r}")
    corrections: dict[Key, Correction] = {}
    for number, entry in enumerate(entries, 1):
        correction = _correction(f"{path}: [[correction]] number {number}", entry, universe)
        if correction.key in corrections:
            raise ConfigError(f"{path}: {correction} is corrected twice; remove one entry")
        corrections[correction.key] = correction
    return corrections


def encode(corrections: Corrections) -> bytes:
    """Canonical JSON: the same entries give the same bytes, whatever their order."""
    return orjson.dumps([asdict(corrections[key]) for key in sorted(corrections)])


def decode(content: bytes) -> Corrections:
    """What `encode` wrote."""
    entries = [
        Correction(**(entry | {"session": date.fromisoformat(entry["session"])}))
        for entry in orjson.loads(content)
    ]
    return {entry.key: entry for entry in entries}


def of_instruments(corrections: Corrections, ids: Sequence[str]) -> list[Correction]:
    """The entries of these instruments, by instrument, session and field."""
    wanted = set(ids)
    return [corrections[key] for key in sorted(corrections) if key[0] in wanted]


def _correction(where: str, entry: object, universe: Universe) -> Correction:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        wrong = sorted(set(entry) ^ set(_KEYS)) if isinstance(entry, dict) else [entry]
        raise ConfigError(f"{where}: needs exactly {', '.join(_KEYS)}; look at {str(wrong[0])[:40]!r}")
    instrument = universe.by_id.get(entry["instrument"]) if isinstance(entry["instrument"], str) else None
    if instrument is None:
        raise ConfigError(
            f"{where}: instrument {str(entry['instrument'])[:40]!r} is not in instruments.toml; "
            "correct the id or remove the entry"
        )
    if type(entry["session"]) is not date:
        raise ConfigError(
            f"{where}: session = {str(entry['session'])[:40]!r} must be a date such as 2024-12-31"
        )
    if entry["field"] not in FIELDS:
        raise ConfigError(f"{where}: field = {str(entry['field'])[:40]!r} must be one of {', '.join(FIELDS)}")
    old, new = (_value(where, entry, key) for key in ("old", "new"))
    _check_new(where, entry["field"], old, new, instrument)
    return Correction(
        instrument.id, entry["session"], entry["field"], old, new, _reason(where, entry["reason"])
    )


def _value(where: str, entry: Mapping[str, Any], key: str) -> float | None:
    value = entry[key]
    if value == _NONE and entry["field"] in _MAY_LACK:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        lack = f' or "{_NONE}"' if entry["field"] in _MAY_LACK else ""
        raise ConfigError(f"{where}: {key} = {str(value)[:40]!r} must be a number{lack}")
    return float(value)


def _check_new(where: str, field: str, old: float | None, new: float | None, instrument: Instrument) -> None:
    if old == new:
        raise ConfigError(f"{where}: old and new are the same; remove the entry")
    signed = field in _PRICES and instrument.negative_prices
    may_be_zero = field in {"volume", "dividend"}
    if new is not None and not signed and (new < 0 or (new == 0 and not may_be_zero)):
        raise ConfigError(f"{where}: new = {new:g} is not a valid {field}; correct it")


def _reason(where: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MOST_REASON or not value.isprintable():
        raise ConfigError(f"{where}: reason must be printable text of 1 to {_MOST_REASON} characters")
    return value
