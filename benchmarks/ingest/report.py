"""The results as the tables of the benchmarks' README."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from ..tables import Target, judged, machine, seconds, table
from ..timing import Ratio
from .measure import Results

_TARGET: Final = Target(100, at_least=True)
_SAID: Final = {
    "prices": "a frame of prices, volume and events; by its index",
    "columns": "a frame with the columns of `bar`",
    "safely": "the same, each file flushed and renamed",
}


def report(r: Results) -> str:
    """All of it, in Markdown."""
    rounds = len(next(iter(r.days.values())))
    ours = r.ours()
    return "\n\n".join(
        [
            f"{r.symbols:,} instruments, {r.rows / r.symbols:.0f} rows of each; {rounds} rounds; "
            f"{machine('pyarrow', 'pandas')}.",
            _days(r),
            f"Over the year: {statistics.median(ours):,.0f} rows a second.",
            table(["the plain way", "a symbol", "rows a second", "ours over it", ""], _plain(r, ours)),
        ]
    )


def _days(r: Results) -> str:
    rows = []
    for day, taken in r.days.items():
        took = statistics.median(one["seconds"] for one in taken)
        cpu = statistics.median(one["cpu"] for one in taken)
        peak = max(one["peak_mb"] for one in taken)
        rows.append([f"{day}", seconds(took), seconds(cpu), f"{r.rows / took:,.0f}", f"{peak:.0f} MB"])
    return table(["the day", "store", "CPU", "rows a second", "peak memory"], rows)


def _plain(r: Results, ours: Sequence[float]) -> list[list[str]]:
    rows = []
    for way, said in _SAID.items():
        theirs, taken = r.theirs(way), r.plain[way]
        each = statistics.median(one["seconds"] / one["symbols"] for one in taken)
        ratio = Ratio.between(ours, theirs)
        verdict = judged(ratio.median, _TARGET, r.symbols)
        rows.append([said, f"{1000 * each:.1f} ms", f"{statistics.median(theirs):,.0f}", f"{ratio}", verdict])
    return rows
