"""A plan put to a small lake: currencies, gaps, consumer prices, basis, notes, and the command."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError
from marketlake.portfolio.plan import read_plan

from ..answers.lakes import BILL, BTC, CPI, EUR, FUND, NASDAQ, SHARE, bar, make
from ..sample import Run

pytestmark = pytest.mark.slow

close = pytest.approx
LONDON = replace(SHARE, id="ABROAD", quote_currency="EUR")
MADE_UP = replace(SHARE, id="MADE_UP", synthetic="all")
LATE = replace(SHARE, id="LATE")
ALL = [BTC, NASDAQ, SHARE, FUND, EUR, CPI, BILL, LONDON, MADE_UP, LATE]
SPLIT = "60 SHARE, 40 BTC"


def sessions() -> list[date]:
    """New York's sessions from 2019-12-31 to 2021-12-31."""
    from marketlake.model.calendars import load_calendar

    return load_calendar("XNYS", date(2021, 12, 31)).sessions(date(2019, 12, 31), date(2021, 12, 31)).tolist()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    days = sessions()
    gap = date(2020, 6, 10)
    rows: list[dict[str, Any]] = []
    for n, day in enumerate(days):
        rows += [
            bar(SHARE, day, 100 + n, dividend=2.0 if n == 100 else 0.0),
            bar(NASDAQ, day, 50.0 + n % 7),
            bar(FUND, day, 10 + n / 100),
            bar(LONDON, day, 20.0),
            bar(MADE_UP, day, 5.0 + n % 3),
            bar(EUR, day, 1.0 + n / 1000),
        ]
        rows += [] if day == gap else [bar(BTC, day, 1000.0 * 1.004**n)]
        rows += [bar(LATE, day, 7.0)] if day > date(2021, 11, 1) else []
    # a coin trades on Saturdays too
    rows.append(bar(BTC, days[-1] - timedelta(days=6), 9e9))
    months = [date(2019 + m // 12, m % 12 + 1, 1) for m in range(11, 36)]
    for n, month in enumerate(months):
        published = datetime(month.year, month.month, 15, tzinfo=UTC) + timedelta(days=31)
        rows.append(bar(CPI, month, 250.0 + n, known_at=published))
    rows.append(bar(BILL, days[0], 1.5))
    return Lake(make(tmp_path_factory.mktemp("lake"), ALL, rows))


def test_end_value_of_whole_years_follows_the_closes(lake: Lake) -> None:
    answer = lake.portfolio(SPLIT, {"rebalance": "never"})
    n = len(sessions()) - 1
    share = (100 + n) / 100 * (202 / 200)
    expected = 10_000 * (0.6 * share + 0.4 * 1.004**n)
    assert (answer.years, answer.start, answer.end) == (2.0, date(2019, 12, 31), date(2021, 12, 31))
    assert answer.with_sleeve.end_value == close(expected, rel=1e-9)
    assert answer.inflation == close(274 / 250)
    assert answer.with_sleeve.real_end_value == close(expected / (274 / 250), rel=1e-9)
    assert answer.quality == ("gap",)
    assert "1 shared session missing and spanned, first 2020-06-10" in " ".join(answer.notes)
    assert answer.sessions == n - 1
    assert answer.history is None


def test_start_without_a_session_uses_the_close_before(lake: Lake) -> None:
    answer = lake.portfolio(SPLIT, start="2020-07-04", end="2021-07-04")
    assert (answer.start, answer.end) == (date(2020, 7, 2), date(2021, 7, 2))
    assert answer.years == close(365 / 365.25)
    assert answer.with_sleeve.cagr is None
    # known by 2 July: the figure of May, published in June
    assert answer.inflation == close((250 + 17) / (250 + 5))


def test_shortened_window_is_flagged(lake: Lake) -> None:
    answer = lake.portfolio(SPLIT, start="2015-12-31", end="2022-12-31")
    assert "shortened" in answer.quality
    assert (answer.start, answer.end) == (date(2019, 12, 31), date(2021, 12, 31))


def test_contributions_are_deflated_by_their_own_date(lake: Lake) -> None:
    answer = lake.portfolio("100 ABROAD", {"contribute": 100}, currency="USD")
    # the index starts at 250 in December 2019 and rises by 1 a month; a payment has the month's
    # before
    paid = [(0.0, 10_000.0), *(((answer_day(n) - answer.start).days, 100.0) for n in range(1, 25))]
    real = [(days, money * 250 / (250 + max(0, n - 1))) for n, (days, money) in enumerate(paid)]
    length = (answer.end - answer.start).days
    rate = answer.with_sleeve.real_money_weighted_return
    assert rate is not None
    grown = sum(money * (1 + rate) ** (2 * (1 - days / length)) for days, money in real)
    assert grown == close(answer.with_sleeve.real_end_value, rel=1e-9)
    alone = lake.portfolio("100 ABROAD", currency="USD").with_sleeve
    assert alone.real_money_weighted_return == close(alone.real_cagr, rel=1e-9)


def answer_day(n: int) -> date:
    """The session on which the payment of the n-th month is bought."""
    due = date(2019 + (n + 11) // 12, (n + 11) % 12 + 1, 1)
    return next(day for day in sessions() if day >= due)


def test_another_currency(lake: Lake) -> None:
    own = lake.portfolio("100 ABROAD")
    dollars = lake.portfolio("100 ABROAD", currency="USD")
    n = len(sessions()) - 1
    assert (own.currency, own.with_sleeve.total_return) == ("EUR", close(0, abs=1e-12))
    assert own.inflation is None
    assert "no consumer price index for EUR" in " ".join(own.notes)
    assert dollars.with_sleeve.total_return == close(n / 1000, rel=1e-9)
    assert "ABROAD is quoted in EUR" in " ".join(dollars.notes)


def test_notes_describe_simulated_price_and_total_levels(lake: Lake) -> None:
    answer = lake.portfolio("50 NASDAQ, 30 FUND, 20 MADE_UP", {"sleeve": "MADE_UP"}, horizon=1)
    notes = " ".join(answer.notes)
    assert answer.quality == ("simulated", "price_index")
    assert answer.summary.startswith("With simulated prices, a 20 % sleeve of MADE_UP")
    assert "NASDAQ is a price index" in notes
    assert "FUND is stored as total return only" in notes
    assert [round(100 * (one.sleeve or 0)) for one in answer.sweep] == [*range(11), 20]


def test_history_has_one_window_per_month_end(lake: Lake) -> None:
    answer = lake.portfolio("57 SHARE, 40 NASDAQ, 3 BTC", {"sleeve": "BTC"}, horizon=1)
    assert answer.history is not None
    assert (answer.history.windows, answer.history.independent) == (13, 2)
    assert answer.history.first_start == date(2019, 12, 31)
    rows = {row.sleeve: row for row in answer.history.rows}
    assert len(rows) == 10
    one = lake.portfolio(
        "57 SHARE, 40 NASDAQ, 3 BTC",
        {"sleeve": "BTC"},
        start=rows[0.03].worst_start,
        end=rows[0.03].worst_start.replace(year=rows[0.03].worst_start.year + 1),
    )
    assert one.without_sleeve is not None
    ratio = one.with_sleeve.end_value / one.without_sleeve.end_value - 1
    assert rows[0.03].worst == close(ratio, rel=1e-9)
    assert rows[0.03].worst <= rows[0.03].median <= rows[0.03].best


@pytest.mark.parametrize(
    ("plan", "terms", "message"),
    [
        ("100 NOPE", {}, "unknown instrument 'NOPE'"),
        ("100 BILL", {}, "a yield, not a price"),
        ("100 US_CPI", {}, "a statistic, not an asset"),
        (SPLIT, {"currency": "GBP"}, "no reference rates for GBP"),
        (SPLIT, {"horizon": 5}, "name the sleeve"),
        (SPLIT, {"horizon": 1.5}, "not a whole number from 1 to 60"),
        ("100 ../../etc/passwd", {}, "unknown instrument '../../etc/passwd'"),
        ("90 SHARE, 10 LATE", {"end": "2021-06-30"}, "LATE from 2021-11-02, SHARE to 2021-12-31"),
        (SPLIT, {"start": "2021-01-01", "end": "2020-01-01"}, "swap them"),
        (SPLIT, {"end": "2019-01-01"}, "they share 2019-12-31 to 2021-12-31"),
        (SPLIT, {"start": "2023-01-01"}, "no two sessions"),
    ],
)
def test_invalid_arguments_are_refused_with_a_reason(
    lake: Lake, plan: str, terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        lake.portfolio(plan, **terms)


def test_horizon_longer_than_the_history_is_refused(lake: Lake) -> None:
    with pytest.raises(UsageError, match="no window of 10 years is stored"):
        lake.portfolio(SPLIT, {"sleeve": "BTC"}, horizon=10)
    assert lake.portfolio(SPLIT, {"sleeve": "BTC"}).history is None


def test_expense_ratio_of_a_fund_is_refused(lake: Lake) -> None:
    with pytest.raises(UsageError, match="FUND is a fund: its expense ratio is in its price already"):
        lake.portfolio("100 FUND", {"expenses": {"FUND": 0.1}})
    held = read_plan("100 NASDAQ", {"expenses": {"NASDAQ": 1.0}})
    cheaper, dearer = lake.portfolio("100 NASDAQ"), lake.portfolio(held)
    years = (date(2021, 12, 31) - date(2019, 12, 31)).days / 365.25
    assert dearer.with_sleeve.end_value == close(cheaper.with_sleeve.end_value * 0.99**years, rel=1e-9)


def test_empty_lake_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no bars of BTC are stored"):
        Lake(make(tmp_path, ALL, [])).portfolio("100 BTC")


@pytest.fixture
def command(run: Run, lake: Lake) -> Run:
    return lambda *arguments: run("portfolio", *arguments, "--lake", lake.path)


ARGUMENTS = (
    "57 SHARE, 40 NASDAQ, 3 BTC", "--sleeve", "BTC", "--funded-by", "SHARE", "--horizon", "1",
    "--from", "2019-12-31", "--to", "2021-12-31", "--rebalance", "quarterly", "--start", "10000",
    "--contribute", "500", "--per", "month", "--pay-growth", "3", "--plan-fee", "0.2", "--trading-cost", "5",
    "--expense", "NASDAQ=0.2",
)  # fmt: skip


def test_year_arguments_mean_the_closes_around_them(command: Run) -> None:
    by_year = [{"2019-12-31": "2020", "2021-12-31": "2021"}.get(word, word) for word in ARGUMENTS]
    assert command(*by_year) == command(*ARGUMENTS)


def test_command_prints_summary_and_table(command: Run) -> None:
    code, out, _ = command(*ARGUMENTS)
    assert code == 0
    assert out.startswith("A 3 % sleeve of BTC, funded from SHARE, raised the end value from ")
    for text in (
        "money-weighted return, annualised",
        "trading costs",
        "13 overlapping windows",
        "tax-free",
    ):
        assert text in out
    table = out.split("\n\n")[1].splitlines()
    assert len({len(line) for line in table}) == 1


def test_json_output_equals_the_python_answer(command: Run, lake: Lake) -> None:
    answer = json.loads(command(*ARGUMENTS, "--format", "json")[1])
    terms = {
        "sleeve": "BTC", "funded_by": "SHARE", "rebalance": "quarterly", "contribute": 500, "pay_growth": 3,
        "plan_fee": 0.2, "trading_cost": 5, "expenses": {"NASDAQ": 0.2},
    }  # fmt: skip
    expected = lake.portfolio(ARGUMENTS[0], terms, start="2019-12-31", end="2021-12-31", horizon=1)
    assert answer == json.loads(json.dumps(expected.to_dict()))
    assert answer["with_sleeve"]["sleeve"] == 0.03
    assert len(answer["sweep"]) == 11


def test_csv_has_one_line_per_sleeve_size(command: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(command(*ARGUMENTS, "--format", "csv")[1])))
    assert [float(row["sleeve"]) for row in rows] == [n / 100 for n in range(11)]
    assert {"end_value", "max_drawdown", "weight_BTC", "risk_contribution_SHARE"} <= set(rows[0])


def test_markdown_and_a_plan_without_a_sleeve(command: Run) -> None:
    code, out, _ = command("100 SHARE", "--format", "markdown")
    assert code == 0
    assert "| figure | plan |" in out
    assert "sleeve" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("57 SHARE",), "add up to 57"),
        (("100 SHARE", "--expense", "SHARE"), "write it like BTC=0.25"),
        (("100 SHARE", "--from", "yesterday"), "is not a date"),
    ],
)
def test_invalid_arguments_exit_with_code_2(command: Run, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert message in err
