"""What the command line shows for the same question, in its own digits."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from marketlake.answers.metrics import Metrics
from marketlake.cli.compare import _score, _shown
from marketlake.cli.metrics import _shown as _figure
from marketlake.lake import Lake

Ask = dict[str, Any]
Table = list[list[str]]
_LINES = {
    "total return": "cumulative_return",
    "CAGR": "cagr",
    "volatility": "volatility",
    "Sharpe ratio, over 0": "sharpe",
    "maximum drawdown": "max_drawdown",
    "best day": "best_period",
    "worst day": "worst_period",
}


def years(lake: Path, ask: Ask) -> tuple[Table, str, list[str]]:
    """The rows of `compare`, its last word and its notes."""
    found = Lake(lake).compare(
        [ask["a"], ask["b"]],
        start=ask["first"],
        end=ask["last"],
        currency=ask["currency"],
        basis=ask["basis"],
    )
    rows = [
        [("" if cell is None else str(cell)) for cell in _shown(found, row).values()] for row in found.rows
    ]
    rows = [[*row[:-1], row[-1].replace(",", ", ")] for row in rows]
    return rows, f"{_score(found)}.", list(found.notes)


def figures(lake: Path, ask: Ask) -> tuple[dict[str, list[str]], str]:
    """The lines of `metrics A --benchmark B` that the page has too, and its correlation."""
    found = _metrics(lake, ask)
    lines = {word: [_value(found, name, metric) for name in _ids(ask)] for word, metric in _LINES.items()}
    for name, metric, trait in (
        ("from its high", "max_drawdown", "start_session"),
        ("to its low", "max_drawdown", "end_session"),
        ("return is", "volatility", "basis"),
        ("from", "cumulative_return", "first_session"),
        ("to", "cumulative_return", "last_session"),
    ):
        lines[name] = [str(getattr(found.figure(i, metric), trait) or "") for i in _ids(ask)]
    lines["recovered"] = [_recovered(found, i) for i in _ids(ask)]
    lines["daily returns, n"] = [f"{found.figure(i, 'volatility').n:,}" for i in _ids(ask)]
    lines["periods a year"] = [f"{found.figure(i, 'volatility').periods_per_year or 0:g}" for i in _ids(ask)]
    lines["quality of the whole"] = [_flags(found.figure(i, "cumulative_return").quality) for i in _ids(ask)]
    lines["quality of daily returns"] = [_flags(found.figure(i, "volatility").quality) for i in _ids(ask)]
    pair = found.figure(ask["a"], "correlation")
    return lines, f"correlation {_figure(pair)}, n {pair.n:,} shared sessions"


def months(lake: Path, ask: Ask) -> Table:
    """`metrics A B --returns month`, a line a month."""
    found = Lake(lake).returns(_ids(ask), period="month", **_taken(ask))
    cells = {(f"{r.period:%Y-%m}", r.instrument_id): _percent(r.simple_return) for r in found.rows}
    periods = sorted({period for period, _ in cells})
    return [[period, *(cells.get((period, i), "") for i in _ids(ask))] for period in periods]


def correlations(lake: Path, ask: Ask) -> dict[str, str]:
    """`metrics A --benchmark B --rolling`, by session."""
    found = Lake(lake).rolling([ask["a"]], benchmark=ask["b"], **_taken(ask))
    return {f"{r.session}": "" if r.correlation is None else f"{r.correlation:,.2f}" for r in found.rows}


def alone(lake: Path, name: str, ask: Ask, frequency: str = "daily") -> list[str]:
    """A line of risk against return: `metrics NAME`."""
    found = Lake(lake).metrics([name], frequency=frequency, **_taken(ask))
    cagr, volatility = found.figure(name, "cagr"), found.figure(name, "volatility")
    return [
        _figure(cagr),
        _figure(volatility).replace("+", ""),
        str(volatility.n),
        str(cagr.first_session),
        str(cagr.last_session),
        _flags(volatility.quality),
    ]


def _metrics(lake: Path, ask: Ask) -> Metrics:
    return Lake(lake).metrics([ask["a"]], benchmark=ask["b"], **_taken(ask))


def _taken(ask: Ask) -> dict[str, Any]:
    return {
        "start": date(ask["first"], 1, 1),
        "end": date(ask["last"], 12, 31),
        "currency": ask["currency"],
        "basis": ask["basis"],
    }


def _ids(ask: Ask) -> list[str]:
    return [ask["a"], ask["b"]]


def _value(found: Metrics, name: str, metric: str) -> str:
    figure = found.figure(name, metric)
    if figure.value is None and figure.unit == "fraction" and metric != "cagr":
        return ""
    if figure.value is None:
        return "-" if metric != "cagr" or figure.reason is None else figure.reason.split(":")[0]
    # only a return has a sign
    return _figure(figure).replace("+", "") if metric in ("volatility", "max_drawdown") else _figure(figure)


def _recovered(found: Metrics, name: str) -> str:
    fall = found.figure(name, "max_drawdown")
    return "" if fall.end_session is None else str(fall.recovery_session or "not yet")


def _flags(quality: str) -> str:
    return quality.replace(",", ", ") or "no flags"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:+,.2f} %"
