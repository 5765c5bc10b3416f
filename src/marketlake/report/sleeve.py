"""Claims about a sleeve in the report: sizes of 0 to 10 % over the claim's spans, by `portfolio`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from ..claims.ledger import Entry
from ..claims.verdict import ClaimCheck
from ..engine.reader import DuckReader
from ..model.errors import MarketlakeError
from ..model.terms import Terms
from ..portfolio.evaluate import portfolio
from ..portfolio.figures import Figures, PortfolioAnswer
from ..portfolio.plan import read_plan

Row = dict[str, Any]


def sleeves(reader: DuckReader, ledger: Sequence[Entry]) -> list[Row]:
    """Each claim about a sleeve over its spans of years, as JSON values; `refused` says why there
    is none."""
    found = []
    for entry in (e for e in ledger if e.published.share is not None):
        for check in _spans(entry):
            try:
                found.append(_told(entry, check, _answer(reader, check)))
            except MarketlakeError as error:
                found.append(_head(entry, check) | {"refused": str(error)})
    return found


def _spans(entry: Entry) -> Iterator[ClaimCheck]:
    yield entry.published
    if entry.rolled.first_year not in (None, entry.published.first_year):
        yield entry.rolled


def _answer(reader: DuckReader, check: ClaimCheck) -> PortfolioAnswer:
    share = check.share or 0.0
    # the claim writes the plan as it is without the sleeve
    without = read_plan(check.b)
    parts = [f"{h.weight * (1 - share) * 100:.10f} {h.id}" for h in without.holdings]
    plan = read_plan(
        ", ".join([*parts, f"{share * 100:.10f} {check.a}"]),
        {"sleeve": check.a, "rebalance": check.rebalance, "funded_by": check.funded_by},
    )
    assert check.first_year is not None
    assert check.last_year is not None
    # by month, as the claim's own reading
    start, end = date(check.first_year - 1, 12, 31), date(check.last_year, 12, 31)
    terms = Terms(start=start, end=end, frequency="monthly")
    return portfolio(reader, terms, plan)


def _head(entry: Entry, check: ClaimCheck) -> Row:
    return {
        "claim": entry.claim_id,
        "plan": check.b,
        "sleeve": check.a,
        "share": check.share,
        "span": check.span,
        "first_year": check.first_year,
        "last_year": check.last_year,
    }


def _told(entry: Entry, check: ClaimCheck, answer: PortfolioAnswer) -> Row:
    return _head(entry, check) | {
        "summary": answer.summary,
        "currency": answer.currency,
        "start": answer.start.isoformat(),
        "end": answer.end.isoformat(),
        "n": answer.sessions,
        "periods_per_year": round(answer.periods_per_year, 2),
        "rebalance": answer.plan.rebalance,
        "risk_free": answer.risk_free,
        "quality": ",".join(answer.quality),
        "notes": list(answer.notes),
        "conventions": list(answer.conventions),
        "sizes": [_size(one) for one in answer.sweep],
    }


def _size(one: Figures) -> Row:
    return {
        "sleeve": one.sleeve,
        "end_value": one.end_value,
        "cagr": one.cagr,
        "volatility": one.volatility,
        "return_per_volatility": one.return_per_volatility,
        "sharpe": one.sharpe,
        "max_drawdown": one.max_drawdown.depth,
    }
