"""Take the README's picture of a report: what a reader sees first.

    marketlake report --out report.html && python scripts/screenshot.py report.html docs/report.png

Needs Chromium (Debian: apt install chromium). The picture is kept below 200 kB.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, MOST = 900, 200_000


def main() -> None:
    page, picture = (Path(argument).resolve() for argument in sys.argv[1:3])
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        window = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        window.goto(page.as_uri())
        window.wait_for_selector("html[data-ready=yes]")
        bars = window.locator("#bars .caption").bounding_box()
        assert bars is not None
        height = bars["y"] + bars["height"] + 2
        window.screenshot(
            path=picture, clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True
        )
        browser.close()
    size = picture.stat().st_size
    if size > MOST:
        sys.exit(f"{picture} has {size:,} bytes and may have {MOST:,}; crop it")
    print(f"{picture}: {size:,} bytes")


if __name__ == "__main__":
    main()
