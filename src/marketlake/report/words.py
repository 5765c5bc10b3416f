"""The finding in words: what became of a claim, as a headline and its first sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..claims import CANNOT, FAILS, HOLDS, LAPSED, ClaimCheck, Entry

_HEADLINES: Final[Mapping[tuple[str, str], str]] = {
    (HOLDS, HOLDS): "True when it was said, and still true.",
    (HOLDS, LAPSED): "True when it was said. Not any more.",
    (HOLDS, FAILS): "True when it was said. Not any more.",
    (HOLDS, CANNOT): "True when it was said; today it cannot be told.",
    (FAILS, HOLDS): "Not true when it was said. It is now.",
    (FAILS, FAILS): "Not true when it was said, nor since.",
    (FAILS, LAPSED): "Not true when it was said, nor since.",
    (FAILS, CANNOT): "Not true when it was said.",
    (CANNOT, HOLDS): "True today; of its own years it cannot be told.",
    (CANNOT, FAILS): "Not true today.",
    (CANNOT, LAPSED): "Not true today.",
}
_SAME: Final[Mapping[str, str]] = {HOLDS: "True", FAILS: "Not true"}


def headline(entry: Entry) -> str:
    """What is to be said first."""
    published, rolled = entry.published, entry.rolled
    if published.first_year == rolled.first_year and published.verdict in _SAME:
        return f"{_SAME[published.verdict]}, over the latest {published.of_years} whole years."
    return _HEADLINES.get((published.verdict, rolled.verdict), "It cannot be told from what is stored.")


def readings(entry: Entry) -> str:
    """How far the verdict hangs on what is meant by a return."""
    judged = sum(cell.judged for cell in entry.grid)
    count = f"{judged} of {len(entry.grid)} readings can be judged"
    if not judged:
        return f"Under other conventions: none of {len(entry.grid)} readings can be judged."
    if not entry.depends_on:
        return f"Under other conventions: {count}, and none turns the verdict over."
    ways = len(entry.depends_on)
    return f"Under other conventions: {count}; {ways} way{'s' * (ways > 1)} of counting turn it over."


def score(check: ClaimCheck) -> str:
    """The figures of a verdict, short: 5 of 6."""
    return check.score or "no figures"


def years(check: ClaimCheck) -> str:
    """The span of a check; empty where no years could be found for it."""
    return "" if check.first_year is None else f"{check.first_year}\N{EN DASH}{check.last_year}"


def label(name: str, instrument_id: str) -> str:
    """A name short enough for a chart: without what stands in brackets at its end."""
    return name.split(" (", 1)[0].strip() or instrument_id
