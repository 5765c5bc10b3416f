"""The commands `metrics` and `returns`: return and risk over a window, and returns by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from ..model.errors import UsageError
from ..model.terms import PERIODS
from .options import (
    Format,
    as_of_option,
    basis_option,
    benchmark_option,
    currency_option,
    end_option,
    engine_option,
    format_option,
    frequency_option,
    given,
    lake_of,
    named,
    named_argument,
    real_option,
    risk_free_of,
    risk_free_option,
    sessions_option,
    settings_options,
    start_option,
    strict_option,
)
from .output import drawn, figure_text, percent, print_answer, print_rows, say, sparkline

if TYPE_CHECKING:
    from ..answers.metrics import Figure, Metrics
    from ..answers.returns import Returns, Rolling
    from ..model.settings import Settings

_ROWS: Final = 120
"""Maximum number of rows in a table; the latest are shown."""
_DRAWN: Final = 60
_NO_ROWS: Final = ("instrument_id",)
"""The heading of a CSV without rows."""


@click.command()
@named_argument
@start_option
@end_option
@benchmark_option
@frequency_option
@basis_option
@currency_option
@real_option
@risk_free_option
@sessions_option
@click.option("--annualise", default="auto", help="Periods per year; auto derives them from the calendar.")
@click.option("--annualise-short", is_flag=True, help="Annualise windows of less than a year too.")
@click.option("--deepest", type=int, default=3, help="How many drawdowns to list.")
@click.option("--rolling", is_flag=True, help="Show rolling figures against the benchmark instead.")
@click.option(
    "--window", type=int, help="Returns per rolling window; default: 252 days, 52 weeks or 12 months."
)
@click.option("--metric", multiple=True, help="Show this metric only, such as Sharpe; may be repeated.")
@as_of_option
@strict_option
@engine_option
@settings_options("home", "lake", "now")
@format_option
def metrics(
    ids: tuple[str, ...],
    start: str | None,
    end: str | None,
    benchmark: str | None,
    frequency: str,
    basis: str,
    currency: str | None,
    real: bool,
    risk_free: str | None,
    sessions: str,
    annualise: str,
    annualise_short: bool,
    deepest: int,
    rolling: bool,
    window: int | None,
    metric: tuple[str, ...],
    as_of: str | None,
    strict: bool,
    engine: str,
    settings: Settings,
    output: Format,
) -> None:
    """Show return and risk over a window: CAGR, volatility, Sharpe, drawdown, beta and more."""
    chosen = _chosen(metric, frequency, benchmark)
    if chosen and rolling:
        raise UsageError("--metric chooses figures of the whole window; leave out --rolling or --metric")
    if window is not None and not rolling:
        raise UsageError("--window is the length of rolling windows; give --rolling too")
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
        print_answer(rolled, output, print_rolling, columns=() if rolled.rows else _NO_ROWS)
    else:
        answer = opened.metrics(ids, deepest=deepest, annualise_short=annualise_short, **options)
        print_answer(_only(answer, chosen), output, partial(print_metrics, whole=answer))


def _chosen(words: Sequence[str], frequency: str, benchmark: str | None) -> tuple[str, ...]:
    """The metrics that these words name."""
    from ..engine.metric_sql import BY_NAME, label_of

    labels = {name: label_of(name, frequency) for name in BY_NAME}
    chosen = tuple(named("--metric", word, labels) for word in words)
    for name in chosen:
        if benchmark is None and BY_NAME[name].kind == "pair":
            raise UsageError(f"{labels[name]} is a figure against another instrument; give --benchmark too")
    return chosen


def _only(answer: Metrics, chosen: Sequence[str]) -> Metrics:
    """The answer with these metrics only, in their order; all of it if none is chosen."""
    if not chosen:
        return answer
    figures = [figure for name in chosen for figure in answer.figures if figure.metric == name]
    return replace(answer, figures=tuple(dict.fromkeys(figures)), drawdowns=(), rolling=())


@click.command()
@named_argument
@click.option("--by", "period", type=click.Choice(PERIODS), default="month", help="Length of a period.")
@start_option
@end_option
@basis_option
@currency_option
@real_option
@sessions_option
@as_of_option
@strict_option
@engine_option
@settings_options("home", "lake", "now")
@format_option
def returns(
    ids: tuple[str, ...],
    period: str,
    start: str | None,
    end: str | None,
    basis: str,
    currency: str | None,
    real: bool,
    sessions: str,
    as_of: str | None,
    strict: bool,
    engine: str,
    settings: Settings,
    output: Format,
) -> None:
    """Show the return of instruments in each day, week, month, quarter or year."""
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
    answer = lake_of(settings, engine).returns(ids, period=period, **options)
    print_answer(answer, output, print_returns, columns=() if answer.rows else _NO_ROWS)


def _annualise(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is neither auto nor a number of periods per year") from None


def print_metrics(answer: Metrics, output: Format, whole: Metrics) -> None:
    """Print the metrics, the deepest drawdowns and the rolling returns; `whole` has all metrics."""
    print_rows(_lines(answer, whole), ["metric", *answer.instruments], output)
    if answer.drawdowns:
        say()
        print_rows(_drawdowns(answer), ["drawdown", "depth", "high", "low", "recovered"], output)
    if answer.rolling:
        say()
        columns = ["rolling", "windows", "lowest", "median", "highest", "latest", "above 0"]
        print_rows(_windows(answer), columns + [f"above {answer.benchmark}"] * bool(answer.benchmark), output)
    over = answer.risk_free if isinstance(answer.risk_free, str) else f"{answer.risk_free:g} annually"
    against = f", against {answer.benchmark}" if answer.benchmark else ""
    _close(answer, f"{answer.frequency} returns", f", risk-free {over}{against}", output)


def print_returns(answer: Returns, output: Format) -> None:
    """One line per period and instrument, sorted by period."""
    ordered = sorted(answer.rows, key=lambda row: (row.period, answer.instruments.index(row.instrument_id)))
    lines = [
        {
            answer.period: _label(answer.period, row.period),
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
    columns = [answer.period, "instrument", "return", "log", "n", "from", "to", "quality"]
    _print_latest(lines, columns, output)
    if drawn(output):
        _draw(answer)
    _close(answer, f"returns by {answer.period}", "", output)


def print_rolling(answer: Rolling, output: Format) -> None:
    """One line per session and instrument, sorted by session."""
    ordered = sorted(answer.rows, key=lambda row: (row.session, answer.instruments.index(row.instrument_id)))
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
    each = f", {answer.periods} {answer.frequency} returns each, against {answer.benchmark}"
    _close(answer, "rolling figures", each, output)


def _draw(answer: Returns) -> None:
    """One sparkline per instrument: its latest returns, oldest first."""
    say()
    say("trend of the latest returns, oldest first")
    width = max(len(name) for name in answer.instruments)
    for name in answer.instruments:
        returns = [row.simple_return for row in answer.rows if row.instrument_id == name][-_DRAWN:]
        say(f"{name:<{width}}  {sparkline(returns)}")


def _label(period: str, first: date) -> str:
    if period == "quarter":
        return f"{first.year} Q{(first.month + 2) // 3}"
    return first.isoformat()[: {"year": 4, "month": 7}.get(period, 10)]


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _print_latest(lines: Sequence[dict[str, Any]], columns: Sequence[str], output: Format) -> None:
    shown = lines[-_ROWS:] if output == "table" else lines
    print_rows(shown, columns, output)
    if len(shown) < len(lines):
        say()
        say(f"the latest {len(shown)} of {len(lines):,} rows; --format csv, json or markdown prints all")


def _close(answer: Metrics | Returns | Rolling, what: str, more: str, output: Format) -> None:
    """Print the terms, the notes and the snapshot."""
    if output != "table":
        return
    worth = "real" if answer.real else "nominal"
    known = (
        f", as known at {answer.as_of.isoformat()}{' by this lake' * answer.strict}" if answer.as_of else ""
    )
    say()
    say(
        f"{answer.start} to {answer.end}: {answer.basis} return, {answer.currency}, {worth}, {what} on "
        f"{answer.sessions} sessions{more}{known}"
    )
    for note in answer.notes:
        say(f"note: {note}")
    say(f"snapshot {answer.snapshot}, {answer.origin} data")


def _lines(answer: Metrics, whole: Metrics) -> list[dict[str, Any]]:
    """One line per metric, then the lines that apply to all of them."""
    from ..engine.metric_sql import label_of

    lines: dict[str, dict[str, Any]] = {}
    for figure in answer.figures:
        line = lines.setdefault(figure.metric, {"metric": label_of(figure.metric, answer.frequency)})
        line[figure.instrument_id] = _shown(figure)
    of_risk = [figure for figure in whole.figures if figure.metric == "volatility"]
    shared: dict[str, list[Any]] = {
        f"{answer.frequency} returns": [f"{f.n:,}" for f in of_risk],
        "from": [f.first_session for f in of_risk],
        "to": [f.last_session for f in of_risk],
        "periods per year": [f"{f.periods_per_year:g}" if f.periods_per_year else None for f in of_risk],
        "quality": [f.quality for f in of_risk],
    }
    names = [f.instrument_id for f in of_risk]
    more = [{"metric": name, **dict(zip(names, cells, strict=True))} for name, cells in shared.items()]
    return [*lines.values(), *more]


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "-" if figure.reason is None else figure.reason
    return figure_text(figure.metric, figure.value)


def _drawdowns(answer: Metrics) -> list[dict[str, Any]]:
    return [
        {
            "drawdown": f"{one.instrument_id} {one.rank}",
            "depth": percent(one.depth, plus=False),
            "high": one.peak_session,
            "low": one.trough_session,
            "recovered": one.recovery_session or "not yet",
        }
        for one in answer.drawdowns
    ]


def _windows(answer: Metrics) -> list[dict[str, Any]]:
    return [
        {
            "rolling": f"{r.instrument_id} {r.years} years" if r.years > 1 else f"{r.instrument_id} 1 year",
            "windows": r.n,
            "lowest": percent(r.lowest),
            "median": percent(r.median),
            "highest": percent(r.highest),
            "latest": percent(r.latest),
            "above 0": percent(r.positive_share, plus=False),
            f"above {answer.benchmark}": percent(r.win_share, plus=False),
        }
        for r in answer.rolling
    ]
