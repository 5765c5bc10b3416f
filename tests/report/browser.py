"""Chromium, as Debian packages it, and what a page did in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Table = list[list[str]]


def executable() -> str | None:
    """Where Chromium is; None where it is not installed."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )


@dataclass
class Opened:
    """A page with everything it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def choose(self, **chosen: str | int) -> None:
        """Choose by the name of a control: a, b, first, last, currency, basis."""
        for name, value in chosen.items():
            self.page.select_option(f"#pick-{name}", str(value))

    def draw_all(self) -> None:
        """As around printing: every section is drawn, then fitted to the window again."""
        self.page.evaluate("['beforeprint', 'afterprint'].forEach(name => dispatchEvent(new Event(name)))")

    def table(self, within: str) -> Table:
        """The cells of the table in a section; its details are opened for that."""
        self.page.evaluate(
            """place => { const all = document.querySelector(place).querySelectorAll('details');
            all.forEach(one => { one.open = true; }); }""",
            within,
        )
        self.page.wait_for_selector(f"{within} table")
        rows: Table = self.page.evaluate(
            """place => [...document.querySelector(place + ' table').rows].map(
            row => [...row.cells].map(cell => cell.textContent))""",
            within,
        )
        return rows

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)


def open_page(browser: Browser, path: Path, address: str = "", **context: Any) -> Opened:
    """Open a file in a window of its own and wait until it can be used."""
    page = browser.new_context(**{"viewport": {"width": 1000, "height": 900}} | context).new_page()
    opened = Opened(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("console", lambda message: opened.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on(
        "dialog", lambda dialog: (opened.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss())
    )
    page.goto(path.as_uri() + address)
    if context.get("java_script_enabled", True):
        page.wait_for_selector("html[data-ready=yes]")
    return opened
