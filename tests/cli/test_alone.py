"""`marketlake` without a command: shows the state of the lake and the next command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .conftest import NOW, Run


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETLAKE_NOW", NOW)


def at(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("MARKETLAKE_HOME", str(home))


def following(out: str) -> str:
    match = re.search(r"^Next: marketlake (.*)$", out, re.MULTILINE)
    assert match
    return match[1]


def test_empty_home_suggests_init_then_run(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    at(monkeypatch, tmp_path)
    first = run()
    assert (first.code, first.err, following(first.out)) == (0, "", "init my-lake")
    assert run("init", tmp_path).code == 0
    assert following(run().out) == "run"


def test_unreadable_configuration_is_reported(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "instruments.toml").write_text("[[instrument]\n")
    at(monkeypatch, tmp_path)
    assert "instruments.toml cannot be read" in run().out


def test_damaged_lake_suggests_verify(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path).code == 0
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.json").write_text("{")
    at(monkeypatch, tmp_path)
    result = run()
    assert (result.code, following(result.out)) == (0, "verify")


def test_every_suggested_command_succeeds(
    monkeypatch: pytest.MonkeyPatch, run: Run, sample_home: Path
) -> None:
    at(monkeypatch, sample_home)
    shown = run().out
    assert "21 of 21 instruments" in shown
    assert "latest session 2025-12-31\n" in shown
    suggested = re.findall(r"  marketlake (.*)$", shown, re.MULTILINE)
    assert len(suggested) == 6
    for command in [*suggested, following(shown)]:
        assert (command, run(*shlex.split(command)).code) == (command, 0)


def test_stale_lake_suggests_run(monkeypatch: pytest.MonkeyPatch, run: Run, sample_home: Path) -> None:
    at(monkeypatch, sample_home)
    monkeypatch.setenv("MARKETLAKE_NOW", "2026-03-01T12:00Z")
    shown = run().out
    assert "2025-12-31, 60 days ago" in shown
    assert following(shown) == "run"
