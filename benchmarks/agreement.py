"""That all who are measured give the same figures; a benchmark of wrong answers measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import pandas as pd

from . import polars_says
from .closes import within
from .lakes import Lake
from .peers import Peer
from .questions import scoreboard

TOLERANCE: Final = 1e-9
CHECKED: Final = 10
"""Instruments for which a peer's figures are compared."""


class DisagreementError(AssertionError):
    """Two give different figures for the same question."""


def ours(lake: Lake, window: tuple[date, date]) -> pd.DataFrame:
    """The scoreboard, by instrument."""
    with lake.connect() as connection:
        return connection.execute(scoreboard(window)).df().set_index("instrument_id")


def with_polars(lake: Lake, window: tuple[date, date], board: pd.DataFrame) -> float:
    """The worst deviation over all instruments and metrics."""
    theirs = pd.DataFrame(polars_says.scoreboard(lake, window).to_dict(as_series=False))
    theirs = theirs.set_index("instrument_id")
    if list(theirs.index) != list(board.index):
        raise DisagreementError(f"polars has {len(theirs)} instruments, the scoreboard {len(board)}")
    return worst("polars", theirs, board)


def with_peer(peer: Peer, window: tuple[date, date], stored: pd.DataFrame, board: pd.DataFrame) -> float:
    """The worst deviation over the metrics of some instruments."""
    inside = within(stored, window).iloc[:, :CHECKED]
    theirs = pd.DataFrame({name: peer.says(inside[name]) for name in inside.columns}).T
    return worst(peer.package, theirs, board)


def with_figures(who: str, figures: Mapping[str, Mapping[str, float]], board: pd.DataFrame) -> float:
    return worst(who, pd.DataFrame(figures), board)


def worst(who: str, theirs: pd.DataFrame, board: pd.DataFrame) -> float:
    """The largest |theirs - ours| / max(1, |ours|); `DisagreementError` above 1e-9 or where one has none."""
    own = board.loc[theirs.index, theirs.columns].astype(float)
    theirs = theirs.astype(float)
    apart = (theirs - own).abs() / own.abs().clip(lower=1)
    found = apart.max(skipna=False)
    wrong = found[~(found <= TOLERANCE)]
    if len(wrong):
        raise DisagreementError(f"{who} and the scoreboard differ by more than {TOLERANCE}: {dict(wrong)}")
    return float(found.max())
