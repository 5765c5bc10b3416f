"""The command `demo`: a filled lake and its report, in a folder of its own."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from marketlake.lake import Lake

from .conftest import Run


@pytest.mark.slow
def test_demo_fills_a_lake_and_opens_its_report(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(shown.append(address)) or True)
    # what is set for another lake does not reach the demonstration
    monkeypatch.setenv("MARKETLAKE_LAKE", str(tmp_path / "other"))
    monkeypatch.setenv("MARKETLAKE_SOURCE_URL", "http://127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    first = run("demo")
    page = tmp_path / "marketlake-demo" / "data" / "report.html"
    assert (first.code, shown) == (0, [page.as_uri()])
    assert not (tmp_path / "other").exists()
    answer = Lake(page.parent).compare(["BTC", "NASDAQ"], start=2019, end=2024)
    assert answer.wins == {"BTC": 5, "NASDAQ": 1}
    before = page.stat().st_mtime_ns
    again = run("demo", "--no-open")
    assert (again.code, len(shown), page.stat().st_mtime_ns) == (0, 1, before)
    # killed before the page was written, it goes on
    page.unlink()
    assert run("demo", "--no-open").code == 0
    assert page.exists()


def test_demo_refuses_a_folder_with_other_instruments(run: Run, tmp_path: Path) -> None:
    (tmp_path / "instruments.toml").write_text("# mine\n")
    refused = run("demo", tmp_path)
    assert refused.code == 2
    assert "name another folder" in refused.err
    assert (tmp_path / "instruments.toml").read_text() == "# mine\n"
