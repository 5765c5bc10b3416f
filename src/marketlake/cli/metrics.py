"""The command `metrics`: return and risk of instruments over a window, side by side."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ..errors import UsageError
from .metric_tables import print_metrics, print_returns, print_rolling
from .options import (
    Basis,
    Engine,
    EngineName,
    Format,
    Home,
    Lake,
    Now,
    Output,
    Sessions,
    complete_ids,
    engine_of,
    parse_day,
    settings_of,
)
from .output import print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..query.metric_answer import Metrics
    from ..query.metric_series import CalendarReturns, RollingFigures

    Told = TypeVar("Told", Metrics, CalendarReturns, RollingFigures)


class Frequency(StrEnum):
    """How often returns are taken."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class Period(StrEnum):
    """A stretch of the calendar."""

    day = "day"
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"


def metrics(
    ids: Annotated[
        list[str],
        typer.Argument(help="Instrument ids, such as BTC NASDAQ GOLD.", autocompletion=complete_ids),
    ],
    start: Annotated[
        str | None, typer.Option("--from", help="First year or day; as far back as all reach if left out.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year or day; as far as all reach if left out.")
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(
            help="Also beta, alpha, capture, ... against this instrument.", autocompletion=complete_ids
        ),
    ] = None,
    frequency: Annotated[
        Frequency, typer.Option(help="Of the returns that risk is taken from.")
    ] = Frequency.daily,
    basis: Annotated[Basis, typer.Option(help="Price alone, or with dividends.")] = Basis.price,
    currency: Annotated[
        str | None, typer.Option(help="Convert all at the reference rates, such as EUR.")
    ] = None,
    real: Annotated[bool, typer.Option("--real", help="After consumer prices of the currency.")] = False,
    risk_free: Annotated[
        str, typer.Option(help="A yearly fraction such as 0.02, or a 13-week bill such as TBILL_13W.")
    ] = "0",
    sessions: Annotated[
        Sessions, typer.Option(help="Each one's own, or those that all share.")
    ] = Sessions.own,
    annualise: Annotated[str, typer.Option(help="auto, or periods per year.")] = "auto",
    annualise_short: Annotated[
        bool, typer.Option("--annualise-short", help="A yearly rate also of a window below a year.")
    ] = False,
    deepest: Annotated[int, typer.Option(help="How many drawdowns to list.")] = 3,
    returns: Annotated[
        Period | None, typer.Option(help="Instead of figures: the return of each day, week, month, ...")
    ] = None,
    rolling: Annotated[
        bool, typer.Option("--rolling", help="Instead: figures against the benchmark, window by window.")
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(help="With --rolling: returns a window; 252 days, 52 weeks, 12 months if left out."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Only what could be known then, such as 2024-06-30.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --as-of: only what this lake had seen then.")
    ] = False,
    engine: Engine = EngineName.duckdb,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """Return and risk of instruments over a window: CAGR, volatility, Sharpe, drawdown, beta and more."""
    from ..query import series
    from ..query.metrics import metrics as measure
    from ..settings import parse_instant

    if window is not None and not rolling:
        raise UsageError("--window is the length of rolling windows; give --rolling too")
    settings = settings_of(home, lake, now, None)
    place = settings.lake
    named = [*ids, benchmark] if benchmark else ids
    taken: dict[str, Any] = {
        "start": parse_day(start, "01-01") if start else None,
        "end": parse_day(end, "12-31") if end else None,
        "basis": basis.value,
        "currency": currency or settings.currency,
        "real": real,
        "sessions": sessions.value,
        "as_of": parse_instant(as_of) if as_of else None,
        "strict": strict,
        "engine": engine_of(engine, settings),
    }
    risk: dict[str, Any] = {
        "frequency": frequency.value,
        "risk_free": _risk_free(risk_free),
        "annualise": _annualise(annualise),
    }
    if returns is not None and rolling:
        raise UsageError("--returns and --rolling are two answers; ask for one at a time")
    if returns is not None:
        by_period = series.calendar_returns(place, named, period=returns.value, **taken)
        _print(by_period, by_period.rows, print_returns, output)
    elif rolling:
        if benchmark is None:
            raise UsageError("rolling figures are taken beside a benchmark; give --benchmark, such as SP500")
        rolled = series.rolling(place, ids, benchmark, periods=window, **risk, **taken)
        _print(rolled, rolled.rows, print_rolling, output)
    else:
        more: dict[str, Any] = {
            "benchmark": benchmark,
            "annualise_short": annualise_short,
            "deepest": deepest,
        }
        found = measure(place, ids, **more, **risk, **taken)
        _print(found, found.figures, print_metrics, output)


def _print(found: Told, rows: Sequence[Any], table: Callable[[Told, Format], None], output: Format) -> None:
    """The whole answer as JSON, its rows as CSV, else its tables."""
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        columns = list(asdict(rows[0])) if rows else ["instrument_id"]
        print_rows([asdict(row) for row in rows], columns, output)
    else:
        table(found, output)


def _risk_free(text: str) -> float | str:
    """A number, else the name of a bill."""
    try:
        return float(text)
    except ValueError:
        return text


def _annualise(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is neither auto nor a number of periods per year") from None
