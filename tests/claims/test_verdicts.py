"""Every word a claim can end with, and everything that can turn it over, on lakes worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from marketlake.claims import read_ledger

from ..query.lakes import BTC, CPI, FUND, NASDAQ, SHARE, bar, make, year_ends
from .small import ALT, CLAIM, ahead, cell, closes, entry

PAIR = [BTC, NASDAQ]


WORDS = {
    (): ("holds", "holds", "holds"),
    (2023,): ("holds", "holds no longer", "holds no longer"),
    (2022,): ("does not hold", "does not hold", "does not hold"),
    (2021,): ("does not hold", "holds", "depends"),
}
"""By the years that BTC loses: as published (2021 and 2022), today (2022 and 2023), over all."""


def test_every_word(tmp_path: Path) -> None:
    instruments, bars, claims = [BTC], [], []
    for number, losses in enumerate(WORDS):
        b = replace(NASDAQ, id=f"N{number}")
        instruments.append(b)
        claims.append(replace(CLAIM, id=f"C{number}", b=b.id))
        bars += [row | {"instrument_id": b.id} for row in ahead(*losses) if row["instrument_id"] == "NASDAQ"]
    bars += [row for row in ahead() if row["instrument_id"] == "BTC"]
    ledger = read_ledger(make(tmp_path, instruments, bars, claims=claims))
    assert [(e.published.verdict, e.rolled.verdict, e.verdict) for e in ledger] == list(WORDS.values())
    assert {(e.rolled.first_year, e.rolled.last_year) for e in ledger} == {(2022, 2023)}
    assert [e.depends_on for e in ledger] == [
        (),
        (),
        (),
        ("the years: it does not hold for 2021 to 2022 (1 of 2), it holds for 2022 to 2023 (2 of 2)",),
    ]


def test_nothing_to_judge(tmp_path: Path) -> None:
    found = entry(tmp_path, [BTC], year_ends(BTC, {2020: 1.0, 2021: 2.0}))
    assert (found.verdict, found.depends_on) == ("cannot be said", ())
    assert found.refused == {"no instrument NASDAQ in this lake": 48}
    assert found.windows == ()


def test_another_instrument_turns_it_over(tmp_path: Path) -> None:
    bars = [*ahead(), *year_ends(ALT, {2020: 1.0, 2021: 1.1, 2022: 3.0, 2023: 3.1})]
    found = entry(tmp_path, [*PAIR, ALT], bars, replace(CLAIM, alternatives=("ALT", "NONE")))
    assert found.verdict == "depends"
    assert found.depends_on == (
        "against ALT: does not hold for 2021 to 2022 (1 of 2)",
        "against ALT: does not hold for 2022 to 2023 (1 of 2)",
    )
    assert cell(found, b="NONE").reason == "no instrument NONE in this lake"
    assert found.refused["no instrument NONE in this lake"] == 48
    # two spans of years x three of b x price, total x own, shared x three conventions x nominal, real
    assert len(found.grid) == 2 * 3 * 2 * 2 * 3 * 2
    assert [c.span for c in found.grid if c.headline] == ["published", "rolled"]
    assert all(c.reason for c in found.grid)


def test_dividends_turn_it_over(tmp_path: Path) -> None:
    # a share that gains 10 % a year and pays 20 % more on its last day of 2022
    bars = [*year_ends(BTC, {2020: 100, 2021: 120, 2022: 144}), *year_ends(SHARE, {2020: 100, 2021: 110})]
    bars.append(bar(SHARE, "2022-12-30", 121.0, dividend=24.2))
    found = entry(tmp_path, [BTC, SHARE], bars, replace(CLAIM, b="SHARE"))
    assert cell(found).verdict == "holds"
    assert (cell(found, basis="total").wins, cell(found, basis="total").verdict) == (1, "does not hold")
    assert found.verdict == "depends"
    assert found.depends_on[0] == "with total returns: does not hold for 2021 to 2022 (1 of 2)"


def test_shared_sessions_turn_it_over(tmp_path: Path) -> None:
    # 31 December 2022 is a Saturday: BTC's year ends a day after New York's, and it jumps on that day
    days = {"2020-12-31": 100.0, "2021-12-31": 120.0, "2022-12-30": 121.0, "2022-12-31": 150.0}
    b = {"2020-12-31": 100.0, "2021-12-31": 110.0, "2022-12-30": 120.0}
    found = entry(tmp_path, PAIR, [*closes(BTC, days), *closes(NASDAQ, b)])
    assert found.published.verdict == "holds"
    assert found.depends_on[0] == "on shared sessions: does not hold for 2021 to 2022 (1 of 2)"
    assert cell(found, sessions="shared").wins == 1


def test_first_to_last_turns_it_over(tmp_path: Path) -> None:
    # NASDAQ makes its gain of 2022 after the first session, BTC before it
    a = {
        "2020-12-31": 100.0,
        "2021-01-01": 100.0,
        "2021-12-31": 130.0,
        "2022-01-01": 180.0,
        "2022-12-31": 181.0,
    }
    b = {
        "2020-12-31": 100.0,
        "2021-01-04": 100.0,
        "2021-12-31": 110.0,
        "2022-01-03": 110.0,
        "2022-12-30": 130.0,
    }
    found = entry(tmp_path, PAIR, [*closes(BTC, a), *closes(NASDAQ, b)])
    assert found.published.wins == 2
    assert found.depends_on[0] == (
        "from a year's first close to its last: does not hold for 2021 to 2022 (1 of 2)"
    )


def test_december_averages_turn_it_over(tmp_path: Path) -> None:
    # BTC stands low all December 2022 but for the last day: 110 against 150 on average
    a = {"2020-12-01": 100.0, "2020-12-31": 100.0, "2021-12-01": 150.0, "2021-12-31": 150.0}
    a |= {"2022-12-01": 20.0, "2022-12-31": 200.0}
    b = {"2020-12-01": 100.0, "2020-12-31": 100.0, "2021-12-01": 100.0, "2021-12-31": 100.0}
    b |= {"2022-12-01": 100.0, "2022-12-30": 101.0}
    found = entry(tmp_path, PAIR, [*closes(BTC, a), *closes(NASDAQ, b)])
    assert found.published.verdict == "holds"
    assert found.depends_on[0] == (
        "from December average to December average: does not hold for 2021 to 2022 (1 of 2)"
    )


def test_only_two_changes_together_turn_it_over(tmp_path: Path) -> None:
    share = [*year_ends(SHARE, {2020: 100, 2021: 110}), bar(SHARE, "2022-12-30", 121.0, dividend=24.2)]
    found = entry(tmp_path, [*PAIR, SHARE], [*ahead(), *share], replace(CLAIM, alternatives=("SHARE",)))
    assert found.depends_on == ("against SHARE, with total returns: does not hold for 2021 to 2022 (1 of 2)",)
    assert cell(found, b="SHARE").verdict == "holds"
    assert cell(found, basis="total").reason == "NASDAQ is a price index: there is no total return of it"


def test_the_reverse_what_does_not_hold_may_hold_under_another_reading(tmp_path: Path) -> None:
    bars = [*ahead(2022, 2023), *year_ends(ALT, {2020: 1.0, 2021: 1.1, 2022: 1.2, 2023: 1.3})]
    found = entry(tmp_path, [*PAIR, ALT], bars, replace(CLAIM, alternatives=("ALT",)))
    assert (found.published.verdict, found.verdict) == ("does not hold", "depends")
    assert found.depends_on[0] == "against ALT: holds for 2021 to 2022 (2 of 2)"


def test_inflation_is_taken_out_of_both_and_turns_nothing_over(tmp_path: Path) -> None:
    prices = year_ends(CPI, {2020: 100.0, 2021: 150.0, 2022: 300.0})
    found = entry(tmp_path, [*PAIR, CPI], [*ahead(), *prices])
    assert (cell(found, worth="real").verdict, cell(found, worth="real").wins) == ("holds", 2)
    assert cell(found, "rolled", worth="real").reason == "no consumer prices for 1 of 2 years"
    assert (found.verdict, found.depends_on) == ("holds", ())


def test_without_consumer_prices_of_the_currency(tmp_path: Path) -> None:
    pounds = replace(CPI, id="UK_CPI", quote_currency="GBP")
    found = entry(tmp_path, [*PAIR, pounds], ahead())
    assert cell(found, worth="real").reason == "no consumer prices for USD in this lake"


def test_a_mixture_of_bases_is_said(tmp_path: Path) -> None:
    bars = [*year_ends(BTC, {2020: 1, 2021: 2, 2022: 4}), *year_ends(FUND, {2020: 1, 2021: 1.1, 2022: 1.2})]
    found = entry(tmp_path, [BTC, FUND], bars, replace(CLAIM, b="FUND"))
    assert found.published.reason == "BTC ahead of FUND in 2 of 2 years; a mixture: FUND is total return"
    assert cell(found, basis="total").reason == "BTC ahead of FUND in 2 of 2 years"
    assert found.windows[-1].verdict == "holds"


def test_simulated_days_give_no_verdict(tmp_path: Path) -> None:
    anchored = [replace(i, synthetic="daily") for i in (BTC, NASDAQ)]
    days = [f"{year}-{day}" for year in (2020, 2021, 2022) for day in ("12-01", "12-30", "12-31")]
    a = {day: 100.0 * 1.2**n for n, day in enumerate(days)}
    b = {day: 100.0 for day in days if day != "2022-12-31"}
    found = entry(tmp_path, anchored, [*closes(BTC, a), *closes(NASDAQ, b)])
    assert found.published.verdict == "holds"
    judged = {(c.basis, c.sessions, c.convention) for c in found.grid if c.judged}
    assert judged == {("price", "own", "year_end")}
    assert cell(found, sessions="shared").reason == "figures are simulated"
    assert cell(found, convention="december_average").reason == "figures are simulated"
    assert found.verdict == "holds"


def test_the_same_years_are_told_once(tmp_path: Path) -> None:
    bars = [*ahead(), *year_ends(ALT, {2020: 1.0, 2021: 1.1, 2022: 3.0, 2023: 3.1})]
    claim = replace(CLAIM, first_year=2022, last_year=2023, alternatives=("ALT",))
    found = entry(tmp_path, [*PAIR, ALT], bars, claim)
    assert found.depends_on == ("against ALT: does not hold for 2022 to 2023 (1 of 2)",)
