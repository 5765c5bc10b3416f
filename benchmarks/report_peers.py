"""The table of the libraries that measure one instrument at a time, and of vectorbt."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

from .measure import WINDOWS, Results
from .peers import PEERS
from .tables import Target, judged, table
from .timing import Ratio, Timing

_VECTORBT: Final = 5.0


def peers(r: Results) -> str:
    """A row a library: what it takes per symbol over each window, and how many times ours that is."""
    heads = ["", "symbols a round"]
    for window in WINDOWS:
        heads += [f"per symbol, {window}", "times ours", "target"]
    return table([*heads, "agrees to"], [_ours(r), *_peer_rows(r), _vectorbt(r)])


def _ours(r: Results) -> list[str]:
    row = ["scoreboard", f"{r.symbols:,}"]
    for window in WINDOWS:
        row += [_each(r.timings[f"large: {window}"], r.symbols), "", ""]
    return [*row, ""]


def _peer_rows(r: Results) -> Iterator[list[str]]:
    for peer in PEERS:
        row = [f"{peer.package} {version(peer.package)}", str(min(peer.sample, r.symbols))]
        for window, target in zip(WINDOWS, (peer.whole_years, peer.any_dates), strict=True):
            row += _against(r, peer.package, window, min(peer.sample, r.symbols), target)
        yield [*row, f"{r.deviations[peer.package]:.0e}"]


def _vectorbt(r: Results) -> list[str]:
    if r.vectorbt is None:
        return ["vectorbt", "not measured: the Python given as --vectorbt has none", *[""] * 7]
    name, sample = f"vectorbt {r.vectorbt.version}, accessor, all columns together", r.vectorbt.sample
    figures = _against(r, "vectorbt", "whole years", sample, _VECTORBT)
    return [name, f"{sample:,}", *figures, "", "", "", f"{r.deviations['vectorbt']:.0e}"]


def _against(r: Results, who: str, window: str, sample: int, target: float) -> list[str]:
    theirs = r.timings[f"{who}: {window}"]
    ratio = Ratio.of(theirs, r.timings[f"large: {window}"], r.symbols / sample)
    return [_each(theirs, sample), str(ratio), judged(ratio.median, Target(target, at_least=True), r.symbols)]


def _each(timing: Timing, count: int) -> str:
    return f"{1000 * timing.seconds / count:.3g} ms"
