"""The headline of a claim: as published and rolled forward."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import marketlake
from marketlake.claims.claim import WinsClaim
from marketlake.claims.ledger import Entry
from marketlake.claims.load import load_claims

from ..answers.lakes import BTC, NASDAQ, year_ends
from .small import CLAIM, Ledger

SHIPPED = Path(marketlake.__file__).parents[2] / "claims.toml"
# year-end closes as published: CoinMarketCap (UTC) and Nasdaq
BITCOIN = {2018: 3742.7, 2019: 7193.6, 2020: 29001.72, 2021: 46306.45, 2022: 16547.5}
BITCOIN |= {2023: 42265.19, 2024: 93429.2, 2025: 87508.83}
COMPOSITE = {2018: 6635.28, 2019: 8972.6, 2020: 12888.28, 2021: 15644.97, 2022: 10466.48}
COMPOSITE |= {2023: 15011.35, 2024: 19310.79, 2025: 23241.99}
INCONCLUSIVE = {
    "SHORT": ({}, {2020: 1.0, 2021: 2.0}, "only 1 of 2 years"),
    "EMPTY": ({}, {}, "only 0 of 2 years"),
    "MADE_UP": ({"synthetic": "all"}, {2019: 1.0, 2020: 2.0, 2021: 3.0}, "simulated"),
    "FOREIGN": ({"quote_currency": "EUR"}, {2019: 1.0, 2020: 2.0, 2021: 3.0}, "different currencies"),
}
"""By case: how a differs from an instrument of the right kind, its year-end closes, the reason."""


def put(cases: Ledger) -> None:
    """Add the inconclusive cases, and SHIPPED: the first claim of claims.toml on published closes."""
    claim = replace(CLAIM, first_year=2020, last_year=2021)
    for case, (changed, closes, _) in INCONCLUSIVE.items():
        a = replace(BTC, **changed)  # type: ignore[arg-type]
        bars = [*year_ends(a, closes), *year_ends(NASDAQ, {2019: 1.0, 2020: 1.5, 2021: 2.0})]
        cases.add(case, [a, NASDAQ], bars, claim)
    cases.add("ABSENT", [BTC], year_ends(BTC, BITCOIN), claim)
    shipped = next(claim for claim in load_claims(SHIPPED) if isinstance(claim, WinsClaim))
    made = [replace(i, synthetic="daily") for i in (BTC, NASDAQ)]
    cases.add("SHIPPED", made, [*year_ends(BTC, BITCOIN), *year_ends(NASDAQ, COMPOSITE)], shipped)


def test_shipped_claim_on_published_closes(ledger: dict[str, Entry]) -> None:
    published, rolled = ledger["SHIPPED"].published, ledger["SHIPPED"].rolled
    assert [(c.span, c.verdict, c.wins, c.years, c.first_year, c.last_year) for c in (published, rolled)] == [
        ("published", "holds", 5, 6, 2019, 2024),
        ("rolled", "no longer holds", 4, 6, 2020, 2025),
    ]
    assert published.statement.startswith("Bitcoin has delivered higher annual returns")
    assert rolled.reason == "SHIPPED_BTC ahead of SHIPPED_NASDAQ in 4 of 6 years"
    assert (rolled.snapshot, rolled.at_least, rolled.of_years) == (published.snapshot, 5, 6)
    assert (rolled.with_sleeve, rolled.share, rolled.rebalance) == (None, None, None)


@pytest.mark.parametrize("case", INCONCLUSIVE)
def test_inconclusive_verdict_with_reason(ledger: dict[str, Entry], case: str) -> None:
    for check in (ledger[case].published, ledger[case].rolled):
        assert check.verdict == "inconclusive"
        assert INCONCLUSIVE[case][2] in check.reason


def test_inconclusive_when_an_instrument_is_missing(ledger: dict[str, Entry]) -> None:
    entry = ledger["ABSENT"]
    assert {entry.published.verdict, entry.rolled.verdict} == {"inconclusive"}
