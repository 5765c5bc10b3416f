"""What the README shows is what the commands print."""

from __future__ import annotations

import json
import re
import runpy
import shlex
from pathlib import Path

import pytest

from marketlake.cli.app import app

from .conftest import Run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONSOLE = re.findall(r"^```console\n\$ marketlake (.*?)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SQL = re.search(r"^```sql\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("command", "shown"), CONSOLE)
def test_console_output_is_true(run: Run, sample_home: Path, command: str, shown: str) -> None:
    printed = lines(run(*shlex.split(command), "--home", sample_home).out)
    assert printed[: len(lines(shown))] == lines(shown)


def test_every_statement_runs(run: Run, sample_home: Path) -> None:
    assert SQL
    statements = [re.sub(r"--.*", "", line).strip().rstrip(";") for line in SQL[1].strip().splitlines()]
    for statement in statements:
        result = run("query", statement, "--home", sample_home, "--format", "csv")
        assert (statement, result.code) == (statement, 0)
        assert len(result.out.splitlines()) > 1


def test_the_picture_is_current(run: Run, sample_home: Path) -> None:
    printed = run("compare", "BTC", "NASDAQ", "--from", "2019", "--to", "2025", "--home", sample_home,
                  "--format", "json").out  # fmt: skip
    draw = runpy.run_path(str(ROOT / "scripts" / "picture.py"))["draw"]
    assert "\n".join(draw(json.loads(printed))) + "\n" == (ROOT / "docs" / "btc-nasdaq.svg").read_text(
        "utf-8"
    )


def test_every_command_is_described(run: Run) -> None:
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    for name in names:
        assert f"`{name}" in README
        assert (name, run(name, "--help").code) == (name, 0)
