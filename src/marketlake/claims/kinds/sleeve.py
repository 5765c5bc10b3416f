"""`sleeve_improves`: a sleeve gave a plan more return per risk than it had without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...errors import UsageError
from ...query import SleeveClaim
from ...query.claim import PRO_RATA, REBALANCING
from ..fields import Fields
from .kind import Kind

if TYPE_CHECKING:
    from ..check import ClaimCheck


def _read(fields: Fields) -> SleeveClaim:
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
    _check(fields, claim)
    return claim


def _plan(fields: Fields) -> Mapping[str, float]:
    # imported here: numpy, which reading a ledger does without
    from ...portfolio import read_plan

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


def _check(fields: Fields, claim: SleeveClaim) -> None:
    own = (*claim.plan, claim.sleeve)
    if len(set(own)) < len(own):
        raise fields.error(f"the sleeve {claim.sleeve} is in the plan already; write the plan without it")
    if claim.funded_by != PRO_RATA and claim.plan[claim.funded_by] < claim.share:
        raise fields.error(
            f"{claim.funded_by} has less than the sleeve's share, so it cannot make room for it"
        )
    for name in claim.alternatives:
        if name not in own:
            raise fields.error(f"alternatives for {name}, which is neither the sleeve nor in the plan")
    named = (*own, *(one for others in claim.alternatives.values() for one in others))
    if len(set(named)) < len(named):
        raise fields.error("alternatives must be others than the plan's holdings and the sleeve, each once")


def _asks(check: ClaimCheck) -> str:
    funded = "pro rata" if check.funded_by == PRO_RATA else f"from {check.funded_by}"
    when = "never rebalanced" if check.rebalance == "never" else f"rebalanced {check.rebalance}"
    return (
        f"{check.b} with {(check.share or 0) * 100:g} % {check.a}, funded {funded}, {when}: more return per "
        "volatility than without"
    )


SLEEVE: Final = Kind(
    name=SleeveClaim.kind,
    keys=("plan", "sleeve", "sleeve_share"),
    optional=("rebalance", "funded_by", "alternatives"),
    read=_read,
    asks=_asks,
    dimensions=("a", "b", "rebalance", "funded_by", "risk", "worth"),
    told={
        "a": "with {} as the sleeve",
        "b": "in {}",
        "rebalance": "rebalanced {}",
        "funded_by": "funded from {}",
    },
    words={
        ("rebalance", "never"): "never rebalanced",
        ("funded_by", PRO_RATA): "funded pro rata",
        ("risk", "monthly_volatility"): "by monthly volatility",
        ("risk", "deepest_fall"): "by the deepest fall",
        ("worth", "real"): "after inflation",
        ("worth", "over_bill"): "over a Treasury bill",
    },
)
