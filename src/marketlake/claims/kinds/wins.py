"""`calendar_year_wins`: a returned more than b in at least so many calendar years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...query import WinsClaim
from ..fields import Fields
from .kind import Kind

if TYPE_CHECKING:
    from ..check import ClaimCheck


def _read(fields: Fields) -> WinsClaim:
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
    _check(fields, claim)
    return claim


def _check(fields: Fields, claim: WinsClaim) -> None:
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


def _asks(check: ClaimCheck) -> str:
    return f"{check.a} ahead in at least {check.at_least} of {check.of_years} years"


WINS: Final = Kind(
    name=WinsClaim.kind,
    keys=("a", "b", "at_least", "of_years"),
    optional=("alternatives",),
    read=_read,
    asks=_asks,
    dimensions=("b", "basis", "sessions", "convention", "worth"),
    told={"b": "against {}"},
    words={
        ("basis", "total"): "with total returns",
        ("sessions", "shared"): "on shared sessions",
        ("convention", "first_to_last"): "from a year's first close to its last",
        ("convention", "december_average"): "from December average to December average",
        ("worth", "real"): "after inflation",
    },
)
