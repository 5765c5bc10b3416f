"""The results as the tables of README.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .measure import Results
from .report_building import building
from .report_peers import peers
from .tables import Target, judged, machine, seconds, sizes, table
from .timing import Ratio
from .wide import TIMES

_MEMORY: Final = Target(200)
_TO_FLOOR: Final = {"whole years": Target(0.3), "calendar years": None, "any dates": Target(4)}
_NAMES: Final = {
    "floor": "floor: `sum(close)` over the same bars",
    "whole years": "scoreboard over whole years, from the state",
    "whole years by days": "the same, asked by its first and last day",
    "calendar years": "calendar-year returns",
    "any dates": "scoreboard over any dates, from the daily mart",
}


def report(r: Results) -> str:
    """All of it, in Markdown."""
    return "\n\n".join([_heading(r), _answers(r), *_sentences(r), peers(r), building(r)])


def _heading(r: Results) -> str:
    rounds, bars = len(r.timings["large: floor"].wall), r.large.made["bars"]["bars"]
    return (
        f"{r.symbols:,} symbols x {r.large.job.years} years, {bars:,} bars; {rounds} rounds; "
        f"{machine('duckdb', 'polars')}."
    )


def _answers(r: Results) -> str:
    heads = [*sizes(r.small.job.symbols, r.symbols), "ratio to floor", "target", "peak memory", "target"]
    return table(heads, [_answer(r, name) for name in _NAMES])


def _answer(r: Results, name: str) -> list[str]:
    small, large = r.timings[f"small: {name}"], r.timings[f"large: {name}"]
    ratio, peak = Ratio.of(large, r.timings["large: floor"]), r.peaks[name]
    return [
        _NAMES[name],
        seconds(small.seconds),
        seconds(large.seconds),
        f"{Ratio.of(large, small).median:.1f}x",
        seconds(large.cpu_seconds),
        "" if name == "floor" else str(ratio),
        judged(ratio.median, _TO_FLOOR.get(name), r.symbols),
        f"{peak:.0f} MB",
        judged(peak, _MEMORY, r.symbols),
    ]


def _sentences(r: Results) -> Iterator[str]:
    wide, polars = r.timings["wide: whole years"], r.timings["polars: any dates"]
    ratio = Ratio.of(wide, r.timings["large: whole years"])
    yield (
        f"{TIMES * r.symbols:,} symbols from the state: {seconds(wide.seconds)}, {ratio} times what "
        f"{r.symbols:,} take ({judged(ratio.median, Target(8), r.symbols)}), {r.peaks['wide']:.0f} MB."
    )
    ratio = Ratio.of(polars, r.timings["large: any dates"])
    yield (
        f"Any dates by polars from the files of the same daily mart: {seconds(polars.seconds)}, CPU "
        f"{seconds(polars.cpu_seconds)}, {ratio} times ours "
        f"({judged(ratio.median, Target(1.5, at_least=True), r.symbols)}); "
        f"all figures of all symbols agree to {r.deviations['polars']:.0e}."
    )
