"""Every control changes what it should, and nothing that it should not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from marketlake.lake import Lake

from .browser import open_page
from .market import INSTRUMENTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from .browser import Opened

pytestmark = pytest.mark.xdist_group("browser")
FOLLOWS = ("growth", "drawdown", "rolling", "heatmap", "scatter")
FIRST = {"a": "SHARE", "b": "NASDAQ", "first": 2021, "last": 2024, "currency": "USD", "basis": "price"}


def chosen(opened: Opened) -> dict[str, str]:
    result: dict[str, str] = opened.page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#controls select')]"
        ".map(one => [one.id.slice(5), one.value]))"
    )
    return result


def charts(opened: Opened) -> dict[str, str]:
    opened.draw_all()
    result: dict[str, str] = opened.page.evaluate(
        "places => Object.fromEntries(places.map(id => [id, document.querySelector(`#${id} svg`).outerHTML"
        " + document.querySelector(`#${id} .terms`).textContent]))",
        ["bars", *FOLLOWS],
    )
    return result


@pytest.mark.parametrize(
    ("control", "value", "changes"),
    [
        ("a", "BTC", {"bars", *FOLLOWS}),
        ("b", "BTC", {"bars", *FOLLOWS}),
        ("first", 2022, {"bars", *FOLLOWS}),
        ("last", 2023, {"bars", *FOLLOWS}),
        ("currency", "EUR", {"bars", *FOLLOWS}),
        ("basis", "total", {"bars", *FOLLOWS}),
    ],
)
def test_every_chart_follows_every_control(
    opened: Opened, control: str, value: str | int, changes: set[str]
) -> None:
    opened.choose(**FIRST)
    before, figures = charts(opened), opened.table("#figures")
    opened.choose(**{control: value})
    after = charts(opened)
    assert {name for name in before if before[name] != after[name]} == changes
    assert opened.table("#figures") != figures


def test_page_opens_with_the_first_claim(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    expected = {
        "a": "SHARE",
        "b": "NASDAQ",
        "first": "2021",
        "last": "2024",
        "currency": "USD",
        "basis": "price",
        "closes": "month",
    }
    assert chosen(opened) == expected
    assert opened.page.locator("#bars .bracket").count() == 2
    opened.choose(a="BTC")
    assert opened.page.locator("#bars .bracket").count() == 0
    opened.page.context.close()


def lead(lake: Path, choice: dict[str, Any]) -> str:
    """The result of `compare` as a headline."""
    names = {one.id: one.name for one in INSTRUMENTS}
    ids, terms = [choice["a"], choice["b"]], {"currency": choice["currency"], "basis": choice["basis"]}
    answer = Lake(lake).compare(ids, start=choice["first"], end=choice["last"], **terms)
    first, second = sorted(ids, key=lambda name: -answer.wins[name])
    years = f"{answer.wins[first]} of {answer.years} year{'s' * (answer.years > 1)}"
    if not answer.years:
        return f"{names[first]} and {names[second]}: no year can be judged"
    if answer.wins[first] == answer.wins[second]:
        return f"{names[first]} and {names[second]} level: ahead in {years} each"
    return f"{names[first]} ahead of {names[second]} in {years}"


def test_headline_is_the_claim_over_its_own_years_and_else_the_choice(
    browser: Browser, page_file: Path, lake: Path
) -> None:
    opened = open_page(browser, page_file)
    claim, title = opened.text("#headline"), opened.page.title()
    assert opened.page.is_visible("#statement")
    assert not opened.page.is_visible("#chosen")
    for change, choice in (
        (
            {"b": "FUND"},
            "A share and A fund, 2021 to 2024, price return of SHARE, total return of FUND in USD",
        ),
        ({"basis": "total"}, "2024, total return of SHARE, price return of NASDAQ in USD"),
        ({"currency": "EUR"}, "price return in EUR"),
        ({"last": 2023}, "2021 to 2023, price return in USD"),
        ({"b": "MADE_UP", "first": 2025, "last": 2025}, "A share and Made up, 2025, price return in USD"),
    ):
        opened.choose(**FIRST | change)
        assert opened.text("#headline") == lead(lake, FIRST | change)
        assert choice in opened.text("#chosen")
        assert opened.page.title().startswith(opened.text("#headline"))
        assert not opened.page.locator("#statement, .verdicts, .readings").first.is_visible()
    opened.choose(**FIRST)
    assert (opened.text("#headline"), opened.page.title()) == (claim, title)
    assert opened.page.is_visible("#statement")
    opened.page.context.close()


def test_shared_link_opens_without_the_claim(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file, "#a=BTC&b=FUND")
    first = opened.text("#headline")
    assert " of " in first
    assert "Bitcoin and A fund" in opened.text("#chosen")
    assert not opened.page.is_visible("#statement")
    # another link, opened in the same window
    opened.page.goto(page_file.as_uri() + "#a=BTC&b=SHARE")
    opened.page.wait_for_function("document.getElementById('chosen').textContent.includes('A share')")
    assert chosen(opened)["b"] == "SHARE"
    opened.page.context.close()


def test_incomplete_year_says_which_close_is_missing(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file, "#a=LATE&b=NASDAQ&first=2022&last=2022")
    assert opened.page.locator("#bars rect").count() == 1
    assert opened.text(".missing") == (
        "LATE is stored from 2022-05-03 to 2025-03-14: 2022 needs the close of 2021-12-31."
    )
    opened.choose(a="SHARE", first=2021, last=2025)
    assert opened.page.locator(".missing").all_inner_texts() == [
        f"{name} is stored from 2020-12-01 to 2025-03-14: 2025 needs the close of 2025-12-31."
        for name in ("SHARE", "NASDAQ")
    ]
    opened.choose(last=2024)
    assert opened.page.locator(".missing").count() == 0
    opened.page.context.close()


def test_static_bars_equal_the_drawn_bars(browser: Browser, page_file: Path) -> None:
    shape = """[...document.querySelectorAll('#bars svg :is(rect, line, text)')].map(one =>
        [one.tagName, one.textContent,
        ...one.getAttributeNames().sort().map(key => `${key}=${one.getAttribute(key)}`)])"""
    plain = open_page(browser, page_file, java_script_enabled=False)
    without = plain.page.locator("#bars svg").inner_html()
    under = [plain.page.text_content(f"#bars {kind}") for kind in (".caption", ".terms")]
    with_script = open_page(browser, page_file)
    assert [with_script.page.text_content(f"#bars {kind}") for kind in (".caption", ".terms")] == under
    with_script.page.evaluate("document.querySelector('#bars .plot').dataset.kept = 'yes'")
    with_script.choose(last=2023)
    with_script.choose(last=2024)
    drawn = with_script.page.evaluate(shape)
    with_script.page.evaluate("inner => { document.querySelector('#bars svg').innerHTML = inner; }", without)
    assert with_script.page.evaluate(shape) == drawn
    plain.page.context.close()
    with_script.page.context.close()


def test_both_controls_never_show_the_same_instrument(opened: Opened) -> None:
    opened.choose(**FIRST)
    opened.choose(a="NASDAQ")
    assert chosen(opened)["a"] == "NASDAQ" != chosen(opened)["b"]


def test_first_and_last_year_stay_in_order(opened: Opened) -> None:
    opened.choose(**FIRST)
    opened.choose(last=2021)
    opened.choose(first=2024)
    assert (chosen(opened)["first"], chosen(opened)["last"]) == ("2024", "2024")


def test_currency_follows_the_instruments(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    opened.choose(a="EURO_SHARE")
    assert chosen(opened)["currency"] == "USD"
    opened.choose(currency="EUR", b="FUND")
    assert chosen(opened)["currency"] == "EUR"
    opened.page.context.close()


def test_url_fragment_restores_the_choice(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    opened.choose(a="BTC", b="FUND", first=2022, last=2023, currency="EUR", basis="total")
    address, choice, score = opened.page.url.split("#")[1], chosen(opened), opened.text("#finding")
    again = open_page(browser, page_file, f"#{address}")
    assert (chosen(again), again.text("#finding")) == (choice, score)
    for one in (opened, again):
        one.page.context.close()


def test_invalid_url_fragment_is_ignored(browser: Browser, page_file: Path) -> None:
    opened = open_page(
        browser, page_file, "#a=<img src=x onerror=alert(1)>&first=1066&currency=XXX&b=BTC&nonsense=1"
    )
    expected = {k: str(v) for k, v in FIRST.items()} | {"closes": "month"}
    assert chosen(opened) | {"b": ""} == expected | {"b": ""}
    assert (chosen(opened)["b"], opened.complaints) == ("BTC", [])
    opened.page.context.close()


def test_keyboard_navigation(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    before = opened.text("#finding .score")
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.focus("#pick-last")
    opened.page.keyboard.press("ArrowUp")
    assert opened.text("#finding .score") != before
    opened.page.focus("#bars summary")
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("#bars table")
    opened.page.context.close()
