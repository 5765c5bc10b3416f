"""The answers of the command `metrics`, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from .options import Format
from .output import drawn, percent, print_rows, say
from .terminal import sparkline

if TYPE_CHECKING:
    from ..query.metric_answer import Figure, Metrics
    from ..query.metric_series import CalendarReturns, RollingFigures

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
