"""The results as the tables of the benchmarks' README."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

from marketlake.model.layout import MARTS

from ..tables import Target, judged, machine, seconds, table
from ..timing import Ratio
from .homes import LAST_YEAR, Taken
from .measure import CORRECTED, Results

_STORED: Final = ("store", "marts")
_PARTS: Final = {
    "plan": "plan: `instruments.toml` read, what is stored looked up",
    "store": "store: parse, normalise, check, merge",
    "marts": "marts of the year",
    "build": "`market.duckdb`",
}


def report(r: Results) -> str:
    """All of it, in Markdown."""
    return "\n\n".join([_heading(r), _daily(r), *_sentences(r), _rare(r), _bytes(r)])


def _heading(r: Results) -> str:
    rounds = len(r.rounds[str(r.large), "store"])
    return (
        f"{r.large.symbols:,} instruments, the last session of {LAST_YEAR}; {rounds} rounds; "
        f"{machine('duckdb', 'pyarrow')}."
    )


def _daily(r: Results) -> str:
    heads = [
        "",
        str(r.small),
        str(r.large),
        "growth",
        "CPU",
        "times the floor",
        str(r.shallow),
        f"{r.large.years} years over {r.shallow.years}",
        "peak memory",
    ]
    rows = [_row(r, "floor", "floor: the year's bars read and written, once")]
    rows += [_row(r, step, said) for step, said in _PARTS.items()]
    return table(heads, rows)


def _row(r: Results, step: str, said: str) -> list[str]:
    small, large = r.median(r.small, step), r.median(r.large, step)
    taken = r.rounds[str(r.large), step]
    return [
        said,
        seconds(small),
        seconds(large),
        f"{large / small:.1f}x",
        seconds(statistics.median(one["cpu"] for one in taken)),
        str(Ratio.between(r.seconds(r.large, step), r.seconds(r.large, "floor"))),
        seconds(r.median(r.shallow, step)),
        str(Ratio.between(r.seconds(r.large, step), r.seconds(r.shallow, step))),
        _memory(r, max(one["peak_mb"] for one in taken)),
    ]


def _sentences(r: Results) -> Iterator[str]:
    for steps, said in ((_STORED, "Store and marts"), (tuple(_PARTS), "The whole run")):
        ratio = Ratio.between(r.seconds(r.large, *steps), r.seconds(r.shallow, *steps))
        verdict = judged(ratio.median, Target(1.2), r.large.symbols) if steps == _STORED else "no target"
        yield (
            f"{said}: {seconds(r.median(r.large, *steps))} with {r.large.years} years stored, "
            f"{seconds(r.median(r.shallow, *steps))} with {r.shallow.years}: {ratio} times as much "
            f"({verdict})."
        )


def _rare(r: Results) -> str:
    heads = ["", str(r.small), str(r.large), "growth", "CPU", "floor", "times the floor", "peak memory"]
    named = {
        "whole store": ("first load: every history stored", "all floor"),
        "whole replay": ("full rebuild: `replay` of every answer", "all floor"),
        "corrected store": (f"a close of {CORRECTED} restated, in a whole history: store", "corrected floor"),
        "corrected marts": ("the same: marts", "corrected floor"),
        "one more store": ("one instrument more, with its history: store", "all floor"),
        "one more marts": ("the same: marts of every year", "all floor"),
        "reverified store": ("a daily run in which a thirtieth of the histories is verified: store", "floor"),
        "reverified marts": ("the same: marts", "floor"),
    }
    return table(heads, [_rare_row(r, step, *told) for step, told in named.items()])


def _rare_row(r: Results, step: str, said: str, floor: str) -> list[str]:
    small, large = r.once.get((str(r.small), step)), r.once[str(r.large), step]
    least = r.median(r.large, "floor") if floor == "floor" else r.once[str(r.large), floor]["seconds"]
    return [
        said,
        seconds(small["seconds"]) if small else "",
        seconds(large["seconds"]),
        f"{large['seconds'] / small['seconds']:.1f}x" if small else "",
        seconds(large["cpu"]),
        seconds(least),
        f"{large['seconds'] / least:.1f}",
        _memory(r, large["peak_mb"]),
    ]


def _bytes(r: Results) -> str:
    """The bytes of each table for each bar, of a lake that was filled from answers and of one with marts."""
    rows = []
    for lake in (r.small, r.large):
        filled, built = r.once[str(lake), "whole size"], r.once[str(lake), "size"]
        bars = filled["tables"]["bar"][1]
        per_bar = {
            "raw": filled["tables"]["raw"][0] / bars,
            "bar": filled["tables"]["bar"][0] / bars,
            "marts": sum(_stored(built, name) for name in MARTS) / bars,
            "database": built["database"] / bars,
        }
        rows.append(
            [
                str(lake),
                f"{bars:,}",
                *(f"{value:.1f}" for value in per_bar.values()),
                f"{sum(per_bar.values()):.1f}",
            ]
        )
    return table(
        ["bytes for each bar", "bars", "answers in raw/", "bar", "marts", "`market.duckdb`", "together"], rows
    )


def _stored(size: Taken, name: str) -> int:
    stored: int = size["tables"][name][0]
    return stored


def _memory(r: Results, peak: float) -> str:
    return f"{peak:.0f} MB"
