"""The table of what it takes to make and to refresh the marts."""

from __future__ import annotations

from .measure import Results
from .parts import cores
from .tables import Target, judged, seconds, sizes, table
from .timing import Ratio


def building(r: Results) -> str:
    """A row a step; all but the state were made once, in a process of its own where a peak is named."""
    heads = [*sizes(r.small.job.symbols, r.symbols), "ratio", "target", "peak memory"]
    return table(heads, [_daily(r), _state(r), _state_again(r), _all(r), _refresh(r), _database(r)])


def _daily(r: Results) -> list[str]:
    large = r.parts["large: daily"]
    times = _times(r.parts["small: daily"].seconds, large.seconds, large.cpu_seconds)
    return ["daily mart from the bars", *times, _to_floor(r, large.seconds), "", ""]


def _state(r: Results) -> list[str]:
    """Of a few years, taken as many times as all of them are."""
    large, times = r.timings["large: state"], r.large.job.years / cores()
    ratio = Ratio.of(large, r.timings["large: floor"], times)
    small = r.timings["small: state"].seconds * times
    taken = _times(small, large.seconds * times, large.cpu_seconds * times)
    verdict = judged(ratio.median, Target(20), r.symbols)
    return ["state from the days that a build has in memory", *taken, f"{ratio} times the floor", verdict, ""]


def _state_again(r: Results) -> list[str]:
    large = r.timings["large: state from files"]
    ratio = Ratio.of(large, r.timings["large: floor"])
    times = _times(r.timings["small: state from files"].seconds, large.seconds, large.cpu_seconds)
    return ["state from the files of the daily mart", *times, f"{ratio} times the floor", "", ""]


def _all(r: Results) -> list[str]:
    return _step(r, "marts", "all marts from the bars", _to_floor(r, r.large.made["marts"]["seconds"]), "")


def _refresh(r: Results) -> list[str]:
    whole, day = r.large.made["marts"], r.large.made["refresh"]
    rewritten = (
        f"{day['files']} of {day['of_files']} files, {day['bytes'] / day['of_bytes']:.0%} of the bytes"
    )
    share = day["seconds"] / whole["seconds"]
    verdict = judged(share, Target(0.1), r.symbols)
    return _step(r, "refresh", f"marts after one day more: {rewritten}", f"{share:.3f} of all marts", verdict)


def _database(r: Results) -> list[str]:
    taken = r.large.made["database"]["seconds"]
    return _step(r, "database", "`market.duckdb`, after every change", _to_floor(r, taken), "")


def _step(r: Results, step: str, said: str, ratio: str, verdict: str) -> list[str]:
    small, large = r.small.made[step], r.large.made[step]
    times = _times(small["seconds"], large["seconds"], large["cpu"])
    return [said, *times, ratio, verdict, f"{large['peak_mb']:.0f} MB"]


def _times(small: float, large: float, cpu: float) -> list[str]:
    return [seconds(small), seconds(large), f"{large / small:.1f}x", seconds(cpu)]


def _to_floor(r: Results, taken: float) -> str:
    return f"{taken / r.floor:.0f} times the floor"
