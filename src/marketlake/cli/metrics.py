"""The answers of the command `metrics`, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from ..model.errors import UsageError
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
from .output import drawn, percent, print_json, print_rows, say, sparkline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..answers.metrics import Figure, Metrics
    from ..answers.series import CalendarReturns, RollingFigures

    Told = TypeVar("Told", Metrics, CalendarReturns, RollingFigures)


_ROWS: Final = 120
"""A table for people shows this many rows, the latest."""
_DRAWN: Final = 60


def print_metrics(found: Metrics, output: Format) -> None:
    """The scoreboard, the deepest drawdowns and the rolling returns."""
    print_rows(_lines(found), ["metric", *found.instruments], output)
    if found.drawdowns:
        say()
        print_rows(_falls(found), ["drawdown", "depth", "high", "low", "recovered"], output)
    if found.rolling:
        say()
        columns = ["rolling", "windows", "lowest", "median", "highest", "latest", "above 0"]
        print_rows(_windows(found), columns + [f"above {found.benchmark}"] * bool(found.benchmark), output)
    riskless = found.risk_free if isinstance(found.risk_free, str) else f"{found.risk_free:g} a year"
    against = f", against {found.benchmark}" if found.benchmark else ""
    _close(found, f"{found.frequency} returns", f", risk-free {riskless}{against}", output)


def print_returns(found: CalendarReturns, output: Format) -> None:
    """A line a period and instrument, the instruments of a period together."""
    ordered = sorted(found.rows, key=lambda row: (row.period, found.instruments.index(row.instrument_id)))
    lines = [
        {
            found.period: _label(found.period, row.period),
            "instrument": row.instrument_id,
            "return": percent(row.simple_return),
            "log": None if row.log_return is None else f"{row.log_return:+.4f}",
            "n": row.n,
            "from": row.start_session,
            "to": row.session,
            "quality": row.quality,
        }
        for row in ordered
    ]
    columns = [found.period, "instrument", "return", "log", "n", "from", "to", "quality"]
    _print_latest(lines, columns, output)
    if drawn(output):
        _draw(found)
    _close(found, f"returns by {found.period}", "", output)


def print_rolling(found: RollingFigures, output: Format) -> None:
    """A line a session and instrument, the instruments of a session together."""
    ordered = sorted(found.rows, key=lambda row: (row.session, found.instruments.index(row.instrument_id)))
    lines = [
        {
            "to": row.session,
            "instrument": row.instrument_id,
            "correlation": _ratio(row.correlation),
            "beta": _ratio(row.beta),
            "alpha": percent(row.alpha),
            "tracking error": percent(row.tracking_error),
            "information ratio": _ratio(row.information_ratio),
            "up capture": _ratio(row.up_capture),
            "down capture": _ratio(row.down_capture),
            "from": row.first_session,
            "quality": row.quality,
        }
        for row in ordered
    ]
    columns = ["to", "instrument", "correlation", "beta", "alpha", "tracking error", "information ratio"]
    _print_latest(lines, [*columns, "up capture", "down capture", "from", "quality"], output)
    each = f", {found.periods} {found.frequency} returns each, against {found.benchmark}"
    _close(found, "rolling figures", each, output)


def _draw(found: CalendarReturns) -> None:
    """A line an instrument: its latest returns, oldest first."""
    say()
    width = max(len(name) for name in found.instruments)
    for name in found.instruments:
        returns = [row.simple_return for row in found.rows if row.instrument_id == name][-_DRAWN:]
        say(f"{name:<{width}}  {sparkline(returns)}")


def _label(period: str, first: date) -> str:
    if period == "quarter":
        return f"{first.year} Q{(first.month + 2) // 3}"
    return first.isoformat()[: {"year": 4, "month": 7}.get(period, 10)]


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _print_latest(lines: Sequence[dict[str, Any]], columns: Sequence[str], output: Format) -> None:
    shown = lines[-_ROWS:] if output is Format.table else lines
    print_rows(shown, columns, output)
    if len(shown) < len(lines):
        say()
        say(f"the latest {len(shown)} of {len(lines):,} rows; --format csv, json or markdown has all")


def _close(found: Metrics | CalendarReturns | RollingFigures, what: str, more: str, output: Format) -> None:
    """What must be said under any table."""
    if output is not Format.table:
        return
    worth = "real" if found.real else "nominal"
    known = f", as known at {found.as_of}{' by this lake' * found.strict}" if found.as_of else ""
    say()
    say(
        f"{found.start} to {found.end}: {found.basis} return, {found.currency}, {worth}, {what} on "
        f"{found.sessions} sessions{more}{known}"
    )
    for note in found.notes:
        say(f"note: {note}")
    say(f"snapshot {found.snapshot}, {found.origin} data")


def _lines(found: Metrics) -> list[dict[str, Any]]:
    """A line a metric, then what must be said of them all."""
    lines: dict[str, dict[str, Any]] = {}
    for figure in found.figures:
        line = lines.setdefault(figure.metric, {"metric": figure.metric.replace("_", " ")})
        line[figure.instrument_id] = _shown(figure)
    of_risk = [figure for figure in found.figures if figure.metric == "volatility"]
    said: dict[str, list[Any]] = {
        f"{found.frequency} returns": [f"{f.n:,}" for f in of_risk],
        "from": [f.first_session for f in of_risk],
        "to": [f.last_session for f in of_risk],
        "periods a year": [f"{f.periods_per_year:g}" if f.periods_per_year else None for f in of_risk],
        "quality": [f.quality for f in of_risk],
    }
    names = [f.instrument_id for f in of_risk]
    more = [{"metric": name, **dict(zip(names, told, strict=True))} for name, told in said.items()]
    return [*lines.values(), *more]


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "-" if figure.reason is None else figure.reason
    return percent(figure.value) if figure.unit == "fraction" else f"{figure.value:,.2f}"


def _falls(found: Metrics) -> list[dict[str, Any]]:
    return [
        {
            "drawdown": f"{fall.instrument_id} {fall.rank}",
            "depth": percent(fall.depth),
            "high": fall.peak_session,
            "low": fall.trough_session,
            "recovered": fall.recovery_session or "not yet",
        }
        for fall in found.drawdowns
    ]


def _windows(found: Metrics) -> list[dict[str, Any]]:
    return [
        {
            "rolling": f"{r.instrument_id} {r.years} years" if r.years > 1 else f"{r.instrument_id} 1 year",
            "windows": r.n,
            "lowest": percent(r.lowest),
            "median": percent(r.median),
            "highest": percent(r.highest),
            "latest": percent(r.latest),
            "above 0": percent(r.positive_share),
            f"above {found.benchmark}": percent(r.win_share),
        }
        for r in found.rolling
    ]


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
    from ..answers import series
    from ..answers.metrics import metrics as measure
    from ..model.settings import parse_instant

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
