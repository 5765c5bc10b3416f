"""Everything that is measured of the returns engine, of two lakes, the larger ten times the smaller."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from . import agreement, parts, polars_says, processes
from .closes import closes, within
from .lakes import Lake
from .peers import PEERS, Peer
from .questions import questions, scoreboard
from .timing import Timing, in_turn, once
from .vectorbt_process import Vectorbt, vectorbt
from .wide import widen

IN_MEMORY: Final = 1000
"""Instruments whose closes are held for the peers."""
WINDOWS: Final = ("whole years", "any dates")

Variants = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Results:
    """Seconds, megabytes and deviations by name; see `variants`, `building` and `agree`."""

    small: Lake
    large: Lake
    timings: Mapping[str, Timing]
    parts: Mapping[str, Timing]
    peaks: Mapping[str, float]
    deviations: Mapping[str, float]
    vectorbt: Vectorbt | None

    @property
    def symbols(self) -> int:
        return self.large.job.symbols

    @property
    def floor(self) -> float:
        """Seconds, of the larger lake."""
        return self.timings["large: floor"].seconds


def measure(small: Lake, large: Lake, rounds: int, python: str, folder: Path) -> Results:
    """Measure in turn; `python` is an interpreter to look for vectorbt in, `folder` for files on the way."""
    _progress("widening the states")
    wide = widen(large.database, folder / "wide")
    peaks = _peaks(large, wide)
    _progress("closes for the peers")
    stored = closes(large, min(IN_MEMORY, large.job.symbols))
    with vectorbt(python, within(stored, large.whole_years), folder) as vbt:
        _progress("agreement")
        deviations = agree(large, stored, vbt)
        with variants(small, large, wide, stored, vbt) as asked:
            _progress(f"{len(asked)} variants, {rounds} rounds")
            timings = in_turn(asked, rounds)
    _progress("marts by themselves")
    return Results(small, large, timings, building(small, large, folder), peaks, deviations, vbt)


@contextmanager
def variants(
    small: Lake, large: Lake, wide: Path, stored: pd.DataFrame, vbt: Vectorbt | None
) -> Iterator[Variants]:
    """Run each round: questions to each lake, making its state, polars, each peer over each window."""
    with ExitStack() as stack:
        asked: Variants = {}
        for size, lake in (("small", small), ("large", large)):
            connection = stack.enter_context(lake.connect())
            for name, text in questions(lake).items():
                asked[f"{size}: {name}"] = partial(_ask, connection, text)
            asked[f"{size}: state"] = stack.enter_context(parts.held_days(lake)).make_state
            asked[f"{size}: state from files"] = partial(parts.state_from_mart, lake)
        connection = stack.enter_context(duckdb.connect(str(wide), read_only=True))
        asked["wide: whole years"] = partial(_ask, connection, scoreboard(large.whole_years))
        asked["polars: any dates"] = partial(polars_says.scoreboard, large, large.any_dates)
        asked |= _peer_variants(large, stored)
        if vbt is not None:
            asked["vectorbt: whole years"] = vbt.measure
        yield asked


def agree(large: Lake, stored: pd.DataFrame, vbt: Vectorbt | None) -> dict[str, float]:
    """The worst deviation of each from the scoreboard over both windows; `DisagreementError` above 1e-9."""
    found: dict[str, list[float]] = {}
    for window in (large.whole_years, large.any_dates):
        board = agreement.ours(large, window)
        found.setdefault("polars", []).append(agreement.with_polars(large, window, board))
        for peer in PEERS:
            found.setdefault(peer.package, []).append(agreement.with_peer(peer, window, stored, board))
        if vbt is not None and window == large.whole_years:
            found["vectorbt"] = [agreement.with_figures("vectorbt", vbt.figures, board)]
    return {who: max(deviations) for who, deviations in found.items()}


def building(small: Lake, large: Lake, folder: Path) -> dict[str, Timing]:
    """Single marts of each lake, once."""
    found = {}
    for size, lake in (("small", small), ("large", large)):
        found[f"{size}: daily"] = once(partial(parts.daily_from_bars, lake, folder))
    return found


def _peer_variants(large: Lake, stored: pd.DataFrame) -> Variants:
    asked: Variants = {}
    for peer in PEERS:
        for name, window in zip(WINDOWS, (large.whole_years, large.any_dates), strict=True):
            inside = within(stored, window).iloc[:, : peer.sample]
            series = [inside[column] for column in inside.columns]
            asked[f"{peer.package}: {name}"] = partial(_each, peer, series)
    return asked


def _peaks(large: Lake, wide: Path) -> dict[str, float]:
    texts = [(name, large.database, text) for name, text in questions(large).items()]
    texts.append(("wide", wide, scoreboard(large.whole_years)))
    return {name: processes.answer(database, text)["peak_mb"] for name, database, text in texts}


def _ask(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    connection.execute(text).to_arrow_table()


def _each(peer: Peer, series: list[pd.Series]) -> None:
    for each in series:
        peer.says(each)


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
