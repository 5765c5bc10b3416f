"""Faults from text: `429:yahoo:AAPL:times=2,retry_after=1`, or a mapping from JSON or TOML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import UsageError
from .fault import ANY, Fault, number_of

_OWN: Final = ("kind", "source", "symbol", "times", "probability", "seed", "params")


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
    """A fault from a mapping with `kind` and, optionally, the other fields; parameters under `params`."""
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
