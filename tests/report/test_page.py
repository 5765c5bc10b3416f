"""The page as a whole: alone, safe, accessible, on paper, in the dark, without scripts."""

from __future__ import annotations

import csv
import io
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from marketlake.lake import Lake

from .browser import Opened, open_page
from .market import CLAIM, HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")
AXE = files("axe_playwright_python") / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(opened: Opened) -> list[str]:
    result: dict[str, Any] = opened.page.evaluate("rules => axe.run(document, rules)", RULES)
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in result["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violations(browser: Browser, page_file: Path, scheme: str) -> None:
    # the page's own policy keeps out every other script, axe too
    opened = open_page(browser, page_file, color_scheme=scheme, bypass_csp=True)
    opened.draw_all()
    if scheme == "light":
        opened.page.evaluate(
            "document.querySelectorAll(':is(#bars, #claims, #state) details')"
            ".forEach(one => { one.open = true; })"
        )
    opened.page.evaluate(AXE.read_text("utf-8"))
    assert violations(opened) == []
    opened.page.context.close()


def test_page_sends_no_requests_and_csp_blocks_them(opened: Opened) -> None:
    opened.draw_all()
    refused = opened.page.evaluate(
        "fetch('https://example.org/').then(() => 'fetched', error => `refused: ${error.name}`)"
    )
    assert refused == "refused: TypeError"
    assert "Content Security Policy" in opened.complaints.pop(0)
    opened.complaints.clear()
    opened.requests[1:] = [url for url in opened.requests[1:] if "example.org" not in url]


def test_page_contains_no_external_urls(page_file: Path) -> None:
    text = page_file.read_text("utf-8")
    addresses = set(re.findall(r"https?://[\w./-]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"""(?:src|href)=["'](?!#)""", text.split("<script", 1)[0])


def test_hostile_text_is_escaped(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    opened.choose(b="LATE")
    opened.draw_all()
    assert opened.page.locator("script").count() == 2
    assert opened.page.locator("img, main b b").count() == 0
    assert opened.text("#statement p") == CLAIM.statement
    assert HOSTILE in opened.text("#bars figcaption")
    assert opened.complaints == []
    opened.choose(b="NASDAQ", first=2021, last=2024)
    assert opened.page.title() == f"Not true when it was said. It is now: \u201c{CLAIM.statement}\u201d"
    opened.page.context.close()


def test_claim_is_readable_without_javascript(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file, java_script_enabled=False)
    assert opened.text("#headline") == "Not true when it was said. It is now."
    assert opened.page.locator("#bars rect").count() == 8
    assert opened.page.locator("#bars table tbody tr").count() == 4
    assert opened.page.locator("#claims .mark").first.is_visible()
    assert opened.page.locator("noscript p").is_visible()
    assert not opened.page.locator("#controls").is_visible()
    opened.page.context.close()


def test_page_fits_a_phone(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file, viewport={"width": 360, "height": 740})
    opened.draw_all()
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 360
    outside = """[...document.querySelectorAll('.plot svg text')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.left < 0 || box.right > innerWidth; }).map(one => one.textContent)"""
    assert opened.page.evaluate(outside) == []
    # a name that is too long for the end of a line gives way to the id
    opened.choose(b="LATE")
    assert opened.page.locator("#growth .note").all_text_contents() == ["A share", "LATE"]
    assert "\N{HORIZONTAL ELLIPSIS}" not in opened.text("main")
    opened.page.set_viewport_size({"width": 390, "height": 844})
    # the longest name of the shipped instruments that can be chosen
    cut = """words => { const pen = document.createElement('canvas').getContext('2d');
        return [...document.querySelectorAll('#controls .wide select')].filter(one => {
            const style = getComputedStyle(one);
            pen.font = `${style.fontSize} ${style.fontFamily}`;
            return pen.measureText(words).width > one.clientWidth - 24; }).length }"""
    assert opened.page.evaluate(cut, "INFRASTRUCTURE \u2013 iShares Global Infrastructure ETF") == 0
    opened.page.context.close()


def test_captions_are_one_sentence_and_name_the_right_basis(opened: Opened) -> None:
    opened.choose(a="FUND", b="NASDAQ", first=2021, last=2024, basis="price")
    opened.draw_all()
    captions = opened.page.locator("figure .caption").all_text_contents()
    assert len(captions) == 7
    assert all(re.fullmatch(r"[A-Z][^.]*\.", text) for text in captions), captions
    assert "FUND with dividends reinvested, NASDAQ without dividends" in captions[0]
    for place in ("bars", "growth", "drawdown", "rolling", "heatmap"):
        conventions = opened.page.text_content(f"#{place} .conventions .terms") or ""
        assert conventions.startswith("total return of FUND, price return of NASDAQ, USD, ")
        assert not opened.page.is_visible(f"#{place} .conventions .terms")
    opened.choose(a="BTC", basis="total")
    assert "BTC with dividends reinvested, NASDAQ without" in opened.text("#bars .caption")
    opened.choose(a="SHARE", b="FUND")
    assert "in USD, with dividends reinvested;" in opened.text("#bars .caption")


def test_page_has_one_minus_sign_and_no_negative_zero(opened: Opened) -> None:
    opened.choose(a="SHARE", b="NASDAQ", first=2021, last=2025, basis="price")
    opened.draw_all()
    for place in ("bars", "figures", "growth", "drawdown", "rolling", "heatmap", "scatter", "sleeve"):
        opened.table(f"#{place}")
    text = opened.page.evaluate(
        """() => { const page = document.querySelector('main').cloneNode(true);
        page.querySelectorAll('code').forEach(one => one.remove());
        const leaves = [...page.querySelectorAll('*')].filter(one => !one.childElementCount);
        return leaves.map(one => one.textContent).join('\\n') }"""
    )
    minus = "\N{MINUS SIGN}"
    assert text.count(minus) > 100
    assert re.findall(r"(?<![\w-])-\d.*", text) == []
    assert re.findall(rf"{minus}0(?:\.0+)?(?![.\d]).*", text) == []


def test_charts_are_drawn_without_scrolling(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    assert opened.page.evaluate("scrollY") == 0
    for place in ("bars", "growth", "drawdown", "rolling", "heatmap", "scatter"):
        assert opened.page.locator(f"#{place} svg").count() == 1
    # the claim about a sleeve, as published and today
    assert opened.page.locator("#sleeve svg").count() == 1
    # another choice too, in the end
    opened.choose(b="BTC")
    opened.page.wait_for_selector("html[data-ready=yes]")
    for place in ("growth", "drawdown", "rolling", "heatmap"):
        assert "Bitcoin" in opened.text(f"#{place} figcaption")
    opened.page.context.close()


def test_print_contains_every_chart(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    opened.page.pdf(format="A4")
    for place in ("bars", "growth", "drawdown", "rolling", "heatmap", "scatter"):
        assert opened.page.locator(f"#{place} svg").count() == 1
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("#controls").is_visible()
    opened.page.context.close()


def test_simulated_days_are_watermarked_in_charts_and_downloads(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    opened.draw_all()
    assert opened.page.locator(".banner").is_visible()
    assert opened.page.locator("#growth .watermark").count() == 0
    opened.choose(b="MADE_UP")
    opened.draw_all()
    assert opened.page.locator(".watermark").count() == 0
    opened.choose(closes="day")
    opened.draw_all()
    for place in ("growth", "drawdown", "rolling", "heatmap"):
        assert opened.page.locator(f"#{place} .watermark").count() == 1
    assert "SIMULATED" in saved(opened, "#growth", "SVG").decode()
    opened.page.context.close()


def saved(opened: Opened, place: str, kind: str) -> bytes:
    with opened.page.expect_download() as download:
        opened.page.click(f"{place} .tools button:text-is('{kind}')")
    assert download.value.suggested_filename.endswith(f".{kind.lower()}")
    return Path(download.value.path()).read_bytes()


def test_charts_download_as_png_svg_and_csv(browser: Browser, page_file: Path) -> None:
    opened = open_page(browser, page_file)
    opened.draw_all()
    assert saved(opened, "#growth", "PNG").startswith(b"\x89PNG")
    picture = saved(opened, "#bars", "SVG").decode()
    assert "var(--" not in picture
    assert "A share and Nasdaq Composite" in picture
    assert "price return, USD" in picture
    for place in ("bars", "growth", "drawdown", "rolling", "heatmap", "scatter", "sleeve"):
        _, *rows = csv.reader(io.StringIO(saved(opened, f"#{place}", "CSV").decode()))
        assert len(rows) > 3
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if "%" in cell or not cell.isascii()]
        figures = [cell for cell in cells if re.match(r"[+-]?\d", cell) and not re.match(r"\d{4}-\d\d", cell)]
        assert figures
        assert not [cell for cell in figures if cell.startswith("+") or (float(cell) == 0 and "-" in cell)]
    opened.page.context.close()


def test_csv_has_the_figures_of_the_lake(browser: Browser, page_file: Path, lake: Path) -> None:
    opened = open_page(browser, page_file)
    rows = csv.DictReader(io.StringIO(saved(opened, "#bars", "CSV").decode()))
    answer = Lake(lake).compare(["SHARE", "NASDAQ"], start=2021, end=2024)
    for row, expected in zip(rows, answer.rows, strict=True):
        values = [one.simple_return for one in expected.returns]
        assert [float(row["SHARE"]), float(row["NASDAQ"])] == pytest.approx(values, rel=1e-12)
        assert float(row["difference"]) == pytest.approx(expected.difference, rel=1e-12)
        assert (row["ahead"], row["from"]) == (expected.winner, str(expected.returns[0].start_session))
    lines = saved(opened, "#growth", "CSV").decode().splitlines()
    assert lines[:2] == ["session,SHARE,NASDAQ", "2020-12-31,10000,10000"]
    assert len(lines) > 1000
    opened.page.context.close()
