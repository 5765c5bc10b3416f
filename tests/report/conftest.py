"""One Chromium for all, one lake and one page of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from marketlake.lake import Lake
from marketlake.model import schema

from ..answers import lakes
from . import market

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from .browser import Opened

Open = Callable[..., "Opened"]


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market of `market.py`."""
    root = lakes.write(tmp_path_factory.mktemp("report"), market.INSTRUMENTS, market.bars())
    findings = pa.Table.from_pylist(market.findings(), schema=schema.FINDING)
    lakes.save(root / "finding" / "month=2025-03", findings)
    lakes.build(root, market.INSTRUMENTS, [market.CLAIM, market.PLAN])
    return root


@pytest.fixture(scope="session")
def page_file(lake: Path) -> Path:
    return Lake(lake).report()


@pytest.fixture(scope="module")
def opened(browser: Browser, page_file: Path) -> Iterator[Opened]:
    """The page, open, with the days of what is simulated between months; shared by a module's tests."""
    from .browser import open_page

    page = open_page(browser, page_file)
    page.choose(closes="day")
    yield page
    assert page.complaints == []
    assert page.requests == [page_file.as_uri()]
    page.page.context.close()
