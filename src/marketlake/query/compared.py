"""What `compare` and `matrix` read of calendar years: the parameters, the texts, the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import EmptyLakeError, UsageError
from .engine import Reader, Runs
from .listing import Listed, Listing, currency_code, find, inflation_of, rates_needed, reach
from .question import Question

YEARS: Final = {
    "instrument": "query/instrument",
    "calendar_session": "query/calendar_session",
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "calendar_year": "mart/calendar_year",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
    "inflation": "query/inflation",
}


@dataclass(frozen=True)
class Asked:
    """A question with its names looked up."""

    question: Question
    wanted: tuple[Listed, ...]
    currency: str
    rates: tuple[Listed, ...]
    deflator: Listed | None


def look_up(question: Question, listing: Listing) -> Asked:
    """The instruments, the currency and what converts to it; `UsageError` for what has no return."""
    wanted = tuple(find(listing, name) for name in question.ids)
    for instrument in wanted:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price: it has no return to compare")
    currency = _currency(question, wanted)
    return Asked(
        question,
        wanted,
        currency,
        rates_needed(listing, wanted, currency),
        inflation_of(listing, currency) if question.real else None,
    )


def _currency(q: Question, wanted: Sequence[Listed]) -> str:
    if q.currency is not None:
        return currency_code(q.currency)
    quoted = {instrument.quote_currency for instrument in wanted}
    return quoted.pop() if len(quoted) == 1 else "USD"


def values_of(asked: Asked) -> dict[str, object]:
    """The parameters of the texts by name."""
    q, deflator = asked.question, asked.deflator
    return {
        **reach([*asked.wanted, *asked.rates, *([deflator] if deflator else [])]),
        "wanted": [i.id for i in asked.wanted],
        "basis": q.basis,
        "convention": q.convention,
        "sessions": q.sessions,
        "currency": asked.currency,
        "real": q.real,
        "cpi": deflator.id if deflator else None,
        "simulated": _simulated(asked),
        "as_of": q.as_of,
        "strict": q.strict,
    }


def _simulated(asked: Asked) -> list[str]:
    """Those whose year ends are not published facts in this question."""
    deflator = asked.deflator
    if any(i.synthetic != "no" for i in asked.rates) or (deflator and deflator.synthetic == "all"):
        return [i.id for i in asked.wanted]
    return [i.id for i in asked.wanted if i.synthetic != "no" and asked.question.sessions == "shared"]


def bars_of(question: Question) -> str:
    """The text of the bars that the question may know."""
    return "query/bar_as_of" if question.as_of else "query/bar_now"


def year_figures(reader: Reader, asked: Asked) -> list[dict[str, Any]]:
    """The rows of query/year_figure.sql, from the bars themselves."""
    parts = {"bar": bars_of(asked.question)} | YEARS
    return reader.chained(parts, "query/year_figure", values_of(asked))


def assert_stored(reader: Runs, lake: Path, wanted: Sequence[Listed], stored: set[str]) -> None:
    """Raise `EmptyLakeError` for the first instrument without a bar."""
    lost = next((instrument.id for instrument in wanted if instrument.id not in stored), None)
    if lost is None:
        return
    if reader.execute("SELECT 1 FROM main.bar LIMIT 1").fetchone() is None:
        raise EmptyLakeError(f"no bars are stored in {lake} yet; run `marketlake run`")
    raise EmptyLakeError(f"no bars of {lost} are stored (by then); run `marketlake run`")
