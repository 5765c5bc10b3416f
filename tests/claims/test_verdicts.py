"""Every verdict of a claim and every reading that can change it, with manual calculations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketlake.claims.ledger import Entry
from marketlake.claims.verdict import Cell

from ..answers.lakes import BTC, FUND, NASDAQ, SHARE, bar, year_ends
from .small import ALT, CLAIM, Ledger, ahead, cell, closes

PAIR = [BTC, NASDAQ]
WORDS = {
    (): ("holds", "holds", "holds"),
    (2023,): ("holds", "no longer holds", "no longer holds"),
    (2022,): ("does not hold", "does not hold", "does not hold"),
    (2021,): ("does not hold", "holds", "depends"),
}
"""By the years that BTC loses: verdict as published (2021, 2022), today (2022, 2023), overall."""
DIVIDEND = [*year_ends(SHARE, {2020: 100, 2021: 110}), bar(SHARE, "2022-12-30", 121.0, dividend=24.2)]
"""A share that gains 10 % a year and pays 20 % more on its last day of 2022."""
LEAPS = year_ends(ALT, {2020: 1.0, 2021: 1.1, 2022: 3.0, 2023: 3.1})
DAYS = [f"{year}-{day}" for year in (2020, 2021, 2022) for day in ("12-01", "12-30", "12-31")]


def put(cases: Ledger) -> None:
    """Add one claim per case."""
    for losses in WORDS:
        cases.add(f"LOST{'_'.join(map(str, losses))}", PAIR, ahead(*losses))
    cases.add("NOTHING", [BTC], year_ends(BTC, {2020: 1.0, 2021: 2.0}))
    two = replace(CLAIM, alternatives=("ALT", "NONE"))
    cases.add("OTHER", [*PAIR, ALT], [*ahead(), *LEAPS], two)
    bars = [*year_ends(BTC, {2020: 100, 2021: 120, 2022: 144}), *DIVIDEND]
    cases.add("DIVIDEND", [BTC, SHARE], bars, replace(CLAIM, b="SHARE"))
    # 31 December 2022 is a Saturday: BTC's year ends a day after New York's, and it jumps on that
    # day
    a = {"2020-12-31": 100.0, "2021-12-31": 120.0, "2022-12-30": 121.0, "2022-12-31": 150.0}
    b = {"2020-12-31": 100.0, "2021-12-31": 110.0, "2022-12-30": 120.0}
    cases.add("SATURDAY", PAIR, [*closes(BTC, a), *closes(NASDAQ, b)])
    # NASDAQ makes its gain of 2022 after the first session, BTC before it
    a = {"2020-12-31": 100.0, "2021-01-01": 100.0, "2021-12-31": 130.0, "2022-01-01": 180.0}
    b = {"2020-12-31": 100.0, "2021-01-04": 100.0, "2021-12-31": 110.0, "2022-01-03": 110.0}
    late = [*closes(BTC, a | {"2022-12-31": 181.0}), *closes(NASDAQ, b | {"2022-12-30": 130.0})]
    cases.add("FIRST", PAIR, late)
    # BTC stands low all December 2022 but for the last day: 110 against 150 on average
    a = {"2020-12-01": 100.0, "2020-12-31": 100.0, "2021-12-01": 150.0, "2021-12-31": 150.0}
    b = {"2020-12-01": 100.0, "2020-12-31": 100.0, "2021-12-01": 100.0, "2021-12-31": 100.0}
    low = closes(BTC, a | {"2022-12-01": 20.0, "2022-12-31": 200.0})
    cases.add("AVERAGE", PAIR, [*low, *closes(NASDAQ, b | {"2022-12-01": 100.0, "2022-12-30": 101.0})])
    share = replace(CLAIM, alternatives=("SHARE",))
    cases.add("TWO", [*PAIR, SHARE], [*ahead(), *DIVIDEND], share)
    other = year_ends(ALT, {2020: 1.0, 2021: 1.1, 2022: 1.2, 2023: 1.3})
    one = replace(CLAIM, alternatives=("ALT",))
    cases.add("REVERSE", [*PAIR, ALT], [*ahead(2022, 2023), *other], one)
    bars = [*year_ends(BTC, {2020: 1, 2021: 2, 2022: 4}), *year_ends(FUND, {2020: 1, 2021: 1.1, 2022: 1.2})]
    cases.add("MIXTURE", [BTC, FUND], bars, replace(CLAIM, b="FUND"))
    anchored = [replace(i, synthetic="daily") for i in PAIR]
    a = {day: 100.0 * 1.2**n for n, day in enumerate(DAYS)}
    b = {day: 100.0 for day in DAYS if day != "2022-12-31"}
    cases.add("ANCHORED", anchored, [*closes(BTC, a), *closes(NASDAQ, b)])
    today = replace(one, first_year=2022, last_year=2023)
    cases.add("ONCE", [*PAIR, ALT], [*ahead(), *LEAPS], today)


def flips(entry: Entry) -> tuple[str, ...]:
    """What the verdict depends on, with the instruments called as in the case."""
    return tuple(line.replace(f"{entry.claim_id}_", "") for line in entry.depends_on)


def reason_of(one: Cell, entry: Entry) -> str:
    return one.reason.replace(f"{entry.claim_id}_", "")


@pytest.mark.parametrize(("losses", "words"), WORDS.items())
def test_every_verdict(ledger: dict[str, Entry], losses: tuple[int, ...], words: tuple[str, ...]) -> None:
    entry = ledger[f"LOST{'_'.join(map(str, losses))}"]
    assert (entry.published.verdict, entry.rolled.verdict, entry.verdict) == words
    assert (entry.rolled.first_year, entry.rolled.last_year) == (2022, 2023)
    years = "the years: it does not hold for 2021 to 2022 (1 of 2), it holds for 2022 to 2023 (2 of 2)"
    assert entry.depends_on == ((years,) if words[2] == "depends" else ())


def test_inconclusive_without_data(ledger: dict[str, Entry]) -> None:
    entry = ledger["NOTHING"]
    assert (entry.verdict, entry.depends_on) == ("inconclusive", ())
    assert entry.refused == {"no instrument NOTHING_NASDAQ in this lake": 48}
    assert entry.windows == ()


def test_alternative_instrument_changes_the_verdict(ledger: dict[str, Entry]) -> None:
    entry = ledger["OTHER"]
    assert entry.verdict == "depends"
    assert flips(entry) == (
        "against ALT: does not hold for 2021 to 2022 (1 of 2)",
        "against ALT: does not hold for 2022 to 2023 (1 of 2)",
    )
    assert cell(entry, b="OTHER_NONE").reason == "no instrument OTHER_NONE in this lake"
    assert entry.refused["no instrument OTHER_NONE in this lake"] == 48
    # two spans of years x three of b x price, total x own, shared x three conventions x nominal,
    # real
    assert len(entry.grid) == 2 * 3 * 2 * 2 * 3 * 2
    assert [c.span for c in entry.grid if c.headline] == ["published", "rolled"]
    assert all(c.reason for c in entry.grid)


def test_total_return_changes_the_verdict(ledger: dict[str, Entry]) -> None:
    entry = ledger["DIVIDEND"]
    assert cell(entry).verdict == "holds"
    assert (cell(entry, basis="total").wins, cell(entry, basis="total").verdict) == (1, "does not hold")
    assert entry.verdict == "depends"
    assert flips(entry)[0] == "with total returns: does not hold for 2021 to 2022 (1 of 2)"


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("SATURDAY", "on shared sessions"),
        ("FIRST", "from a year's first close to its last"),
        ("AVERAGE", "from December average to December average"),
    ],
)
def test_year_convention_changes_the_verdict(ledger: dict[str, Entry], case: str, change: str) -> None:
    entry = ledger[case]
    assert (entry.published.verdict, entry.published.wins) == ("holds", 2)
    assert flips(entry)[0] == f"{change}: does not hold for 2021 to 2022 (1 of 2)"
    if case == "SATURDAY":
        assert cell(entry, sessions="shared").wins == 1


def test_two_combined_changes_change_the_verdict(ledger: dict[str, Entry]) -> None:
    entry = ledger["TWO"]
    assert flips(entry) == ("against SHARE, with total returns: does not hold for 2021 to 2022 (1 of 2)",)
    assert cell(entry, b="TWO_SHARE").verdict == "holds"
    assert (
        reason_of(cell(entry, basis="total"), entry)
        == "NASDAQ is a price index: there is no total return of it"
    )


def test_failing_claim_holds_under_another_reading(ledger: dict[str, Entry]) -> None:
    entry = ledger["REVERSE"]
    assert (entry.published.verdict, entry.verdict) == ("does not hold", "depends")
    assert flips(entry)[0] == "against ALT: holds for 2021 to 2022 (2 of 2)"


def test_mixture_of_return_bases_is_noted(ledger: dict[str, Entry]) -> None:
    entry = ledger["MIXTURE"]
    assert (
        reason_of(cell(entry), entry) == "BTC ahead of FUND in 2 of 2 years; a mixture: FUND is total return"
    )
    assert entry.published.reason == cell(entry).reason
    assert reason_of(cell(entry, basis="total"), entry) == "BTC ahead of FUND in 2 of 2 years"
    assert entry.windows[-1].verdict == "holds"


def test_simulated_days_are_not_judged(ledger: dict[str, Entry]) -> None:
    entry = ledger["ANCHORED"]
    assert entry.published.verdict == "holds"
    judged = {(c.basis, c.sessions, c.convention) for c in entry.grid if c.judged}
    assert judged == {("price", "own", "year_end")}
    assert cell(entry, sessions="shared").reason == "figures are simulated"
    assert cell(entry, convention="december_average").reason == "figures are simulated"
    assert entry.verdict == "holds"


def test_identical_spans_are_reported_once(ledger: dict[str, Entry]) -> None:
    assert flips(ledger["ONCE"]) == ("against ALT: does not hold for 2022 to 2023 (1 of 2)",)
