"""A plan put to a lake: the only place where reading, walking and measuring meet."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..engine.listing import find
from ..engine.reader import DuckReader
from ..model.errors import UsageError
from ..model.terms import Terms
from .figures import History, PortfolioAnswer
from .history import history_of
from .known import Known
from .market import Market, read_market
from .measure import measure, window_of
from .notes import conventions_of, notes_of, summary_of
from .plan import Plan
from .walk import record, track

USUAL_HORIZON: Final = 5
_HORIZONS: Final = (1, 60)


def portfolio(reader: DuckReader, terms: Terms, plan: Plan, *, horizon: int | None = None) -> PortfolioAnswer:
    """How the plan did from `start` to `end` (default: all sessions that its holdings share).

    `Lake.portfolio` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("portfolio", "start", "end", "frequency", "currency", "risk_free", "as_of", "strict")
    plan = plan.with_ids(lambda name: find(reader.listing, name).id)
    _check_horizon(plan, horizon)
    known = Known(reader, terms.as_of, terms.strict)
    market = read_market(known, plan, terms.currency, terms.risk_free, terms.frequency)
    window = window_of(market, terms.start, terms.end)
    sleeves = plan.sweep() if plan.sleeve is not None else (None,)
    weights = np.stack([plan.weights(sleeve) for sleeve in sleeves], axis=1)
    along = track(market.days, market.levels, plan, (window.first,), (window.last,))
    path = record(along, weights, plan)
    sweep = tuple(measure(path, plan, window, sleeve, k) for k, sleeve in enumerate(sleeves))
    own = sweep[sleeves.index(plan.sleeve_weight) if plan.sleeve is not None else 0]
    without = sweep[0] if plan.sleeve is not None else None
    history = _history(market, plan, horizon)
    notes = notes_of(market, window, own, history)
    return PortfolioAnswer(
        summary=summary_of(plan, market, window, own, without),
        plan=plan,
        currency=market.currency,
        frequency=market.frequency,
        start=window.start,
        end=window.end,
        years=window.years,
        sessions=window.last - window.first,
        periods_per_year=window.periods_per_year,
        inflation=window.inflation,
        with_sleeve=own,
        without_sleeve=without,
        sweep=sweep if plan.sleeve is not None else (),
        history=history,
        quality=tuple(dict.fromkeys(flag for flag, _ in notes if flag)),
        notes=tuple(note for _, note in notes),
        conventions=conventions_of(plan, market, window, known),
        risk_free=market.risk_free.used,
        as_of=terms.as_of,
        strict=terms.strict,
        snapshot=market.snapshot,
        origin=market.origin,
    )


def _check_horizon(plan: Plan, horizon: int | None) -> None:
    low, high = _HORIZONS
    if horizon is None:
        return
    if not isinstance(horizon, int) or not low <= horizon <= high:
        raise UsageError(f"a horizon of {str(horizon)[:20]} years is not a whole number from {low} to {high}")
    if plan.sleeve is None:
        raise UsageError("a horizon asks how often the sleeve helped; name the sleeve, one of the holdings")


def _history(market: Market, plan: Plan, horizon: int | None) -> History | None:
    if plan.sleeve is None:
        return None
    found = history_of(market, plan, horizon or USUAL_HORIZON)
    if found is None and horizon is not None:
        reach = f"{market.days[0]} to {market.days[-1]}"
        raise UsageError(
            f"no window of {horizon} years is stored, all holdings share {reach} ({market.bounds()}); "
            "shorten the horizon"
        )
    return found
