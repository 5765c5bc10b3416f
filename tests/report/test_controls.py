"""Every control changes what it should, and nothing that it should not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .browser import open_page

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
    }
    assert chosen(opened) == expected
    assert opened.page.locator("#bars .bracket").count() == 2
    opened.choose(a="BTC")
    assert opened.page.locator("#bars .bracket").count() == 0
    opened.page.context.close()


def test_static_bars_equal_the_drawn_bars(browser: Browser, page_file: Path) -> None:
    shape = """[...document.querySelectorAll('#bars svg :is(rect, line, text)')].map(one =>
        [one.tagName, one.textContent,
        ...one.getAttributeNames().sort().map(key => `${key}=${one.getAttribute(key)}`)])"""
    plain = open_page(browser, page_file, java_script_enabled=False)
    without = plain.page.locator("#bars svg").inner_html()
    with_script = open_page(browser, page_file)
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
    assert chosen(opened) | {"b": ""} == {k: str(v) for k, v in FIRST.items()} | {"b": ""}
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
