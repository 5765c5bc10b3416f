"""A retirement plan: what is held, how money comes in, what it costs, which holding is the sleeve."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..model.errors import ConfigError, UsageError
from ..model.terms import PAY_PERIODS, REBALANCING

Floats = npt.NDArray[np.float64]

PRO_RATA: Final = "pro-rata"
_SWEEP: Final = tuple(step / 100 for step in range(11))
_CLOSE: Final = 1e-9
_MOST: Final = 100
"""Holdings; more would be a fund."""
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


@dataclass(frozen=True)
class Holding:
    """An instrument, its target share of the plan and what it costs to hold; both fractions."""

    id: str
    weight: float
    expense_ratio: float = 0.0
    """A year; for what is not a fund, whose expenses are in its price already."""


@dataclass(frozen=True)
class Plan:
    """Rates are fractions a year, money is in the answer's currency; `UsageError` for what cannot
    be."""

    holdings: tuple[Holding, ...]
    rebalance: str = "yearly"
    band: float | None = None
    """How far a weight may stray from its target, absolute: 0.05 lets 0.60 be 0.55 to 0.65."""
    start: float = 10_000.0
    contribute: float = 0.0
    """Money a pay period; grows by `pay_growth` at each anniversary of the start."""
    per: str = "month"
    pay_growth: float = 0.0
    plan_fee: float = 0.0
    trading_cost: float = 0.0
    """A fraction of everything bought and sold."""
    sleeve: str | None = None
    funded_by: str = PRO_RATA

    def __post_init__(self) -> None:
        _check_holdings(self.holdings)
        _choose("rebalance", self.rebalance, REBALANCING)
        _choose("per", self.per, PAY_PERIODS)
        _check_band(self)
        _between("start", self.start, 0, 1e15, above=True)
        _between("contribute", self.contribute, 0, 1e15)
        _between("pay-growth (%)", self.pay_growth * 100, -50, 100)
        _between("plan-fee (%)", self.plan_fee * 100, 0, 20)
        _between("trading-cost (basis points)", self.trading_cost * 10_000, 0, 1000)
        _check_sleeve(self)

    def with_ids(self, id_of: Callable[[str], str]) -> Plan:
        """The plan with the instrument's id, as `id_of` finds it, for each name of a holding."""
        named = {name: id_of(name) for name in self.ids}
        return replace(
            self,
            holdings=tuple(replace(one, id=named[one.id]) for one in self.holdings),
            sleeve=named[self.sleeve] if self.sleeve is not None else None,
            funded_by=named.get(self.funded_by, self.funded_by),
        )

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(holding.id for holding in self.holdings)

    @property
    def sleeve_weight(self) -> float:
        """The sleeve's target share; 0 without a sleeve."""
        return next((h.weight for h in self.holdings if h.id == self.sleeve), 0.0)

    def weights(self, sleeve: float | None = None) -> Floats:
        """Target weights (H,), with the sleeve at this share and the rest as `funded_by` says."""
        own = np.array([holding.weight for holding in self.holdings])
        if sleeve is None or self.sleeve is None:
            return own
        place = self.ids.index(self.sleeve)
        if self.funded_by == PRO_RATA:
            changed = own * ((1 - sleeve) / (1 - own[place]))
        else:
            changed = own.copy()
            changed[self.ids.index(self.funded_by)] += own[place] - sleeve
        changed[place] = sleeve
        return np.where(np.abs(changed) < _CLOSE, 0.0, changed)

    def sweep(self) -> tuple[float, ...]:
        """Shares of the sleeve to try: 0 to 10 % and the plan's own, as far as what funds it
        reaches."""
        own = self.sleeve_weight
        shares = [share for share in _SWEEP if abs(share - own) > _CLOSE]
        return tuple(sorted(share for share in [*shares, own] if self.weights(share).min() >= 0))


def read_plan(text: str, terms: Mapping[str, Any] | None = None) -> Plan:
    """The plan written in `text`, or in the TOML file that it names, with `terms` over what stands
    there.

    Terms: `rebalance`, `band` (points), `start`, `contribute`, `per`, `pay_growth` and `plan_fee`
    (percent a year), `trading_cost` (basis points), `sleeve`, `funded_by`, `expenses` ({instrument:
    percent a year}). In the file the same, and `[[holding]]` with `id`, `weight`, `expense_ratio`.
    A term of None is not given. Raises `UsageError`, for a file `ConfigError`.
    """
    given = {key: value for key, value in (terms or {}).items() if value is not None}
    if text.strip().lower().endswith(".toml"):
        path = Path(text.strip())
        try:
            return _plan(_read(path), given)
        except UsageError as error:
            raise ConfigError(f"{path}: {error}") from error
    return _plan({"holding": [_part(part) for part in text.split(",")]}, given)


def _check_holdings(holdings: Sequence[Holding]) -> None:
    if not holdings:
        raise UsageError("the plan holds nothing; write it like '57 SPY, 40 AGG, 3 BTC'")
    if len(holdings) > _MOST:
        raise UsageError(f"the plan holds {len(holdings):,} instruments and may hold {_MOST}; merge some")
    seen: set[str] = set()
    for holding in holdings:
        if holding.id in seen:
            raise UsageError(f"{holding.id[:40]} is in the plan twice; add its weights up")
        seen.add(holding.id)
        _between(f"weight of {holding.id[:40]} (%)", holding.weight * 100, 0, 100)
        _between(f"expense ratio of {holding.id[:40]} (%)", holding.expense_ratio * 100, 0, 20)
    total = math.fsum(holding.weight for holding in holdings)
    if abs(total - 1) > 1e-8:
        raise UsageError(f"the weights add up to {total * 100:.6g}, not to 100; correct them")


def _check_band(plan: Plan) -> None:
    if (plan.rebalance == "band") != (plan.band is not None):
        raise UsageError("a band in points and rebalancing by band go together: --rebalance band --band 5")
    if plan.band is not None:
        _between("band (points)", plan.band * 100, 0, 100, above=True)


def _check_sleeve(plan: Plan) -> None:
    if plan.sleeve is None:
        if plan.funded_by != PRO_RATA:
            raise UsageError(
                f"funded by {plan.funded_by[:40]}, but no sleeve is named; name one of the holdings"
            )
        return
    _choose("sleeve", plan.sleeve, plan.ids)
    others = tuple(name for name in plan.ids if name != plan.sleeve)
    _choose("funded-by", plan.funded_by, (PRO_RATA, *others))
    if plan.sleeve_weight > 1 - _CLOSE:
        raise UsageError(
            f"the sleeve {plan.sleeve[:40]} is the whole plan; without it nothing is left to hold"
        )


def _choose(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(f"{name} {str(value)[:40]!r} must be one of {', '.join(choices)}")


def _between(name: str, value: float, low: float, high: float, *, above: bool = False) -> None:
    """The limits are of input, not of arithmetic; NaN and infinities fall outside them."""
    if not (low < value if above else low - _CLOSE <= value) or not value <= high + _CLOSE:
        raise UsageError(
            f"{name} is {value:g} and must be {'above' if above else 'at least'} {low:g}, at most {high:g}"
        )


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
    # what tomllib says is wrong, numbers of thousands of digits and undecodable bytes are
    # ValueErrors
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
    holdings = _holdings(written.get("holding"), expenses)
    for key in [key for key in words if key in ("sleeve", "funded_by")]:
        words[key] = _as_held(words[key], (holding.id for holding in holdings))
    return Plan(holdings, **figures, **words)  # type: ignore[arg-type]


def _as_held(name: str, ids: Iterable[str]) -> str:
    """The name as the plan's holding has it: the case may differ."""
    return next((held for held in ids if held.upper() == name.upper()), name)


def _holdings(entries: object, expenses: object) -> tuple[Holding, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError("holdings are written as [[holding]] with id and weight")
    if not isinstance(expenses, Mapping):
        raise UsageError("expenses are written as instrument = percent a year")
    expenses = {str(name).upper(): value for name, value in expenses.items()}
    holdings = [_holding(entry, expenses) for entry in entries]
    held = {holding.id.upper() for holding in holdings}
    for name in expenses:
        if name not in held:
            raise UsageError(f"an expense ratio for {str(name)[:40]!r}, which the plan does not hold")
    return _shares(holdings)


def _holding(entry: Mapping[str, Any], expenses: Mapping[str, Any]) -> Holding:
    unknown = sorted(set(entry) - {"id", "weight", "expense_ratio"})
    if unknown:
        raise UsageError(f"unknown key {unknown[0][:40]!r} in [[holding]]; known: id, weight, expense_ratio")
    name = _word("id", entry.get("id"))
    expense = expenses.get(name.upper(), entry.get("expense_ratio", 0))
    weight = _number(f"weight of {name[:40]}", entry.get("weight"))
    return Holding(name, weight, _number(f"expense ratio of {name[:40]}", expense) / 100)


def _shares(holdings: Sequence[Holding]) -> tuple[Holding, ...]:
    """Percent to fractions that add up to one; what adds up to something else is for the plan to
    refuse."""
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
