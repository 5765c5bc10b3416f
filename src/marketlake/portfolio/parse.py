"""Plans as people write them: `57 SPY, 40 AGG, 3 BTC`, or a TOML file; in percent and basis points."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError, UsageError
from .plan import PRO_RATA, Holding, Plan

_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:\s*%\s*|\s+)(\S+)")
_EXAMPLE: Final = "write it like '57 SPY, 40 AGG, 3 BTC', or name a .toml file"
_UNIT: Final = {
    "band": 100.0,
    "pay_growth": 100.0,
    "plan_fee": 100.0,
    "trading_cost": 10_000.0,
    "start": 1.0,
    "contribute": 1.0,
}
_WORDS: Final = ("rebalance", "per", "sleeve", "funded_by")
TERMS: Final = (*_UNIT, *_WORDS, "expenses")
_LARGEST: Final = 50_000
_LONGEST: Final = 1_000
"""Of a line: what `tomllib` needs for `a.a.a...` grows with its square."""


def read_plan(text: str, terms: Mapping[str, Any] | None = None) -> Plan:
    """The plan written in `text`, or in the TOML file that it names, with `terms` over what stands there.

    Terms: `rebalance`, `band` (points), `start`, `contribute`, `per`, `pay_growth` and `plan_fee` (percent a
    year), `trading_cost` (basis points), `sleeve`, `funded_by`, `expenses` ({instrument: percent a year}). In
    the file the same, and `[[holding]]` with `id`, `weight`, `expense_ratio`. A term of None is not given.
    Raises `UsageError`, for a file `ConfigError`.
    """
    given = {key: value for key, value in (terms or {}).items() if value is not None}
    if text.strip().lower().endswith(".toml"):
        path = Path(text.strip())
        try:
            return _plan(_read(path), given)
        except UsageError as error:
            raise ConfigError(f"{path}: {error}") from error
    return _plan({"holding": [_part(part) for part in text.split(",")]}, given)


def _part(part: str) -> dict[str, Any]:
    found = _PART.fullmatch(part.strip())
    if found is None:
        raise UsageError(f"{part.strip()[:40]!r} is not a weight and an instrument; {_EXAMPLE}")
    return {"weight": float(found[1]), "id": _word("id", found[2])}


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise UsageError("not a file")
        with path.open("rb") as file:
            written = file.read(_LARGEST + 1)
        if len(written) > _LARGEST or max(map(len, written.split(b"\n"))) > _LONGEST:
            raise UsageError(f"larger than {_LARGEST:,} bytes or {_LONGEST:,} in a line, so not a plan")
        return tomllib.loads(written.decode())
    # what tomllib says is wrong, numbers of thousands of digits and undecodable bytes are ValueErrors
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot be read: {str(error)[:200]}") from error


def _plan(written: Mapping[str, Any], given: Mapping[str, Any]) -> Plan:
    terms = {**{key: value for key, value in written.items() if key != "holding"}, **given}
    for key in terms:
        if key not in TERMS:
            raise UsageError(f"unknown key {key[:40]!r}; known: holding, {', '.join(TERMS)}")
    # a band that the file sets means nothing to another way of rebalancing asked for on top of it
    if "rebalance" in given and given["rebalance"] != "band" and "band" not in given:
        terms.pop("band", None)
    expenses = terms.pop("expenses", {})
    figures = {key: _number(key, terms[key]) / unit for key, unit in _UNIT.items() if key in terms}
    words = {key: _word(key, terms[key]) for key in _WORDS if key in terms}
    if words.get("funded_by", "").lower() in {PRO_RATA, "pro_rata", "pro rata"}:
        words["funded_by"] = PRO_RATA
    return Plan(_holdings(written.get("holding"), expenses), **figures, **words)  # type: ignore[arg-type]


def _holdings(entries: object, expenses: object) -> tuple[Holding, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError("holdings are written as [[holding]] with id and weight")
    if not isinstance(expenses, Mapping):
        raise UsageError("expenses are written as instrument = percent a year")
    holdings = [_holding(entry, expenses) for entry in entries]
    held = {holding.id for holding in holdings}
    for name in expenses:
        if name not in held:
            raise UsageError(f"an expense ratio for {str(name)[:40]!r}, which the plan does not hold")
    return _shares(holdings)


def _holding(entry: Mapping[str, Any], expenses: Mapping[str, Any]) -> Holding:
    unknown = sorted(set(entry) - {"id", "weight", "expense_ratio"})
    if unknown:
        raise UsageError(f"unknown key {unknown[0][:40]!r} in [[holding]]; known: id, weight, expense_ratio")
    name = _word("id", entry.get("id"))
    expense = expenses.get(name, entry.get("expense_ratio", 0))
    weight = _number(f"weight of {name[:40]}", entry.get("weight"))
    return Holding(name, weight, _number(f"expense ratio of {name[:40]}", expense) / 100)


def _shares(holdings: Sequence[Holding]) -> tuple[Holding, ...]:
    """Percent to fractions that add up to one; what adds up to something else is for the plan to refuse."""
    total = math.fsum(holding.weight for holding in holdings)
    whole = total if abs(total - 100) < 1e-6 else 100.0
    return tuple(Holding(h.id, h.weight / whole, h.expense_ratio) for h in holdings)


def _number(key: str, value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        raise UsageError(f"{key} is too large a number") from None
    if not math.isfinite(number):
        raise UsageError(f"{key} is {_shown(value)} and must be a number")
    return number


def _word(key: str, value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise UsageError(f"{key} is {_shown(value)} and must be a name")
    return value


def _shown(value: object) -> str:
    """Text and numbers as they stand, anything else, which may be deep, by its kind."""
    if isinstance(value, str | float | bool) or value is None:
        return repr(value[:40] if isinstance(value, str) else value)
    return f"of the kind {type(value).__name__}"
