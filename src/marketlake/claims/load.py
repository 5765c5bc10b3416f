"""Read `claims.toml`, strictly: its texts end up in SQL results and on pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from ..model.errors import ConfigError, UsageError
from ..model.toml_file import read_toml
from .claim import PRO_RATA, REBALANCING, Claim, SleeveClaim, WinsClaim

_ID: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_WHEN: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_MOST_ALTERNATIVES: Final = 20
_COMMON: Final = ("id", "statement", "source", "published", "check", "first_year", "last_year")
"""The keys that every claim has."""


@dataclass(frozen=True)
class Fields:
    """The keys of one entry; every reader raises `ConfigError`, which names the file and the entry."""

    where: str
    entry: Mapping[str, Any]

    def error(self, what: str) -> ConfigError:
        """To be raised: what is wrong with the entry."""
        return ConfigError(f"{self.where}: {what}")

    def check_keys(self, needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
        """Exactly these keys, and those that may be left out."""
        wrong = sorted((set(self.entry) - set(optional)) ^ set(needed))
        if wrong:
            keys = f"{', '.join(needed)} (and {', '.join(optional)}, if wanted)"
            raise self.error(f"needs exactly the keys {keys}; see {wrong[0][:40]!r}")

    def id(self, key: str) -> str:
        """A name that is harmless in SQL and on a page."""
        return self.check_id(key, self.entry[key])

    def check_id(self, key: str, value: object) -> str:
        """The value, where it could be a name."""
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.error(f"{key} = {str(value)[:60]!r} must match {_ID.pattern}")
        return value

    def ids(self, key: str, value: object) -> tuple[str, ...]:
        """A list of names."""
        if not isinstance(value, list) or len(value) > _MOST_ALTERNATIVES:
            raise self.error(
                f'{key} must be a list of at most {_MOST_ALTERNATIVES} ids, such as ["NASDAQ100", "QQQ"]'
            )
        return tuple(self.check_id(key, one) for one in value)

    def text(self, key: str) -> str:
        """Printable text."""
        value = self.entry[key]
        if not isinstance(value, str) or not 0 < len(value) <= 500 or not value.isprintable():
            raise self.error(f"{key} must be printable text of 1 to 500 characters")
        return value

    def when(self, key: str) -> str:
        """A year, a month or a date."""
        value = self.entry[key]
        text = value.isoformat() if type(value) is date else value
        if not isinstance(text, str) or not _WHEN.fullmatch(text):
            raise self.error(f"{key} = {str(value)[:60]!r} must look like 2025, 2025-08 or 2025-08-07")
        return text

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number within limits."""
        value = self.entry[key]
        if type(value) is not int or not low <= value <= high:
            raise self.error(f"{key} = {str(value)[:60]!r} must be a whole number from {low} to {high}")
        return value

    def share(self, key: str) -> float:
        """A fraction above 0 and below 1."""
        value = self.entry[key]
        if type(value) is not float or not 0 < value < 1:
            raise self.error(f"{key} = {str(value)[:60]!r} must be a fraction between 0 and 1, such as 0.03")
        return value

    def span(self) -> tuple[int, int]:
        """The first and the last year claimed."""
        first, last = self.whole("first_year", 1800, 2200), self.whole("last_year", 1800, 2200)
        if not first <= last < first + 200:
            raise self.error(f"last_year = {last} must be first_year = {first} or up to 199 years later")
        return first, last


@dataclass(frozen=True)
class Kind:
    """A kind of check: how its claims are read, and the words for its readings."""

    name: str
    keys: tuple[str, ...]
    """Of `claims.toml`, beyond those that every claim has."""
    optional: tuple[str, ...]
    read: Callable[[Fields], Claim]
    dimensions: tuple[str, ...]
    """The columns of `claim_grid` that make a reading, in the order in which they are named."""
    templates: Mapping[str, str]
    """By dimension, the words for another value of it, with {} for the value."""
    words: Mapping[tuple[str, str], str]
    """By dimension and value, the words instead of the template's."""

    def change(self, dimension: str, value: str) -> str:
        """How a reading differs from the claim as it is worded."""
        return self.words.get((dimension, value)) or self.templates[dimension].format(value)


def load_claims(path: Path) -> tuple[Claim, ...]:
    """Read `claims.toml`; `ConfigError` names the file, the entry and the remedy. No file: no
    claims."""
    if not path.exists():
        return ()
    entries = read_toml(path).get("claim", [])
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: claims are written as [[claim]] entries")
    claims = tuple(_claim(path, number, entry) for number, entry in enumerate(entries, 1))
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise ConfigError(f"{path}: claim {claim.id} is listed twice; remove one entry")
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


def _read_wins(fields: Fields) -> WinsClaim:
    first_year, last_year = fields.span()
    claim = WinsClaim(
        id=fields.id("id"),
        statement=fields.text("statement"),
        source=fields.text("source"),
        published=fields.when("published"),
        first_year=first_year,
        last_year=last_year,
        a=fields.id("a"),
        b=fields.id("b"),
        at_least=fields.whole("at_least", 1, 200),
        alternatives=fields.ids("alternatives", fields.entry.get("alternatives", [])),
    )
    _check_wins(fields, claim)
    return claim


def _check_wins(fields: Fields, claim: WinsClaim) -> None:
    if claim.a == claim.b:
        raise fields.error("a and b are the same instrument")
    named = (claim.a, claim.b, *claim.alternatives)
    if len(set(named)) < len(named):
        raise fields.error("alternatives must be others than a and b, each once")
    of_years = fields.whole("of_years", 1, 200)
    if claim.of_years != of_years:
        raise fields.error(f"first_year to last_year must be of_years = {of_years} years")
    if claim.at_least > of_years:
        raise fields.error("at_least must not be more than of_years")


WINS: Final = Kind(
    name=WinsClaim.kind,
    keys=("a", "b", "at_least", "of_years"),
    optional=("alternatives",),
    read=_read_wins,
    dimensions=("b", "basis", "sessions", "convention", "worth"),
    templates={"b": "against {}"},
    words={
        ("basis", "total"): "with total returns",
        ("sessions", "shared"): "on shared sessions",
        ("convention", "first_to_last"): "from a year's first close to its last",
        ("convention", "december_average"): "from December average to December average",
        ("worth", "real"): "after inflation",
    },
)


def _read_sleeve(fields: Fields) -> SleeveClaim:
    first_year, last_year = fields.span()
    claim = SleeveClaim(
        id=fields.id("id"),
        statement=fields.text("statement"),
        source=fields.text("source"),
        published=fields.when("published"),
        first_year=first_year,
        last_year=last_year,
        plan=_plan(fields),
        sleeve=fields.id("sleeve"),
        share=fields.share("sleeve_share"),
        rebalance=_word(fields, "rebalance", "yearly", tuple(REBALANCING)),
        funded_by=_word(fields, "funded_by", PRO_RATA, (PRO_RATA, *_plan(fields))),
        alternatives=_alternatives(fields),
    )
    _check_sleeve(fields, claim)
    return claim


def _plan(fields: Fields) -> Mapping[str, float]:
    # imported here: numpy, which reading a ledger does without
    from ..portfolio.plan import read_plan

    text = fields.text("plan")
    if text.strip().lower().endswith(".toml"):
        raise fields.error("plan must be weights such as 60 SPY, 40 AGG, not a file")
    try:
        holdings = read_plan(text).holdings
    except UsageError as error:
        raise fields.error(f"plan: {error}") from error
    return {fields.check_id("plan", holding.id): holding.weight for holding in holdings}


def _word(fields: Fields, key: str, usual: str, choices: tuple[str, ...]) -> str:
    value = fields.entry.get(key, usual)
    if value not in choices:
        raise fields.error(f"{key} = {str(value)[:60]!r} must be one of {', '.join(choices)}")
    return str(value)


def _alternatives(fields: Fields) -> Mapping[str, tuple[str, ...]]:
    value = fields.entry.get("alternatives", {})
    if not isinstance(value, dict):
        raise fields.error('alternatives must be a table of lists, such as { SPY = ["VT"] }')
    return {
        fields.check_id("alternatives", name): fields.ids("alternatives", ids) for name, ids in value.items()
    }


def _check_sleeve(fields: Fields, claim: SleeveClaim) -> None:
    own = (*claim.plan, claim.sleeve)
    if len(set(own)) < len(own):
        raise fields.error(f"the sleeve {claim.sleeve} is in the plan already; write the plan without it")
    if claim.funded_by != PRO_RATA and claim.plan[claim.funded_by] < claim.share:
        raise fields.error(f"{claim.funded_by} has less than the sleeve's share, so it cannot fund it")
    for name in claim.alternatives:
        if name not in own:
            raise fields.error(f"alternatives for {name}, which is neither the sleeve nor in the plan")
    named = (*own, *(one for others in claim.alternatives.values() for one in others))
    if len(set(named)) < len(named):
        raise fields.error("alternatives must be others than the plan's holdings and the sleeve, each once")


SLEEVE: Final = Kind(
    name=SleeveClaim.kind,
    keys=("plan", "sleeve", "sleeve_share"),
    optional=("rebalance", "funded_by", "alternatives"),
    read=_read_sleeve,
    dimensions=("a", "b", "rebalance", "funded_by", "risk", "worth"),
    templates={
        "a": "with {} as the sleeve",
        "b": "in {}",
        "rebalance": "rebalanced {}",
        "funded_by": "funded from {}",
    },
    words={
        ("rebalance", "never"): "never rebalanced",
        ("funded_by", PRO_RATA): "funded pro rata",
        ("risk", "monthly_max_drawdown"): "by the maximum drawdown of month ends",
        ("risk", "daily_volatility"): "by daily volatility",
        ("risk", "max_drawdown"): "by the maximum drawdown of days",
        ("worth", "real"): "after inflation",
        ("worth", "over_bill"): "over a Treasury bill",
    },
)


KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (WINS, SLEEVE)}
"""By the name that stands in `claims.toml` as `check`."""
