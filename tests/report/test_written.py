"""Where the page goes, when it is written, and that nothing fails because of it."""

from __future__ import annotations

import base64
import logging
import re
from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path

import pytest

from marketlake.ingest.build import refresh_report
from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError
from marketlake.model.settings import load_settings
from marketlake.report.document import PAGE
from marketlake.report.preview import picture

from ..answers.lakes import BTC, make, year_ends
from ..sample import Run
from . import market


def test_same_snapshot_gives_the_same_page(lake: Path) -> None:
    assert Lake(lake).report_page() == Lake(lake).report_page()


def test_command_prints_the_path(lake: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "new folder" / "mine.html"
    assert run("report", "--lake", lake, "--out", out)[:2] == (0, f"{out}\n")
    assert out.read_text("utf-8").startswith("<!doctype html>")


def test_library_writes_the_page(lake: Path, tmp_path: Path) -> None:
    place = tmp_path / "mine.html"
    assert Lake(lake).report(place) == place
    assert place.read_text("utf-8") == Lake(lake).report_page()


def test_page_is_rewritten_only_after_a_rebuild(lake: Path) -> None:
    settings = load_settings(home=lake, lake=lake, environ={})
    page = Lake(lake).report()
    page.write_text("as it was")
    assert refresh_report(settings, rebuilt=False) == page == lake / PAGE
    assert page.read_text() == "as it was"
    refresh_report(settings, rebuilt=True)
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_single_instrument_has_no_page_but_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lake = make(tmp_path, [BTC], year_ends(BTC, {2022: 100.0, 2023: 200.0}))
    with pytest.raises(EmptyLakeError, match="fewer than two instruments"):
        Lake(lake).report_page()
    with caplog.at_level(logging.WARNING):
        assert refresh_report(load_settings(home=tmp_path, lake=lake, environ={}), rebuilt=True) is None
    assert "fewer than two instruments" in caplog.text


def test_rows_of_readings_without_a_verdict_are_collapsed(lake: Path) -> None:
    text = Lake(lake).report_page()
    grids = re.findall(r"<summary>(\d+) rows? in which nothing can be judged</summary>(.*?)</details>", text)
    assert grids
    for count, table in grids:
        assert table.split("<tbody>")[1].count("<tr>") == int(count)
        assert 'class="mark"' not in table
    outside = re.sub(r"<details>.*?</details>", "", text.split('<section id="claims"')[1])
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', outside)
    assert rows
    assert all('class="mark"' in row for row in rows)


def test_preview_has_title_description_and_picture(lake: Path) -> None:
    head = Lake(lake).report_page().split("<style>")[0]
    found = dict(re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', head))
    title = f"Not true when it was said. It is now: \u201c{market.CLAIM.statement}\u201d"
    assert f"<title>{escape(title)}</title>" in head
    assert found["og:title"] == escape(title)
    assert found["description"] == found["og:description"]
    # some instruments of the market are made up
    assert found["description"].startswith(
        "A sample market: month ends are published, days simulated. "
        "As published, 2021\u20132023: does not hold, 1 of 3"
    )
    image = base64.b64decode(found["og:image"].removeprefix("data:image/png;base64,"))
    assert image.startswith(b"\x89PNG")
    assert len(image) < 20_000


def test_published_page_names_its_address_and_picture(lake: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "index.html"
    assert run("report", "--lake", lake, "--out", out, "--url", "https://example.org/a&b/").code == 0
    text = out.read_text("utf-8")
    assert '<meta property="og:url" content="https://example.org/a&amp;b/">' in text
    assert '<meta property="og:image" content="https://example.org/a&amp;b/index.png">' in text
    assert (tmp_path / "index.png").read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" not in text


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--url", "https://example.org/"], "name it with --out"),
        (["--url", 'x" onload="', "--out", "x.html"], "is no address; write the page's own"),
    ],
)
def test_wrong_address_is_refused(
    lake: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, flags: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("report", "--lake", lake, *flags)
    assert (result.code, message in result.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_preview_has_no_picture_of_simulated_years(lake: Path) -> None:
    rows = Lake(lake).compare(["SHARE", "MADE_UP"], start=2022, end=2025).rows
    assert any("simulated" in row.quality for row in rows)
    assert picture(rows) is None


def test_page_without_claims_opens_with_the_first_two_instruments(tmp_path: Path) -> None:
    pair = market.INSTRUMENTS[:2]
    rows = [row for one in pair for row in market.walk(one, date(2023, 12, 1), date(2025, 1, 10))]
    text = Lake(make(tmp_path, pair, rows)).report_page()
    assert "Markets compared" in text
    assert "claims.toml has no claim about stored instruments" in text
    assert 'id="sleeve"' not in text


@pytest.mark.parametrize("listed", [True, False])
def test_claim_about_instruments_without_bars_is_not_on_the_page(tmp_path: Path, listed: bool) -> None:
    there = [one for one in market.INSTRUMENTS if one.id != market.CLAIM.b]
    rows = [row for one in there for row in market.walk(one)]
    following = replace(market.CLAIM, id="NEXT", statement="The coin did better", a="BTC", b="FUND")
    known = market.INSTRUMENTS if listed else there
    text = Lake(make(tmp_path, known, rows, claims=[market.CLAIM, following])).report_page()
    assert re.search(r'<blockquote id="statement"><p>.?The coin did better', text)
    assert market.CLAIM.statement.split("<")[0] not in text
