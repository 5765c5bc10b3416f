"""A fault: its kind, the requests it applies to, how often, and its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any, Final
from zoneinfo import available_timezones

from ..model.errors import UsageError

Param = float | str
ANY: Final = "*"
HELPERS: Final = frozenset({"crumb", "cookie", "markets"})
"""Requests without prices: a fault applies only when it names them."""
REFUSALS: Final = ("403", "451", "500", "502", "503", "504")
"""Kinds that are a status and a page."""
UNKNOWN: Final = "404"
"""The vendor's own answer for an unknown symbol."""

_WHERE: Final = "head|middle|tail|random"
PARAMS: Final[Mapping[str, Mapping[str, Param]]] = {
    "429": {"retry_after": -1.0, "as": "status|text"},
    **{kind: {} for kind in REFUSALS},
    UNKNOWN: {},
    "hang": {"seconds": 3600.0},
    "reset": {},
    "truncated": {"keep": 0.5, "length": "declared|actual"},
    "html": {},
    "empty": {},
    "trickle": {"seconds": 0.05},
    "redirect": {"location": "http://elsewhere.invalid/"},
    "huge": {"bytes": 200_000_000.0},
    "nulls": {"count": 1.0, "where": _WHERE},
    "duplicates": {"count": 1.0, "where": "tail|head|middle|random"},
    "missing": {"count": 3.0, "where": _WHERE},
    "history": {"from": "1900-01-01", "to": "2099-12-31"},
    "unadjusted": {"scope": "history|day", "events": "kept|dropped"},
    "restated": {"percent": 1.0, "from": "1900-01-01", "to": "2099-12-31"},
    "unit": {"factor": 100.0, "label": ""},
    "unfinished": {"fraction": 0.5},
    "spike": {"factor": 1.5, "field": "bar|close|high|low|open", "count": 1.0, "where": _WHERE},
    "dividends": {"factor": 100.0, "again": 0.0},
    "shifted": {"days": 1.0},
    "recycled": {"level": 50.0, "from": "1900-01-01"},
    "mislabelled": {"sessions": 1.0},
    "reinvested": {"events": "kept|dropped"},
    "zone": {"zone": "Pacific/Auckland"},
}
"""The parameters of each kind with defaults; of words separated by `|` the first is the default."""
_LARGEST: Final = 2_000_000_000.0
_OWN: Final = ("kind", "source", "symbol", "times", "probability", "seed", "params")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    source: str = ANY
    symbol: str = ANY
    times: int | None = None
    """How many requests it applies to; None is all."""
    probability: float = 1.0
    seed: int = 0
    params: Mapping[str, Param] = field(default_factory=dict)
    """Of `PARAMS[kind]`; missing ones take their defaults."""

    def __post_init__(self) -> None:
        if self.kind not in PARAMS:
            raise UsageError(f"unknown fault {self.kind[:40]!r}; known: {', '.join(PARAMS)}")
        if not set(self.params) <= set(PARAMS[self.kind]):
            names = ", ".join(PARAMS[self.kind]) or "none"
            raise UsageError(
                f"fault {self.kind}: unknown parameter in {str(self.params)[:80]}; known: {names}"
            )
        defaults = PARAMS[self.kind].items()
        complete = {name: _param(self.kind, name, self.params.get(name), value) for name, value in defaults}
        object.__setattr__(self, "params", complete)

    def matches(self, source: str, names: tuple[str, ...]) -> bool:
        """Whether the fault may apply to a request for a symbol with these spellings."""
        if self.source not in {ANY, source}:
            return False
        known = {name.casefold() for name in names}
        return self.symbol.casefold() in known or (self.symbol == ANY and not known & HELPERS)

    def chance(self, source: str, name: str, turn: int) -> bool:
        """Whether it applies this time; `turn` counts the matching requests for the symbol."""
        return (
            self.probability >= 1 or Random(f"{self.seed}/{source}/{name}/{turn}").random() < self.probability
        )

    def number(self, name: str) -> float:
        return float(self.params[name])

    def text(self, name: str) -> str:
        return str(self.params[name])


def _param(kind: str, name: str, value: object, default: Param) -> Param:
    if isinstance(default, float):
        return default if value is None else number_of(kind, name, value)
    choices = default.split("|")
    text = choices[0] if value is None else str(value)
    if len(choices) > 1 and text not in choices:
        raise UsageError(f"fault {kind}: {name} must be one of {', '.join(choices)}, not {text[:40]!r}")
    if name in {"from", "to"}:
        return _day(kind, name, text)
    if name == "zone" and text not in available_timezones():
        raise UsageError(f"fault {kind}: zone = {text[:40]!r} must be an IANA name such as Europe/London")
    if not (text.isascii() and text.isprintable()) or len(text) > 200:
        raise UsageError(f"fault {kind}: {name} must be printable ASCII text of at most 200 characters")
    return text


def number_of(kind: str, name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    lowest = -_LARGEST if name in {"percent", "retry_after", "sessions"} else 0.0
    if not lowest <= number <= _LARGEST:
        raise UsageError(
            f"fault {kind}: {name} = {str(value)[:40]!r} must be a number from {lowest:g} to {_LARGEST:g}"
        )
    return number


def _day(kind: str, name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"fault {kind}: {name} = {text[:40]!r} must be a date such as 2024-12-31") from None


def parse_fault(text: str) -> Fault:
    """`KIND[:SOURCE[:SYMBOL[:NAME=VALUE,...]]]`; `UsageError` says what is wrong."""
    kind, source, symbol, rest = [*text.split(":", 3), "", "", ""][:4]
    given: dict[str, Any] = {"kind": kind, "source": source or ANY, "symbol": symbol or ANY, "params": {}}
    for item in filter(None, rest.split(",")):
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"fault {text[:80]!r}: {item[:40]!r} must look like name=value")
        where = given if name in {"times", "probability", "seed"} else given["params"]
        where[name.strip()] = value.strip()
    return fault_from(given)


def fault_from(given: object) -> Fault:
    """A fault from a mapping with `kind` and optional other fields; parameters under `params`."""
    if not isinstance(given, Mapping) or not set(given) <= set(_OWN):
        raise UsageError(f"a fault must be a table of {', '.join(_OWN)}; got {str(given)[:80]}")
    kind, params, times = str(given.get("kind", "")), given.get("params", {}), given.get("times")
    if not isinstance(params, Mapping):
        raise UsageError(f"fault {kind[:40]}: params must be a table, not {str(params)[:40]!r}")
    return Fault(
        kind=kind,
        source=str(given.get("source", ANY)),
        symbol=str(given.get("symbol", ANY)),
        times=None if times is None else int(number_of(kind, "times", times)),
        probability=number_of(kind, "probability", given.get("probability", 1)),
        seed=int(number_of(kind, "seed", given.get("seed", 0))),
        params=params,
    )


def fault_to_json(fault: Fault) -> dict[str, object]:
    """The mapping that `fault_from` reads."""
    return {name: getattr(fault, name) for name in _OWN[:-1]} | {"params": dict(fault.params)}
