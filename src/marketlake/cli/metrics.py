"""The command `metrics`: return and risk of instruments over a window, side by side."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .answer import Basis, Sessions
from .options import Format, Home, Lake, Now, Output, parse_date, settings_of
from .output import percent, print_json, print_rows, say

if TYPE_CHECKING:
    from ..query.metric_answer import Figure, Metrics


class Frequency(StrEnum):
    """How often returns are taken."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


def metrics(
    ids: Annotated[list[str], typer.Argument(help="Instrument ids, such as BTC NASDAQ GOLD.")],
    start: Annotated[
        str | None, typer.Option("--from", help="First day; as far back as all reach if left out.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last day; as far as all reach if left out.")
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Also beta, alpha, capture, ... against this instrument.")
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
    deepest: Annotated[int, typer.Option(help="How many drawdowns to list.")] = 3,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """Return and risk of instruments over a window: CAGR, volatility, Sharpe, drawdown, beta and more."""
    from ..query.metrics import metrics as measure

    found = measure(
        settings_of(home, lake, now, None).lake,
        ids,
        start=parse_date(start) if start else None,
        end=parse_date(end) if end else None,
        benchmark=benchmark,
        frequency=frequency.value,
        basis=basis.value,
        currency=currency,
        real=real,
        risk_free=_risk_free(risk_free),
        sessions=sessions.value,
        annualise=_annualise(annualise),
        deepest=deepest,
    )
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        print_rows([asdict(figure) for figure in found.figures], list(asdict(found.figures[0])), output)
    else:
        _print(found, output)


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


def _print(found: Metrics, output: Format) -> None:
    print_rows(_lines(found), ["metric", *found.instruments], output)
    if found.drawdowns:
        say()
        print_rows(_falls(found), ["drawdown", "depth", "high", "low", "recovered"], output)
    if found.rolling:
        say()
        columns = ["rolling", "windows", "lowest", "median", "highest", "latest", "above 0"]
        print_rows(_windows(found), columns + [f"above {found.benchmark}"] * bool(found.benchmark), output)
    if output is not Format.table:
        return
    say()
    say(_terms(found))
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


def _terms(m: Metrics) -> str:
    worth = "real" if m.real else "nominal"
    riskless = m.risk_free if isinstance(m.risk_free, str) else f"{m.risk_free:g} a year"
    against = f", against {m.benchmark}" if m.benchmark else ""
    return (
        f"{m.start} to {m.end}: {m.basis} return, {m.currency}, {worth}, {m.frequency} returns on "
        f"{m.sessions} sessions, risk-free {riskless}{against}"
    )
