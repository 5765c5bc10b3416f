"""Every verdict of a sleeve claim, on month-end closes with manual calculations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from marketlake.claims.claim import SleeveClaim
from marketlake.claims.ledger import Entry

from ..answers.lakes import BTC, bar
from .small import Bars, Ledger, cell


def claim(name: str, sleeve: str) -> SleeveClaim:
    return SleeveClaim(
        name,
        "it helped",
        "us",
        "2020",
        2019,
        2019,
        plan={f"{name}_SHARES": 0.6, f"{name}_BONDS": 0.4},
        sleeve=f"{name}_{sleeve}",
        share=0.1,
    )


def month_ends() -> list[date]:
    days = [date(2018, 12, 31)]
    for month in range(1, 13):
        following = date(2019 + month // 12, month % 12 + 1, 1)
        days.append(date.fromordinal(following.toordinal() - 1))
    return days


def levels(instrument: str, steps: Sequence[float]) -> Bars:
    """Month-end closes that grow by the steps in turn, over and over."""
    level, rows = 100.0, []
    for number, day in enumerate(month_ends()):
        rows.append(bar(replace(BTC, id=instrument), day, level))
        level *= 1 + steps[number % len(steps)]
    return rows


CALM, ROUGH, UP, DOWN = (0.02, 0.0), (0.30, -0.22), (0.05, 0.03), (-0.02, 0.0)
CASES = {
    # shares, bonds, sleeve; changed fields of the sleeve; verdict
    "HELPS": (CALM, (0.0, 0.01), UP, {}, "holds"),
    "HURTS": (CALM, (0.0, 0.01), (0.0, -0.01), {}, "does not hold"),
    "LOSES": (DOWN, DOWN, DOWN, {}, "inconclusive"),
    "SLEEVE_FOREIGN": (CALM, CALM, UP, {"quote_currency": "EUR"}, "inconclusive"),
    "SLEEVE_MADE_UP": (CALM, CALM, UP, {"synthetic": "all"}, "inconclusive"),
    "SLEEVE_ANCHORED": (CALM, CALM, UP, {"synthetic": "daily"}, "holds"),
    "YIELD": (CALM, CALM, UP, {"asset_class": "rate", "quote_currency": "CHF"}, "inconclusive"),
    "GAP": (CALM, CALM, UP, {}, "inconclusive"),
    "SLEEVE_ABSENT": (CALM, CALM, UP, {}, "inconclusive"),
    "FUNDED": (ROUGH, (0.01, 0.01), (0.01, -0.005), {}, "depends"),
}


def put(cases: Ledger) -> None:
    """Add the cases, each with its own instruments."""
    for name, (shares, bonds, sleeve, changed, _) in CASES.items():
        for part, steps in (("SHARES", shares), ("BONDS", bonds), ("BTC", sleeve)):
            own = replace(BTC, id=f"{name}_{part}", asset_class="equity")
            cases.instruments[own.id] = replace(own, **changed) if part == "BTC" else own  # type: ignore[arg-type]
            rows = levels(own.id, steps)
            cases.bars += rows[:6] + rows[7:] if (name, part) == ("GAP", "BONDS") else rows
        cases.claims.append(claim(name, "NONE" if name == "SLEEVE_ABSENT" else "BTC"))


@pytest.mark.parametrize("name", CASES)
def test_every_verdict(ledger: dict[str, Entry], name: str) -> None:
    assert ledger[name].verdict == CASES[name][-1], ledger[name].published


def test_headline_equals_manual_calculation(ledger: dict[str, Entry]) -> None:
    result = cell(ledger["HELPS"])
    # within the year nothing is rebalanced: six months of each step
    shares, bonds, sleeve = ([a, b] * 6 for a, b in (CALM, (0.0, 0.01), UP))
    for weights, shown in (((0.54, 0.36, 0.1), result.with_sleeve), ((0.6, 0.4, 0.0), result.without_sleeve)):
        held, returns = list(weights), []
        for steps in zip(shares, bonds, sleeve, strict=True):
            after = [one * (1 + step) for one, step in zip(held, steps, strict=True)]
            returns.append(sum(after) / sum(held) - 1)
            held = after
        mean = sum(returns) / 12
        deviation = (sum((one - mean) ** 2 for one in returns) / 11) ** 0.5
        assert shown == pytest.approx((sum(held) - 1) / (deviation * 12**0.5), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("LOSES", "neither plan gained: a ratio does not rank losses"),
        ("SLEEVE_FOREIGN", "its holdings are quoted in different currencies"),
        ("SLEEVE_MADE_UP", "figures are simulated"),
        ("YIELD", "YIELD_BTC is nothing a plan can hold"),
        ("GAP", "only 12 of 13 month ends are stored for all holdings"),
        ("SLEEVE_ABSENT", "no instrument SLEEVE_ABSENT_NONE in this lake"),
    ],
)
def test_reason_of_an_inconclusive_verdict(ledger: dict[str, Entry], name: str, reason: str) -> None:
    entry = ledger[name]
    assert (entry.published.reason, entry.depends_on) == (reason, ())
    assert (entry.published.with_sleeve, entry.published.years) == (None, None)
    assert {window.verdict for window in entry.windows} <= {"inconclusive"}


def test_simulated_days_between_published_month_ends_give_no_verdict(ledger: dict[str, Entry]) -> None:
    entry = ledger["SLEEVE_ANCHORED"]
    for risk in ("daily_volatility", "max_drawdown"):
        assert cell(entry, risk=risk).reason == "figures are simulated"
    assert {window.verdict for window in entry.windows} == {"holds"}


def test_reading_that_changes_the_verdict_is_listed(ledger: dict[str, Entry]) -> None:
    # the sleeve is calmer than the shares and worse than the bonds
    entry = ledger["FUNDED"]
    assert entry.published.verdict == "holds"
    [flip] = entry.depends_on
    assert flip.startswith("funded from FUNDED_BONDS: does not hold for 2019 to 2019 (")
    one = cell(entry, funded_by="FUNDED_BONDS")
    assert flip.endswith(f"({one.with_sleeve:.3f} against {one.without_sleeve:.3f})")
    assert (one.with_sleeve or 0) < (one.without_sleeve or 0)


def test_real_and_excess_readings_need_consumer_prices_and_a_bill(ledger: dict[str, Entry]) -> None:
    entry = ledger["HELPS"]
    assert cell(entry, worth="real").reason == "no consumer prices in this lake"
    assert cell(entry, worth="over_bill").reason == "no Treasury bill in this lake"
