"""The site builds strictly, leads nowhere else, and has every page in its navigation."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from marketlake.report.bundle import colours

from .snippets import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""What a browser fetches by itself, by element."""


class Links(HTMLParser):
    """Addresses that a page requests when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") in {"canonical", "next", "prev"}:
            return
        self.addresses += [values[FETCHED[tag]] or ""] if tag in FETCHED and FETCHED[tag] in values else []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


def test_no_page_loads_external_resources(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        text = page.read_text("utf-8")
        links = Links()
        links.feed(text)
        # what the theme's script would fetch by itself: diagrams and shims
        assert 'class="mermaid"' not in text
        assert "unpkg.com" not in text
        assert links.addresses
        assert [one for one in links.addresses if re.match(r"(https?:)?//", one)] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text("utf-8")), sheet


def test_every_page_is_in_the_navigation(site: Path) -> None:
    """Except the files of the repository that pages point to."""
    start = (site / "index.html").read_text("utf-8")
    reached = set(re.findall(r'class="md-nav__link[^"]*"[^>]*href="([^"#]+)"', start))
    reached |= set(re.findall(r'href="([^"#:]+\.html)"', start))
    pages = {page.relative_to(site).as_posix() for page in site.rglob("*.html")} - {"404.html", "index.html"}
    lost = {page for page in pages - reached if not page.startswith("source/")}
    assert lost == set(), "name them in mkdocs.yml"


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line for each."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.xdist_group("browser")
def test_site_works_and_searches_on_desktop_and_mobile(browser: Browser, address: str) -> None:
    requests: list[str] = []
    errors: list[str] = []
    for width in (1280, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in ("index.html", "notebooks/bitcoin-nasdaq.html", "reference/tables.html"):
            page.goto(address + name)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width == 1280:
            # the theme's script handles input only once it has started
            page.wait_for_load_state("networkidle")
            page.focus("input[name=query]")
            page.wait_for_load_state("networkidle")
            page.keyboard.type("dividend", delay=20)
            page.wait_for_selector(".md-search-result__item a")
        page.close()
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert errors == []


def test_pictures_have_the_colours_of_the_report() -> None:
    # besides them black text on white, as Matplotlib writes it, and the background of the site's icon
    allowed = {*colours().values(), "#000000", "#ffffff", "#173b5f"}
    docs = ROOT / "docs"
    for path in (*docs.glob("*.svg"), *(docs / "notebooks").glob("*.ipynb")):
        used = set(
            re.findall(r"#[0-9a-fA-F]{6}\b|(?<=[\"'])#[0-9a-fA-F]{3}(?=[\"'])", path.read_text("utf-8"))
        )
        assert used <= allowed, path
    assert {colours()["a"], colours()["b"]} <= set(
        re.findall("#[0-9a-f]{6}", (docs / "btc-nasdaq.svg").read_text())
    )
