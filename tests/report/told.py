"""Expected figures of the page: the answers of `Lake`, formatted as on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from marketlake.answers.compare import ComparedYear
from marketlake.answers.metrics import Figure, Metrics
from marketlake.lake import Lake
from marketlake.portfolio.figures import Figures

Choice = dict[str, Any]
Table = list[list[str]]
_LINES = {
    "total return": "total_return",
    "CAGR": "cagr",
    "volatility": "volatility",
    "Sharpe ratio, over 0": "sharpe",
    "maximum drawdown": "max_drawdown",
    "best day": "best_period",
    "worst day": "worst_period",
}


def years(lake: Path, choice: Choice) -> tuple[Table, str, list[str]]:
    """The rows of `compare`, its last word and its notes."""
    answer = Lake(lake).compare(
        [choice["a"], choice["b"]],
        start=choice["first"],
        end=choice["last"],
        currency=choice["currency"],
        basis=choice["basis"],
    )
    if not answer.years:
        return [*map(_year, answer.rows)], "No year can be judged.", list(answer.notes)
    (a, a_wins), (b, b_wins) = answer.wins.items()
    score = f"{a} ahead in {a_wins} of {answer.years} years, {b} in {b_wins}."
    return [*map(_year, answer.rows)], score, list(answer.notes)


def _year(row: ComparedYear) -> list[str]:
    ends = ([one.start_session for one in row.returns], [one.end_session for one in row.returns])
    return [
        str(row.year),
        *(_percent(one.simple_return) for one in row.returns),
        "" if row.difference is None else _minus(f"{row.difference * 100:+z,.2f} points"),
        row.winner or ("" if row.complete else "incomplete"),
        # where the two differ, both are shown
        *(" / ".join(dict.fromkeys(f"{day or ''}" for day in days)) for days in ends),
        row.quality.replace(",", ", "),
    ]


def figures(lake: Path, choice: Choice) -> tuple[dict[str, list[str]], str]:
    """The lines of `metrics A --benchmark B` that the page has too, and its correlation."""
    answer = _metrics(lake, choice, "daily")
    lines = {word: [_value(answer, name, metric) for name in _ids(choice)] for word, metric in _LINES.items()}
    for name, metric, trait in (
        ("from its high", "max_drawdown", "start_session"),
        ("to its low", "max_drawdown", "end_session"),
        ("return is", "volatility", "basis"),
        ("from", "total_return", "first_session"),
        ("to", "total_return", "last_session"),
    ):
        lines[name] = [str(getattr(answer.figure(i, metric), trait) or "") for i in _ids(choice)]
    lines["recovered"] = [_recovered(answer, i) for i in _ids(choice)]
    lines["daily returns, n"] = [f"{answer.figure(i, 'volatility').n:,}" for i in _ids(choice)]
    lines["periods a year"] = [
        f"{answer.figure(i, 'volatility').periods_per_year or 0:g}" for i in _ids(choice)
    ]
    lines["quality of the whole"] = [_flags(answer.figure(i, "total_return").quality) for i in _ids(choice)]
    lines["quality of daily returns"] = [_flags(answer.figure(i, "volatility").quality) for i in _ids(choice)]
    return lines, correlation(lake, choice)


def correlation(lake: Path, choice: Choice, frequency: str = "daily") -> str:
    """The line below the figures."""
    pair = _metrics(lake, choice, frequency).figure(choice["a"], "correlation")
    unit = "shared sessions" if frequency == "daily" else "months"
    return f"correlation {_figure(pair)}, n {pair.n:,} {unit}"


def months(lake: Path, choice: Choice) -> Table:
    """`metrics A B --returns month`, a line a month."""
    answer = Lake(lake).returns(_ids(choice), period="month", **_terms(choice))
    cells = {(f"{r.period:%Y-%m}", r.instrument_id): _percent(r.simple_return) for r in answer.rows}
    periods = sorted({period for period, _ in cells})
    return [[period, *(cells.get((period, i), "") for i in _ids(choice))] for period in periods]


def correlations(lake: Path, choice: Choice, frequency: str = "daily") -> dict[str, str]:
    """`metrics A --benchmark B --rolling`, the last of each month."""
    terms = _terms(choice) | {"frequency": frequency}
    answer = Lake(lake).rolling([choice["a"]], benchmark=choice["b"], **terms)
    return {f"{r.session:%Y-%m}": "" if r.correlation is None else _ratio(r.correlation) for r in answer.rows}


def growth(lake: Path, choice: Choice) -> Table:
    """What 10,000 became by daily returns, a line a month."""
    return _monthly(lake, choice, lambda index: [f"{10_000 * value:,.2f}" for value in index])


def drawdowns(lake: Path, choice: Choice) -> Table:
    """How far each month's last close is below the highest so far."""

    def percents(index: Any) -> list[str]:
        return [_unsigned(value) for value in index / np.maximum.accumulate(index) - 1]

    return _monthly(lake, choice, percents)


def _monthly(lake: Path, choice: Choice, shown: Callable[[Any], list[str]]) -> Table:
    """The last values of each month of both, of indices that begin with 1 at the window's start."""
    answer = Lake(lake).returns(_ids(choice), period="day", **_terms(choice))
    cells: dict[tuple[str, str], str] = {}
    for name in _ids(choice):
        rows = [row for row in answer.rows if row.instrument_id == name]
        sessions = [*(row.start_session for row in rows[:1]), *(row.session for row in rows)]
        index = np.cumprod([1.0, *(1 + row.simple_return for row in rows)])
        values = zip(sessions, shown(index), strict=True) if rows else ()
        cells |= {(f"{session:%Y-%m}", name): text for session, text in values}
    months = sorted({month for month, _ in cells})
    return [[month, *(cells.get((month, name), "") for name in _ids(choice))] for month in months]


def sizes(lake: Path, plan: str, settings: dict[str, Any], start: str, end: str) -> Table:
    """`portfolio`, a line a size of the sleeve."""
    answer = Lake(lake).portfolio(plan, settings, start=start, end=end, frequency="monthly")
    return [_size(one) for one in answer.sweep]


def _size(one: Figures) -> list[str]:
    return [
        f"{(one.sleeve or 0) * 100:g} %",
        f"{one.end_value:,.2f}",
        _percent(one.cagr),
        _unsigned(one.volatility),
        _ratio(one.return_per_volatility),
        _ratio(one.sharpe),
        _unsigned(one.max_drawdown.depth),
    ]


def _ratio(value: float | None) -> str:
    return "" if value is None else _minus(f"{value:z,.2f}")


def _unsigned(value: float | None) -> str:
    return _percent(value).replace("+", "")


def _figure(figure: Figure) -> str:
    if figure.value is None:
        return figure.reason or "-"
    return _percent(figure.value) if figure.unit == "fraction" else _ratio(figure.value)


def alone(lake: Path, name: str, choice: Choice, frequency: str = "daily") -> list[str]:
    """A line of risk against return: `metrics NAME`."""
    answer = Lake(lake).metrics([name], frequency=frequency, **_terms(choice))
    cagr, volatility = answer.figure(name, "cagr"), answer.figure(name, "volatility")
    return [
        _figure(cagr),
        _figure(volatility).replace("+", ""),
        str(volatility.n),
        str(cagr.first_session),
        str(cagr.last_session),
        _flags(volatility.quality),
    ]


def _metrics(lake: Path, choice: Choice, frequency: str) -> Metrics:
    return Lake(lake).metrics([choice["a"]], benchmark=choice["b"], frequency=frequency, **_terms(choice))


def _terms(choice: Choice) -> dict[str, Any]:
    return {
        "start": date(choice["first"], 1, 1),
        "end": date(choice["last"], 12, 31),
        "currency": choice["currency"],
        "basis": choice["basis"],
    }


def _ids(choice: Choice) -> list[str]:
    return [choice["a"], choice["b"]]


def _value(answer: Metrics, name: str, metric: str) -> str:
    figure = answer.figure(name, metric)
    if figure.value is None and figure.unit == "fraction" and metric != "cagr":
        return ""
    if figure.value is None:
        return "-" if metric != "cagr" or figure.reason is None else figure.reason.split(":")[0]
    # only a return has a sign
    return _figure(figure).replace("+", "") if metric in ("volatility", "max_drawdown") else _figure(figure)


def _recovered(answer: Metrics, name: str) -> str:
    fall = answer.figure(name, "max_drawdown")
    return "" if fall.end_session is None else str(fall.recovery_session or "not yet")


def _flags(quality: str) -> str:
    return quality.replace(",", ", ") or "no flags"


def _percent(value: float | None) -> str:
    return "" if value is None else _minus(f"{value * 100:+z,.2f} %")


def _minus(text: str) -> str:
    """As the page writes it; nothing is rounded to a negative zero."""
    return text.replace("-", "\N{MINUS SIGN}")
