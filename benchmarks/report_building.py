"""The table of what it takes to make and to refresh the marts."""

from __future__ import annotations

from .measure import Results
from .tables import Target, judged, seconds, sizes, table


def building(r: Results) -> str:
    """A row a step; each was taken once, in a process of its own where a peak is named."""
    heads = [*sizes(r.small.job.symbols, r.symbols), "ratio", "target", "peak memory"]
    daily = _part(r, "daily", "daily mart from the bars", None)
    state = _part(r, "state", "state from the daily mart, both bases", Target(20))
    return table(heads, [daily, state, _all(r), _refresh(r), _database(r)])


def _part(r: Results, name: str, said: str, target: Target | None) -> list[str]:
    small, large = r.parts[f"small: {name}"], r.parts[f"large: {name}"]
    verdict = judged(large.seconds / r.floor, target, r.symbols)
    times = _times(small.seconds, large.seconds, large.cpu_seconds)
    return [said, *times, _to_floor(r, large.seconds), verdict, ""]


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
