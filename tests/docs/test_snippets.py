"""Every snippet of the documentation does what the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from scripts.sample_lake import NOW

from marketlake.ingest.build import build
from marketlake.model.settings import load_settings, parse_instant
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from ..sample import Run
from .not_run import NOT_RUN
from .snippets import ROOT, Reader, snippets

PAGES = ["README.md", *(p.relative_to(ROOT).as_posix() for p in sorted((ROOT / "docs").rglob("*.md")))]
WITH_SNIPPETS = [page for page in PAGES if any(snippets(page))]
RESTATED = {"docs/revisions.md"}
WRITING = {
    "docs/claims.md",
    "docs/reconcile.md",
    *(f"docs/howto/{name}.md" for name in ("backfill", "instrument", "source")),
}
"""Pages whose reader changes the lake: each has a copy of its own."""
ATTACHING = "docs/howto/duckdb.md"
"""Its reader attaches the lake, and a backup of it."""


def grouped(page: str) -> object:
    """The restated lake is made by one worker for all its tests."""
    return pytest.param(page, marks=pytest.mark.xdist_group("restated")) if page in RESTATED else page


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path, sample_home: Path) -> Path:
    """The home that the page is about."""
    page: str = request.node.callspec.params["page"]
    if page in RESTATED:
        restated: Path = request.getfixturevalue("restated_home")
        return restated
    own = tmp_path / "lake"
    if page == "docs/tutorial.md":
        own.mkdir()
    elif page in WRITING:
        shutil.copytree(sample_home, own)
        build(load_settings(home=own, now=NOW, environ={}))
    else:
        return sample_home
    return own


@pytest.mark.parametrize("page", [grouped(page) for page in WITH_SNIPPETS])
def test_snippets_of_a_page_give_what_the_page_shows(
    page: str,
    home: Path,
    run: Run,
    sample_simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # the README's reader makes a folder in the working directory
    monkeypatch.chdir(tmp_path if page in ("README.md", ATTACHING) else home)
    if page == ATTACHING:
        (tmp_path / "data").symlink_to(home / "data")
        (tmp_path / "backup").mkdir()
        shutil.copy(home / "data" / "market.duckdb", tmp_path / "backup")
    monkeypatch.delenv("MARKETLAKE_LAKE", raising=False)
    monkeypatch.setenv("MARKETLAKE_HOME", str(home))
    monkeypatch.setenv("MARKETLAKE_NOW", "2026-01-26T13:00Z" if page in RESTATED else NOW)
    monkeypatch.setenv("MARKETLAKE_SOURCE_URL", sample_simulator.url)
    # the page says which faults it shows
    faults = re.findall(r"--fault\s+([^\s`]+?)\.?[`\s]", (ROOT / page).read_text("utf-8"))
    sample_simulator.set_faults([parse_fault(fault) for fault in faults])
    reader = Reader(page, run, home, home / "data")
    try:
        for snippet in snippets(page):
            reader.follow(snippet)
    finally:
        sample_simulator.set_faults([])
        sample_simulator.set_clock(parse_instant(NOW))


def test_every_listed_exception_still_exists() -> None:
    for page, begin, reason in NOT_RUN:
        assert reason
        shown = "\n".join(snippet.text for snippet in snippets(page))
        assert re.search(rf"^(\$ )?{re.escape(begin)}", shown, re.MULTILINE), f"{page} shows no {begin!r}"
