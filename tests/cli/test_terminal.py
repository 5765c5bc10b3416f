"""Output on a terminal: colour, sparklines, progress; a pipe gets plain text."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from marketlake.cli.output import percent, print_rows, sparkline
from marketlake.cli.progress import watching

from .conftest import NOW, Run
from .terminal import Terminal, on_terminal

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
COLOURED = re.compile(r"\x1b\[[0-9;]*m")
BLOCKS = re.compile("[▁-█]{4,}")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("value", "text"), [(-0.00001, "+0.00 %"), (-0.0, "+0.00 %"), (-0.0001, "-0.01 %")])
def test_what_is_rounded_to_nothing_has_no_minus(value: float, text: str) -> None:
    assert percent(value) == text
    assert percent(value, plus=False) == text.replace("+", "")


def compare(home: Path) -> list[str | Path]:
    return ["compare", "BTC", "NASDAQ", "--from", "2019", "--to", "2024", "--home", home]


@pytest.mark.parametrize(
    ("values", "line"),
    [([0, 7], "▁█"), ([1, None, 3, 2], "▁ █▅"), ([5, 5], "▄▄"), ([], ""), ([None], ""), ([-1, 0, 1], "▁▅█")],
)
def test_sparkline_scales_from_minimum_to_maximum(values: list[float | None], line: str) -> None:
    assert sparkline(values) == line


def test_winner_is_green_and_sparklines_are_drawn(monkeypatch: pytest.MonkeyPatch, sample_home: Path) -> None:
    shown, _ = on_terminal(monkeypatch, compare(sample_home))
    year = next(line for line in shown.splitlines() if line.startswith("2022"))
    # Bitcoin lost 2022: its figure is plain, the winner's and the winner are green
    assert re.findall(r"\x1b\[32m *([^\s\x1b]+)", year) == ["-33.10", "NASDAQ"]
    assert len(BLOCKS.findall(shown)) == 2
    [trend] = [line for line in shown.splitlines() if BLOCKS.search(line)]
    assert COLOURED.sub("", trend).startswith("trend ")


def test_compare_fits_80_characters_until_dates_are_wanted(
    monkeypatch: pytest.MonkeyPatch, run: Run, sample_home: Path
) -> None:
    assert "2022-12-31 / 2022-12-30" in run(*compare(sample_home), "--dates").out
    shown, _ = on_terminal(monkeypatch, compare(sample_home), width=80)
    plain = COLOURED.sub("", shown)
    assert max(map(len, plain.splitlines())) <= 80
    assert len(re.findall("^year ", plain, re.MULTILINE)) == 1
    assert "2022-12-30" not in plain
    # where the dates make a second part, nothing in it has a trend
    dated, _ = on_terminal(monkeypatch, [*compare(sample_home), "--dates"], width=60)
    assert dated.count("trend") == 1


def test_no_color_removes_only_colour(monkeypatch: pytest.MonkeyPatch, sample_home: Path) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown, _ = on_terminal(monkeypatch, compare(sample_home))
    assert not COLOUR.search(shown)
    assert BLOCKS.search(shown)


def test_dumb_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch, sample_home: Path) -> None:
    monkeypatch.setenv("TERM", "dumb")
    shown, _ = on_terminal(monkeypatch, compare(sample_home))
    assert "\x1b" not in shown
    assert not BLOCKS.search(shown)


@pytest.mark.parametrize("command", ["scoreboard", "status"])
def test_sparklines_are_shown_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, run: Run, sample_home: Path, command: str
) -> None:
    piped = run(command, "--home", sample_home, "--now", NOW).out
    shown, _ = on_terminal(monkeypatch, [command, "--home", sample_home, "--now", NOW])
    gold = next(line for line in shown.splitlines() if line.startswith("GOLD"))
    assert BLOCKS.search(gold)
    assert not BLOCKS.search(piped)


def test_piped_output_is_plain_text_even_with_force_color(
    monkeypatch: pytest.MonkeyPatch, run: Run, sample_home: Path
) -> None:
    plain = run(*compare(sample_home))
    monkeypatch.setenv("FORCE_COLOR", "1")
    forced = run(*compare(sample_home))
    assert (forced.out, forced.err) == (plain.out, "")
    assert "\x1b" not in plain.out


def test_stale_instrument_is_yellow(monkeypatch: pytest.MonkeyPatch, sample_home: Path) -> None:
    shown, _ = on_terminal(monkeypatch, ["status", "--home", sample_home, "--now", "2026-03-02T12:00Z"])
    nasdaq, ended = (
        next(line for line in shown.splitlines() if line.startswith(name)) for name in ("NASDAQ ", "BTC ")
    )
    assert "\x1b[33m" in nasdaq
    assert "\x1b[33m" not in ended


def test_narrow_terminal_splits_the_table_but_not_the_numbers(
    monkeypatch: pytest.MonkeyPatch, sample_home: Path
) -> None:
    shown, _ = on_terminal(monkeypatch, ["scoreboard", "BTC", "GOLD", "--home", sample_home], width=60)
    plain = COLOURED.sub("", shown)
    lines = plain[: plain.index("return,")].splitlines()
    assert max(map(len, lines)) <= 60
    # each part names the instruments again, and no figure is broken
    assert sum(line.startswith("BTC ") for line in lines) > 1
    assert len(re.findall(r"-?[0-9.,]+ %", plain)) == 2 * 4


def test_long_table_looks_like_a_short_one(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "東京" if n % 2 else "NY", "close": 1000.5 + n, "note": None} for n in range(1001)]
    shown = []
    for count in (1000, 1001):
        print_rows(rows[:count], ["id", "close", "note"], "table")
        shown.append(capsys.readouterr().out.splitlines())
    short, long = shown
    assert len(long) == 1003
    assert long[:-1] == short


def test_progress_bar_shows_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with watching("verifying") as watched:
        watched.plan(3)
        watched.part("[red]first", 2)
    assert "2/3" in screen.getvalue()
    assert "[red]first" in screen.getvalue()


@pytest.mark.parametrize("command", ["verify", "status"])
def test_no_progress_output_in_a_pipe(run: Run, sample_home: Path, command: str) -> None:
    assert run(command, "--home", sample_home).err == ""
