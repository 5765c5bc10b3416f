"""A page with limited size omits data, notes it, and shows the same figures otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from marketlake.lake import Lake
from marketlake.report.document import report
from marketlake.report.series import daily, kept_from

from . import told as lake_figures
from .browser import open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from .browser import Opened

pytestmark = pytest.mark.xdist_group("browser")
NAMES = ("a", "b", "first", "last", "currency", "basis")


@pytest.fixture(scope="module")
def thinned(browser: Browser, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The market with room for the claim's own two and the reference rates alone."""
    page = tmp_path_factory.mktemp("thinned") / "report.html"
    with Lake(lake).reader() as reader:
        page.write_text(report(reader, room=0), "utf-8")
    opened = open_page(browser, page)
    yield opened
    assert opened.complaints == []
    opened.page.context.close()


def test_page_notes_instruments_with_monthly_data(thinned: Opened) -> None:
    assert thinned.text("#compare .aside").startswith(
        "4 of 8 instruments are in it by the ends of months alone"
    )


@pytest.mark.parametrize(
    "values",
    [
        ("BTC", "FUND", 2021, 2024, "USD", "price"),
        ("EURO_SHARE", "LATE", 2022, 2025, "EUR", "total"),
        ("MADE_UP", "NASDAQ", 2021, 2023, "USD", "price"),
    ],
    ids=lambda values: "-".join(map(str, values)),
)
def test_yearly_and_total_figures_stay_the_same_with_monthly_data(
    thinned: Opened, lake: Path, values: tuple[str | int, ...]
) -> None:
    choice = dict(zip(NAMES, values, strict=True))
    thinned.choose(**choice)
    thinned.draw_all()
    rows, score, _ = lake_figures.years(lake, choice)
    assert (thinned.table("#bars")[1:], thinned.text("#finding .score")) == (rows, score)
    lines, _ = lake_figures.figures(lake, choice)
    shown = {row[0]: row[1:] for row in thinned.table("#figures")}
    for name in ("total return", "CAGR", "from", "to", "quality of the whole"):
        assert shown[name] == lines[name]
    assert thinned.table("#heatmap")[1:] == lake_figures.months(lake, choice)
    risk = {row[0]: row[1:] for row in thinned.table("#scatter")[1:]}
    assert risk[choice["a"]] == lake_figures.alone(lake, str(choice["a"]), choice, "monthly")


def test_correlation_is_by_month_with_monthly_data(thinned: Opened, lake: Path) -> None:
    choice = {"a": "BTC", "b": "FUND", "first": 2021, "last": 2024, "currency": "USD", "basis": "price"}
    thinned.choose(**choice)
    thinned.draw_all()
    assert thinned.text("#figures .terms") == lake_figures.correlation(lake, choice, "monthly")
    assert dict(thinned.table("#rolling")[1:]) == lake_figures.correlations(lake, choice, "monthly")


def test_oldest_years_are_dropped_but_not_those_of_claims_or_the_last_twenty() -> None:
    counts = {year: 100 for year in range(1990, 2025)}
    assert kept_from(counts, needed=2019, room=3500) is None
    assert kept_from(counts, needed=2019, room=3400) == 1991
    assert kept_from(counts, needed=2019, room=3000) == 1995
    assert kept_from(counts, needed=2019, room=100) == 2005
    assert kept_from(counts, needed=1993, room=100) == 1993
    assert kept_from({}, needed=2019, room=0) is None


def test_daily_data_goes_to_claims_and_rates_first() -> None:
    rows = [
        {"id": name, "asset_class": kind, "bars": 100}
        for name, kind in (("A", "equity"), ("B", "equity"), ("C", "equity"), ("EUR", "currency"))
    ]
    assert daily(rows, {"C"}, 0) == {"C", "EUR"}
    assert daily(rows, {"C"}, 350) == {"A", "C", "EUR"}
    assert daily(rows, set(), 1000) == {"A", "B", "C", "EUR"}
