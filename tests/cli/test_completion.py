"""Shell completion."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

SHELLS = ("bash", "zsh", "fish")


def offered(monkeypatch: pytest.MonkeyPatch, run: Run, shell: str, line: str) -> str:
    monkeypatch.setenv("_MARKETLAKE_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    words = line.split(" ")
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    return run().out


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("marketlake comp", "compare"),
        ("marketlake compare BTC NA", "NASDAQ100"),
        ("marketlake metrics BTC --benchm", "--benchmark"),
        ("marketlake claims BTC_BEATS_S", "BTC_BEATS_SP500"),
    ],
)
def test_completion_offers_commands_options_ids_and_claims(
    monkeypatch: pytest.MonkeyPatch, run: Run, sample_home: Path, shell: str, typed: str, wanted: str
) -> None:
    monkeypatch.setenv("MARKETLAKE_HOME", str(sample_home))
    assert wanted in offered(monkeypatch, run, shell, typed)


def test_completion_without_a_configuration_is_empty(
    monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path
) -> None:
    monkeypatch.setenv("MARKETLAKE_HOME", str(tmp_path))
    assert offered(monkeypatch, run, "bash", "marketlake compare ").strip() == ""


def test_completion_of_an_unknown_command_is_empty(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    assert offered(monkeypatch, run, "bash", "marketlake compere BT").strip() == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_line_of_the_help_prints_the_code_of_a_shell(
    monkeypatch: pytest.MonkeyPatch, run: Run, shell: str
) -> None:
    assert f"{shell}_source" in run("--help").out
    monkeypatch.setenv("_MARKETLAKE_COMPLETE", f"{shell}_source")
    assert f"_MARKETLAKE_COMPLETE={shell}_complete" in run().out
