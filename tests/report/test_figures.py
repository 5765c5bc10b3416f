"""Every figure in the page is that of `Lake`, to the last digit that is shown."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from marketlake.claims.load import load_claims
from marketlake.lake import Lake
from marketlake.report.document import report

from ..answers import lakes, shared_data
from . import market
from . import told as lake_figures

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from .browser import Opened

pytestmark = pytest.mark.xdist_group("browser")
CLAIMS = Path(__file__).parents[2] / "claims.toml"

MADE = (
    ("SHARE", "NASDAQ", 2021, 2024, "USD", "total"),
    ("BTC", "SHARE", 2022, 2023, "EUR", "total"),
    ("BTC", "NASDAQ", 2021, 2025, "USD", "price"),
    ("EURO_SHARE", "FUND", 2023, 2023, "EUR", "price"),
    ("LATE", "BTC", 2022, 2025, "USD", "price"),
    ("MADE_UP", "EURO_SHARE", 2022, 2024, "USD", "total"),
    ("EUR", "FUND", 2021, 2021, "USD", "total"),
    ("MADE_UP", "SHARE", 2025, 2025, "USD", "price"),
)
REAL = (
    ("BTC", "NASDAQ", 2019, 2024, "USD", "price"),
    ("AAPL", "GOLD", 2019, 2024, "USD", "total"),
)
NAMES = ("a", "b", "first", "last", "currency", "basis")


@pytest.mark.parametrize("values", MADE, ids=lambda values: "-".join(map(str, values)))
def test_page_equals_lake_on_a_simulated_market(
    opened: Opened, lake: Path, values: tuple[str | int, ...]
) -> None:
    check(opened, lake, values)


@pytest.fixture(scope="module")
def real_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shared_data.folder()
    files = [shared_data.FILES[name] for name in ("BTC", "NASDAQ", "GOLD", "AAPL")]
    rows = [row for pair in files for row in shared_data.bars_of(*pair)]
    place = tmp_path_factory.mktemp("real")
    return lakes.make(place, [instrument for instrument, _ in files], rows, claims=load_claims(CLAIMS))


@pytest.fixture(scope="module")
def real(browser: Browser, real_lake: Path) -> Iterator[Opened]:
    from .browser import open_page

    opened = open_page(browser, Lake(real_lake).report())
    yield opened
    assert opened.complaints == []
    opened.page.context.close()


@pytest.mark.parametrize("values", REAL, ids=lambda values: "-".join(map(str, values)))
def test_page_equals_lake_on_real_prices(
    real: Opened, real_lake: Path, values: tuple[str | int, ...]
) -> None:
    check(real, real_lake, values)


def test_shortened_page_has_the_same_figures(browser: Browser, real_lake: Path, tmp_path: Path) -> None:
    from .browser import open_page

    page = tmp_path / "report.html"
    with Lake(real_lake).reader() as reader:
        page.write_text(report(reader, room=16_500), "utf-8")
    opened = open_page(browser, page)
    assert (
        opened.text("#compare .aside")
        == "Prices before 2004 are left out of this page; the commands have them."
    )
    opened.choose(a="GOLD", b="NASDAQ")
    assert opened.page.locator("#pick-first option").first.text_content() == "2004"
    check(opened, real_lake, ("GOLD", "NASDAQ", 2004, 2009, "USD", "price"))
    opened.page.context.close()


def check(opened: Opened, lake: Path, values: tuple[str | int, ...]) -> None:
    """All tables that follow the choice."""
    choice = dict(zip(NAMES, values, strict=True))
    opened.choose(**choice)
    rows, score, notes = lake_figures.years(lake, choice)
    assert opened.table("#bars")[1:] == rows
    # the command adds what to type next where no year can be judged
    assert opened.text("#finding .score") == re.sub(r": `marketlake status`.*", ".", score)
    assert opened.page.locator("#finding li").all_text_contents() == notes
    lines, correlation = lake_figures.figures(lake, choice)
    shown = {row[0]: row[1:] for row in opened.table("#figures")}
    assert {name: shown[name] for name in lines} == lines
    assert opened.text("#figures .terms") == correlation


@pytest.mark.parametrize("values", [MADE[1], MADE[4]], ids=lambda values: "-".join(map(str, values)))
def test_chart_series_equal_lake(opened: Opened, lake: Path, values: tuple[str | int, ...]) -> None:
    choice = dict(zip(NAMES, values, strict=True))
    opened.choose(**choice)
    opened.draw_all()
    assert opened.table("#heatmap")[1:] == lake_figures.months(lake, choice)
    assert dict(opened.table("#rolling")[1:]) == lake_figures.correlations(lake, choice)
    assert opened.table("#growth")[1:] == lake_figures.growth(lake, choice)
    assert opened.table("#drawdown")[1:] == lake_figures.drawdowns(lake, choice)
    risk = {row[0]: row[1:] for row in opened.table("#scatter")[1:]}
    assert choice["a"] in risk
    assert risk == {name: lake_figures.alone(lake, name, choice) for name in risk}


def test_published_month_ends_equal_lake_and_carry_no_mark(
    browser: Browser, page_file: Path, lake: Path
) -> None:
    from .browser import open_page

    opened = open_page(browser, page_file)
    choice = {"a": "MADE_UP", "b": "NASDAQ", "first": 2021, "last": 2024, "currency": "USD", "basis": "price"}
    opened.choose(**choice)
    opened.draw_all()
    answer = Lake(lake).metrics(
        ["MADE_UP", "NASDAQ"], start=2021, end=2024, frequency="monthly", currency="USD"
    )
    shown = {row[0]: row[1:] for row in opened.table("#figures")}
    for line, metric in (
        ("volatility", "volatility"),
        ("maximum drawdown", "max_drawdown"),
        ("CAGR", "cagr"),
    ):
        figures = [answer.figure(name, metric) for name in ("MADE_UP", "NASDAQ")]
        assert [cell.lstrip("+\u2212") for cell in shown[line]] == [
            f"{abs(one.value or 0) * 100:,.2f} %" for one in figures
        ]
        assert not any("simulated" in one.quality for one in figures)
    assert shown["monthly returns, n"] == ["48", "48"]
    assert "simulated" not in " ".join(shown["quality of monthly returns"])
    assert opened.text("#figures .terms") == lake_figures.correlation(lake, choice, "monthly")
    rolling = lake_figures.correlations(lake, choice, "monthly")
    assert dict(opened.table("#rolling")[1:]) == rolling
    assert len(rolling) == 37
    assert opened.text("#rolling .caption").startswith("Each point looks back over a year of months")
    assert "simulated" not in (opened.page.text_content("#rolling") or "").lower()
    opened.page.context.close()


def test_sleeve_sizes_equal_lake(opened: Opened, lake: Path) -> None:
    opened.draw_all()
    share = market.PLAN.share
    holdings = {name: weight * (1 - share) for name, weight in market.PLAN.plan.items()} | {"BTC": share}
    plan = ", ".join(f"{weight * 100:.10f} {name}" for name, weight in holdings.items())
    first, last = market.PLAN.first_year, market.PLAN.last_year
    expected = lake_figures.sizes(lake, plan, {"sleeve": "BTC"}, f"{first - 1}-12-31", f"{last}-12-31")
    assert len(expected) == 11
    assert opened.table("#sleeve")[1:] == expected


def test_large_sleeve_is_drawn_to_its_size(browser: Browser, lake: Path, tmp_path: Path) -> None:
    from .browser import open_page

    place = Path(shutil.copytree(lake, tmp_path / "lake"))
    plans = [replace(market.PLAN, share=0.2), replace(market.PLAN, id="SMALL", share=0.05)]
    lakes.build_database(place, market.INSTRUMENTS, [market.CLAIM, *plans])
    opened = open_page(browser, Lake(place).report())
    assert opened.text("#sleeve-head") == "What a sleeve would do to a retirement plan"
    captions = opened.page.locator("#sleeve .caption").all_inner_texts()
    assert [re.search(r"0 to \d+ %", text)[0] for text in captions] == ["0 to 20 %", "0 to 10 %"]
    outside = """() => { const svg = document.querySelector('#sleeve svg');
        const width = svg.viewBox.baseVal.width;
        return [...svg.querySelectorAll('circle')].filter(one => one.cx.baseVal.value > width).length }"""
    assert opened.page.evaluate(outside) == 0
    opened.page.context.close()
