"""Windows of years ending in any month, against an oracle and manual counts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from marketlake.claims.ledger import Entry
from marketlake.claims.verdict import Window, summary
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from ..answers.lakes import BTC, NASDAQ
from .small import CLAIM, Ledger, closes

Month = tuple[int, int]
LENGTH, AT_LEAST = 3, 2


def month_ends(instrument: Instrument, first: int, last: int) -> dict[Month, date]:
    """The calendar's last session of each month."""
    sessions = load_calendar(instrument.calendar, date(2025, 12, 31)).sessions(
        date(first, 1, 1), date(last, 12, 31)
    )
    return {(day.year, day.month): day for day in sessions.astype(object)}


def walk(
    instrument: Instrument, seed: int, missing: frozenset[Month]
) -> tuple[dict[str, float], dict[Month, float]]:
    """A random month-end close each month; a missing one is stored two sessions early."""
    rng, level, days, months = random.Random(seed), 100.0, dict[str, float](), dict[Month, float]()
    for month, day in month_ends(instrument, 2014, 2023).items():
        level *= rng.uniform(0.8, 1.25)
        stored = np.datetime64(day) - np.timedelta64(2 if month in missing else 0, "D")
        days[str(stored)] = level
        months[month] = level
    return days, months


def oracle(
    a: Mapping[Month, float], b: Mapping[Month, float], missing: frozenset[Month]
) -> dict[Month, tuple[str, int]]:
    """By end of the window: verdict and wins, straight from the definition."""
    result = {}
    for year, month in a:
        ends = [(year - back, month) for back in range(LENGTH + 1)]
        if not all(end in a for end in ends):
            continue
        years = [(end, (end[0] - 1, month)) for end in ends[:-1]]
        whole = [pair for pair in years if not missing & set(pair)]
        wins = sum(a[end] / a[start] > b[end] / b[start] for end, start in whole)
        verdict = "holds" if wins >= AT_LEAST else "does not hold"
        result[year, month] = (verdict if len(whole) == LENGTH else "inconclusive", wins)
    return result


MISSING: frozenset[Month] = frozenset({(2017, 5), (2020, 12)})


def put(cases: Ledger) -> None:
    """WALK: random walks, a with months missing. WALK_ANCHORED: only the year ends are facts."""
    b = closes(NASDAQ, walk(NASDAQ, 2, frozenset())[0])
    claim = replace(CLAIM, at_least=AT_LEAST, first_year=2018, last_year=2020)
    cases.add("WALK", [BTC, NASDAQ], [*closes(BTC, walk(BTC, 1, MISSING)[0]), *b], claim)
    anchored = [replace(i, synthetic="daily") for i in (BTC, NASDAQ)]
    cases.add("WALK_ANCHORED", anchored, [*closes(BTC, walk(BTC, 1, frozenset())[0]), *b])


def test_every_month_equals_the_oracle(ledger: dict[str, Entry]) -> None:
    entry = ledger["WALK"]
    expected = oracle(walk(BTC, 1, MISSING)[1], walk(NASDAQ, 2, frozenset())[1], MISSING)
    assert {(w.end_year, w.end_month): (w.verdict, w.wins) for w in entry.windows} == expected
    assert len(expected) == 7 * 12
    assert {verdict for verdict, _ in expected.values()} == {"holds", "does not hold", "inconclusive"}
    judged = {end: verdict for end, (verdict, _) in expected.items() if verdict != "inconclusive"}
    calendar, monthly = entry.in_history
    held = [end for end, verdict in judged.items() if verdict == "holds"]
    assert (monthly.held, monthly.judged, monthly.refused) == (len(held), len(judged), 84 - len(judged))
    assert monthly.last_held == f"{held[-1][0]}-{held[-1][1]:02d}"
    assert calendar.judged == sum(month == 12 for _, month in judged)
    # a December window equals the calendar-year cells
    december = {w.end_year: (w.verdict, w.wins) for w in entry.windows if w.end_month == 12}
    assert december[2020][0] == entry.published.verdict == "inconclusive"
    assert december[2023] == (entry.rolled.verdict, entry.rolled.wins)


def test_month_ends_between_simulated_days_are_published(ledger: dict[str, Entry]) -> None:
    entry = ledger["WALK_ANCHORED"]
    assert {w.end_month for w in entry.windows if w.verdict != "inconclusive"} == set(range(1, 13))


def windows(*verdicts: str) -> list[Window]:
    """One a month from December 2019 on."""
    months = [(2019 + (11 + n) // 12, (11 + n) % 12 + 1) for n in range(len(verdicts))]
    return [
        Window(year, month, verdict, "", 0, 1)
        for (year, month), verdict in zip(months, verdicts, strict=True)
    ]


def test_summary_equals_manual_count() -> None:
    history = windows("holds", *["does not hold"] * 11, "holds", "does not hold", "inconclusive")
    calendar, monthly = summary(history, 1)
    assert calendar.text == (
        "windows of 1 calendar years to 2019-12 up to 2020-12: held in 2 of 2, last in the one to 2020-12 "
        "(windows overlap: 2 independent)"
    )
    assert monthly.text == (
        "windows of 1 12-month years ending in any month, to 2019-12 up to 2021-01: held in 2 of 14, last in "
        "the one to 2020-12 (windows overlap: 2 independent); 1 are inconclusive"
    )


def test_independent_windows_are_counted() -> None:
    two_years = summary(windows(*["holds"] * 49), 2)[1]
    assert (two_years.judged, two_years.independent) == (49, 3)


def test_summary_without_windows_or_without_held_windows() -> None:
    assert "none has a verdict" in summary([], 6)[0].text
    assert "in none" in summary(windows("does not hold"), 6)[1].text
