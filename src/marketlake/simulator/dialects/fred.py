"""FRED's keyless CSV: `observation_date,SERIES`, `.` for a missing value, HTML for no series."""

from __future__ import annotations

import numpy as np

from ..ask import Ask
from ..market import Bars
from ..reply import Reply, html_reply
from .candles import text


def answer(ask: Ask) -> Reply:
    """The observations published by now, from `cosd` to `coed`."""
    series_id = ask.query.get("id", "").upper()
    if ask.path != "/graph/fredgraph.csv":
        return html_reply("Not Found", 404)
    ask.about(series_id)
    bars = ask.known(ask.market.find("fred", series_id))
    if bars is None:
        return html_reply("Error - Series Not Found", 404)
    try:
        first = np.datetime64(ask.query.get("cosd") or "1900-01-01", "D")
        last = np.datetime64(ask.query.get("coed") or "2099-12-31", "D")
    except ValueError:
        return html_reply("Bad Request: cosd and coed are dates", 400)
    bars = ask.spoil(bars.take((bars.days >= first) & (bars.days <= last)))
    return Reply(200, _csv(series_id, bars).encode(), {"Content-Type": "application/csv"})


def _csv(series_id: str, bars: Bars) -> str:
    rows = zip(bars.days.astype(str).tolist(), _figures(bars.close.tolist()), strict=True)
    lines = [f"observation_date,{series_id}", *(f"{day},{figure}" for day, figure in rows)]
    return "\n".join(lines) + "\n"


def _figures(values: list[float]) -> list[str]:
    """All with the same number of decimals, as FRED writes a series; none where all are whole."""
    figures = [(text(value) or ".").removesuffix(".0") for value in values]
    places = max((len(figure.partition(".")[2]) for figure in figures), default=0)
    return [figure if figure == "." else _padded(figure, places) for figure in figures]


def _padded(figure: str, places: int) -> str:
    whole, _, decimals = figure.partition(".")
    return f"{whole}.{decimals:0<{places}}" if places else whole
