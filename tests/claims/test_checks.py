"""The headline of a claim: as published and rolled forward."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from marketlake import query
from marketlake.claims import load_claims, read_checks
from marketlake.query import Claim

from ..query.lakes import BTC, NASDAQ, make, year_ends

SHIPPED = Path(query.__file__).parents[3] / "claims.toml"
# year-end closes as published: CoinMarketCap (UTC) and Nasdaq
BITCOIN = {2018: 3742.7, 2019: 7193.6, 2020: 29001.72, 2021: 46306.45, 2022: 16547.5}
BITCOIN |= {2023: 42265.19, 2024: 93429.2, 2025: 87508.83}
COMPOSITE = {2018: 6635.28, 2019: 8972.6, 2020: 12888.28, 2021: 15644.97, 2022: 10466.48}
COMPOSITE |= {2023: 15011.35, 2024: 19310.79, 2025: 23241.99}
CLAIM = Claim("C", "a beats b", "us", "2025", "BTC", "NASDAQ", 2, 2, 2020, 2021)


def verdicts(lake: Path) -> list[tuple[str, str, int, int, int | None, int | None]]:
    return [(c.span, c.verdict, c.wins, c.years, c.first_year, c.last_year) for c in read_checks(lake)]


def test_the_shipped_claim_on_the_published_closes(tmp_path: Path) -> None:
    made = [replace(i, synthetic="daily") for i in (BTC, NASDAQ)]
    bars = [*year_ends(BTC, BITCOIN), *year_ends(NASDAQ, COMPOSITE)]
    lake = make(tmp_path, made, bars, claims=load_claims(SHIPPED)[:1])
    assert verdicts(lake) == [
        ("published", "holds", 5, 6, 2019, 2024),
        ("rolled", "holds no longer", 4, 6, 2020, 2025),
    ]
    [published, rolled] = read_checks(lake)
    assert published.statement.startswith("Bitcoin has delivered higher annual returns")
    assert rolled.reason == "BTC ahead of NASDAQ in 4 of 6 years"
    assert (rolled.snapshot, rolled.at_least, rolled.of_years) == ("s1", 5, 6)


@pytest.mark.parametrize(
    ("changed", "closes", "reason"),
    [
        ({}, {2020: 1.0, 2021: 2.0}, "only 1 of 2 years"),
        ({}, {}, "only 0 of 2 years"),
        ({"synthetic": "all"}, {2019: 1.0, 2020: 2.0, 2021: 3.0}, "simulated"),
        ({"quote_currency": "EUR"}, {2019: 1.0, 2020: 2.0, 2021: 3.0}, "different currencies"),
    ],
)
def test_what_cannot_be_said(
    tmp_path: Path, changed: dict[str, str], closes: dict[int, float], reason: str
) -> None:
    a = replace(BTC, **changed)  # type: ignore[arg-type]
    bars = [*year_ends(a, closes), *year_ends(NASDAQ, {2019: 1.0, 2020: 1.5, 2021: 2.0})]
    for check in read_checks(make(tmp_path, [a, NASDAQ], bars, claims=[CLAIM])):
        assert check.verdict == "cannot be said"
        assert reason in check.reason


def test_an_instrument_that_is_not_there_cannot_be_said(tmp_path: Path) -> None:
    lake = make(tmp_path, [BTC], year_ends(BTC, BITCOIN), claims=[CLAIM])
    assert {check.verdict for check in read_checks(lake)} == {"cannot be said"}
