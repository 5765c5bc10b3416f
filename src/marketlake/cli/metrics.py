"""The commands `metrics` and `returns`: return and risk over a window, and returns by period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from ..model.errors import UsageError
from .options import (
    AsOf,
    Basis,
    BasisOption,
    Benchmark,
    Currency,
    End,
    Engine,
    EngineName,
    Format,
    Frequency,
    FrequencyOption,
    Home,
    Lake,
    Named,
    Now,
    Output,
    Period,
    Real,
    RiskFree,
    Sessions,
    SessionsOption,
    Start,
    Strict,
    given,
    lake_of,
    risk_free_of,
    settings_of,
)
from .output import drawn, figure_text, percent, print_json, print_rows, say, sparkline

if TYPE_CHECKING:
    from ..answers.metrics import Figure, Metrics
    from ..answers.returns import Returns, Rolling

    Told = TypeVar("Told", Metrics, Returns, Rolling)

_ROWS: Final = 120
"""A table for people shows this many rows, the latest."""
_DRAWN: Final = 60


def metrics(
    ids: Named,
    start: Start = None,
    end: End = None,
    benchmark: Benchmark = None,
    frequency: FrequencyOption = Frequency.daily,
    basis: BasisOption = Basis.price,
    currency: Currency = None,
    real: Real = False,
    risk_free: RiskFree = None,
    sessions: SessionsOption = Sessions.own,
    annualise: Annotated[str, typer.Option(help="auto, or periods per year.")] = "auto",
    annualise_short: Annotated[
        bool, typer.Option("--annualise-short", help="A yearly rate also of a window below a year.")
    ] = False,
    deepest: Annotated[int, typer.Option(help="How many drawdowns to list.")] = 3,
    rolling: Annotated[
        bool, typer.Option("--rolling", help="Instead: figures against the benchmark, window by window.")
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(help="With --rolling: returns a window; 252 days, 52 weeks, 12 months if left out."),
    ] = None,
    as_of: AsOf = None,
    strict: Strict = False,
    engine: Engine = EngineName.duckdb,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """Return and risk of instruments over a window: CAGR, volatility, Sharpe, drawdown, beta and more."""
    if window is not None and not rolling:
        raise UsageError("--window is the length of rolling windows; give --rolling too")
    settings = settings_of(home, lake, now, None)
    options = given(
        start=start,
        end=end,
        benchmark=benchmark,
        frequency=frequency,
        basis=basis,
        currency=currency or settings.currency,
        real=real,
        risk_free=risk_free_of(risk_free),
        sessions=sessions,
        annualise=_annualise(annualise),
        as_of=as_of,
        strict=strict,
    )
    opened = lake_of(settings, engine)
    if rolling:
        rolled = opened.rolling(ids, periods=window, **options)
        _print(rolled, rolled.rows, print_rolling, output)
    else:
        found = opened.metrics(ids, deepest=deepest, annualise_short=annualise_short, **options)
        _print(found, found.figures, print_metrics, output)


def returns(
    ids: Named,
    period: Annotated[Period, typer.Option("--by", help="The stretch of the calendar.")] = Period.month,
    start: Start = None,
    end: End = None,
    basis: BasisOption = Basis.price,
    currency: Currency = None,
    real: Real = False,
    sessions: SessionsOption = Sessions.own,
    as_of: AsOf = None,
    strict: Strict = False,
    engine: Engine = EngineName.duckdb,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """What instruments returned in each day, week, month, quarter or year."""
    settings = settings_of(home, lake, now, None)
    options = given(
        start=start,
        end=end,
        basis=basis,
        currency=currency or settings.currency,
        real=real,
        sessions=sessions,
        as_of=as_of,
        strict=strict,
    )
    found = lake_of(settings, engine).returns(ids, period=period.value, **options)
    _print(found, found.rows, print_returns, output)


def _print(found: Told, rows: Sequence[Any], table: Callable[[Told, Format], None], output: Format) -> None:
    """The whole answer as JSON, its rows as CSV, else its tables."""
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        columns = list(vars(rows[0])) if rows else ["instrument_id"]
        print_rows([vars(row) for row in rows], columns, output)
    else:
        table(found, output)


def _annualise(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is neither auto nor a number of periods per year") from None


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
    over = found.risk_free if isinstance(found.risk_free, str) else f"{found.risk_free:g} a year"
    against = f", against {found.benchmark}" if found.benchmark else ""
    _close(found, f"{found.frequency} returns", f", risk-free {over}{against}", output)


def print_returns(found: Returns, output: Format) -> None:
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


def print_rolling(found: Rolling, output: Format) -> None:
    """A line a session and instrument, the instruments of a session together."""
    ordered = sorted(found.rows, key=lambda row: (row.session, found.instruments.index(row.instrument_id)))
    lines = [
        {
            "to": row.session,
            "instrument": row.instrument_id,
            "correlation": _ratio(row.correlation),
            "beta": _ratio(row.beta),
            "alpha": percent(row.alpha),
            "tracking error": percent(row.tracking_error, plus=False),
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


def _draw(found: Returns) -> None:
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


def _close(found: Metrics | Returns | Rolling, what: str, more: str, output: Format) -> None:
    """What must be said under any table."""
    if output is not Format.table:
        return
    worth = "real" if found.real else "nominal"
    known = f", as known at {found.as_of.isoformat()}{' by this lake' * found.strict}" if found.as_of else ""
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
    from ..engine.metric_sql import label_of

    lines: dict[str, dict[str, Any]] = {}
    for figure in found.figures:
        line = lines.setdefault(figure.metric, {"metric": label_of(figure.metric, found.frequency)})
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
    return figure_text(figure.metric, figure.value)


def _falls(found: Metrics) -> list[dict[str, Any]]:
    return [
        {
            "drawdown": f"{fall.instrument_id} {fall.rank}",
            "depth": percent(fall.depth, plus=False),
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
            "above 0": percent(r.positive_share, plus=False),
            f"above {found.benchmark}": percent(r.win_share, plus=False),
        }
        for r in found.rolling
    ]
